"""`lenet demo`: train, test, recognize and explain, in under a minute."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lenet.cli.interrupt import catch_interrupt
from lenet.cli.options import choose_folder, json_option, out_option
from lenet.cli.output import make_console, print_json, print_lines, wrap_line
from lenet.cli.progress import TrainingProgress
from lenet.cli.result import describe_result, print_result, print_stop
from lenet.cli.states import draw_code, draw_image, draw_penalties, join_pictures
from lenet.errors import DataError
from lenet.texts import say

if TYPE_CHECKING:
    from lenet.answer import Answer
    from lenet.data.dataset import Dataset
    from lenet.network import Network

SAMPLE = 3
NEXT = ("recognize PICTURE", "explain --sample 3 -o three.svg", "summary --layer c3", "train")  # at the end
# MNIST in half a minute on the slowest engine: fewer images, fewer epochs
MNIST_IMAGES, MNIST_PASSES = 10_000, 5


def demo(
    seed: Annotated[int, typer.Option(metavar="N", help=say("train.seed"))] = 0,
    out: Annotated[Path | None, out_option()] = None,
    as_json: Annotated[bool, json_option()] = False,
) -> None:
    """Train a small network on the data that are available, and show how it recognizes one digit."""
    from lenet.architecture import ORIGINAL
    from lenet.samples import sample_path
    from lenet.training.recipe import load_recipe
    from lenet.training.run import train

    messages = make_console(stderr=True)
    if not as_json:
        _print_heading("training")
    dataset = _find_data()
    messages.print(dataset.seen, soft_wrap=True)
    recipe = load_recipe("demo", ORIGINAL).changed(epochs=MNIST_PASSES if dataset.name == "mnist" else None)
    progress = TrainingProgress()
    with choose_folder(out, "demo") as folder, catch_interrupt() as interrupted, progress.shown():
        result = train(dataset, recipe, seed=seed, out=folder, watch=progress.watch, stop=interrupted)
    if result.evaluation is None:
        print_stop(result)
        raise typer.Exit(interrupted.exit_code)
    picture = sample_path(SAMPLE)
    answer = result.network.recognize(picture)
    if as_json:
        print_json(describe_result(result) | {"picture": str(picture), "recognized": answer.label})
        return
    _print_heading("testing")
    print_result(result)
    _print_heading("recognizing")
    print_lines(_explain(result.network, answer, picture))
    make_console().print(f"\n{say('demo.more')}", style="bold")
    print_lines(_suggest(make_console().width))


def _print_heading(key: str) -> None:
    make_console().print(f"{'' if key == 'training' else chr(10)}{say(f'demo.{key}')}", style="bold")


def _find_data() -> Dataset:
    """MNIST if it is on this machine, else scikit-learn's digits: the demo downloads nothing."""
    from lenet.data.dataset import load_dataset

    try:
        return load_dataset("mnist", limit=MNIST_IMAGES, download=False)
    except DataError as error:
        if error.key != "data.not_here":
            raise
    make_console(stderr=True).print(say("demo.no_mnist"), soft_wrap=True)
    return load_dataset("digits")


def _explain(network: Network, answer: Answer, picture: Path) -> Iterator[str]:
    """The picture, the state of F6 beside the nearest code, and the ten distances."""
    yield say("demo.recognized", picture=picture, label=answer.label)
    yield ""
    yield from draw_image(answer.image)
    yield ""
    trace = network.trace(answer.image)
    nearest = network.architecture.codes[network.labels.index(answer.label)]
    yield say("demo.f6", label=answer.label)
    yield ""
    yield from join_pictures(draw_code(trace["f6"]), draw_code(nearest))
    yield ""
    yield say("demo.distances")
    yield from draw_penalties(answer.penalties)


def _suggest(width: int) -> Iterator[str]:
    """Commands to try next, each with its help below it."""
    for command in NEXT:
        yield f"    lenet {command}"
        verb = command.partition(" ")[0]
        yield from (f"        {line}" for line in wrap_line(say(f"verbs.{verb}"), width - 8))
