"""`lenet demo`: train, evaluate, recognize and explain, in under a minute."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
import typer

from lenet.cli.options import json_option
from lenet.cli.output import make_console, print_json
from lenet.cli.progress import TrainingProgress
from lenet.cli.train import (
    INTERRUPTED,
    catch_interrupt,
    choose_folder,
    describe_result,
    print_result,
    print_stop,
)
from lenet.codes import CODE_HEIGHT, CODE_WIDTH
from lenet.errors import DataError
from lenet.texts import say

if TYPE_CHECKING:
    from lenet.data.dataset import Dataset
    from lenet.network import Answer, Network

SHADES = " ░▒▓█"
SAMPLE = 3  # the digit of the founding text's picture
# MNIST in half a minute on the slowest engine: fewer images, fewer passes
MNIST_IMAGES, MNIST_PASSES = 10_000, 5


def demo(
    seed: Annotated[int, typer.Option(help=say("train.seed"))] = 0,
    out: Annotated[Path | None, typer.Option(metavar="DIR", help=say("train.out"))] = None,
    as_json: Annotated[bool, json_option()] = False,
) -> None:
    """Train a small network on what data there are, and show what it does with one digit."""
    from lenet.architecture import ORIGINAL
    from lenet.experiments.run import train
    from lenet.samples import sample_path
    from lenet.training.recipe import load_recipe

    messages = make_console(stderr=True)
    dataset = _find_data()
    messages.print(dataset.seen, soft_wrap=True)
    recipe = load_recipe("demo", ORIGINAL).changed(passes=MNIST_PASSES if dataset.name == "mnist" else None)
    progress = TrainingProgress()
    folder = out or choose_folder("demo")
    with catch_interrupt() as interrupted, progress.shown():
        result = train(dataset, recipe, seed=seed, out=folder, watch=progress.watch, stop=interrupted)
    if result.evaluation is None:
        print_stop(result)
        raise typer.Exit(INTERRUPTED)
    picture = sample_path(SAMPLE)
    answer = result.network.recognize(picture)
    if as_json:
        print_json(describe_result(result) | {"picture": str(picture), "recognized": answer.label})
        return
    print_result(result)
    console = make_console()
    console.print()
    for line in _explain(result.network, answer, picture):
        console.print(line, soft_wrap=True)


def _find_data() -> Dataset:
    """MNIST where it lies on this machine already, else scikit-learn's digits: a demo downloads nothing."""
    from lenet.data.dataset import load_dataset

    try:
        return load_dataset("mnist", limit=MNIST_IMAGES, download=False)
    except DataError as error:
        if error.key != "data.not_here":
            raise
    make_console(stderr=True).print(say("demo.no_mnist"), soft_wrap=True)
    return load_dataset("digits")


def _explain(network: Network, answer: Answer, picture: Path) -> Iterator[str]:
    """The picture, what F6 makes of it beside the code that is nearest, and the ten distances."""
    yield say("demo.recognized", picture=picture, label=answer.label)
    yield ""
    yield from _draw_image(answer.image)
    yield ""
    trace = network.trace(answer.image)
    nearest = network.architecture.codes[network.labels.index(answer.label)]
    yield say("demo.f6", label=answer.label)
    yield ""
    state, code = (_draw_code(units) for units in (trace["f6"], nearest))
    yield from (f"    {left}      {right}" for left, right in zip(state, code, strict=True))
    yield ""
    yield say("demo.distances")
    for label, penalty in answer.penalties.items():
        bar = "█" * max(1, round(penalty / max(answer.penalties.values()) * 40))
        mark = f" <- {say('demo.smallest')}" if label == answer.label else ""
        yield f"    {label} {penalty:7.1f} {bar}{mark}"
    yield ""
    yield say("demo.more")


def _draw_image(image: np.ndarray) -> Iterator[str]:
    """28x28 grey levels, two rows to a line: a terminal's cells are twice as high as wide."""
    levels = image.reshape(14, 2, 28).mean(axis=1) / 256 * len(SHADES)
    return (("    " + "".join(SHADES[level] for level in row)).rstrip() for row in levels.astype(int))


def _draw_code(units: np.ndarray) -> list[str]:
    """84 states between -1 (paper) and +1 (ink) as a picture of 7x12, two columns to a unit."""
    shares = np.clip((units.reshape(CODE_HEIGHT, CODE_WIDTH) + 1) / 2, 0, 1)
    levels = np.minimum(shares * len(SHADES), len(SHADES) - 1).astype(int)
    return ["".join(SHADES[level] * 2 for level in row) for row in levels]
