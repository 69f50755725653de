"""`lenet train`: a training that can be watched, stopped and gone on with, and what it came to."""

from __future__ import annotations

import math
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lenet.cli.options import architecture_option, choose_architecture, json_option, variant_option
from lenet.cli.output import make_console, print_json
from lenet.cli.progress import TrainingProgress, show_download
from lenet.errors import DownloadError, UsageError
from lenet.texts import say

if TYPE_CHECKING:
    from lenet.data.dataset import Dataset
    from lenet.training.diagnosis import Fault
    from lenet.training.recipe import Recipe
    from lenet.training.result import Result

INTERRUPTED = 130
RESUMING = ("resume", "threads", "as_json")  # what may stand beside --resume
DIAGNOSED = 300  # training images on which units are looked at


def train(
    context: typer.Context,
    data: Annotated[
        str | None, typer.Option(metavar="mnist|digits|fashion|PATH", help=say("train.data"))
    ] = None,
    recipe: Annotated[
        str,
        typer.Option(metavar="fast|sprint|demo|1998|1998-distorted|best|FILE.toml", help=say("train.recipe")),
    ] = "fast",
    architecture: Annotated[str, architecture_option()] = "original",
    activation: Annotated[str | None, variant_option("activation")] = None,
    pooling: Annotated[str | None, variant_option("pooling")] = None,
    connections: Annotated[str | None, variant_option("connections")] = None,
    output: Annotated[str | None, variant_option("output")] = None,
    loss: Annotated[str | None, typer.Option(metavar="cross-entropy|mse|map", help=say("train.loss"))] = None,
    epochs: Annotated[int | None, typer.Option(help=say("train.epochs"))] = None,
    rate: Annotated[float | None, typer.Option(help=say("train.rate"))] = None,
    batch: Annotated[int | None, typer.Option(help=say("train.batch"))] = None,
    engine: Annotated[
        str, typer.Option(metavar="auto|native|pytorch|keras|reference", help=say("train.engine"))
    ] = "auto",
    threads: Annotated[int | None, typer.Option(help=say("train.threads"))] = None,
    seed: Annotated[int, typer.Option(help=say("train.seed"))] = 0,
    limit: Annotated[int | None, typer.Option(help=say("train.limit"))] = None,
    out: Annotated[Path | None, typer.Option(metavar="DIR", help=say("train.out"))] = None,
    resume: Annotated[Path | None, typer.Option(metavar="DIR", help=say("train.resume"))] = None,
    as_json: Annotated[bool, json_option()] = False,
) -> None:
    """Train a network, or go on with a training, and say what it came to."""
    from lenet.training import run
    from lenet.training.recipe import load_recipe
    from lenet.training.settings import SETTINGS_FILE, Settings

    if threads is not None and not 1 <= threads <= 1024:
        raise UsageError("train.threads_range", threads=threads)
    progress = TrainingProgress()
    if resume:
        _refuse_others(context)
        announce_pens(Settings.read(resume / SETTINGS_FILE).recipe)
        with catch_interrupt() as interrupted, progress.shown():
            result = run.resume(resume, watch=progress.watch, stop=interrupted)
    else:
        fields = {"activation": activation, "pooling": pooling, "connections": connections}
        network = choose_architecture(architecture, **fields, output=output)
        chosen = load_recipe(recipe, network, loss).changed(epochs=epochs, rate=rate, batch=batch)
        folder = out or choose_folder(chosen.name)
        run.check_request(engine, seed, folder)
        dataset = load_data(data, limit)
        announce_pens(chosen)
        with catch_interrupt() as interrupted, progress.shown():
            result = run.train(
                dataset,
                chosen,
                architecture=network,
                engine=engine,
                seed=seed,
                limit=limit,
                out=folder,
                watch=progress.watch,
                stop=interrupted,
            )
    if as_json:
        print_json(describe_result(result))
    if result.evaluation is None:
        print_stop(result)
        raise typer.Exit(INTERRUPTED)
    if not as_json:
        print_result(result)


def announce_pens(recipe: Recipe) -> None:
    """Say why nothing is seen at first where images are redrawn."""
    if recipe.pens:
        make_console(stderr=True).print(say("train.pens"), soft_wrap=True)


def _refuse_others(context: typer.Context) -> None:
    """A run goes on with its own settings: refuse what would silently do nothing."""
    sources = {name: context.get_parameter_source(name) for name in context.params}
    given = [name for name, source in sources.items() if source and source.name == "COMMANDLINE"]
    others = [f"--{name}" for name in given if name not in RESUMING]
    if others:
        raise UsageError("train.resume_alone", others=", ".join(others))


def load_data(name: str | None, limit: int | None = None) -> Dataset:
    """The data asked for; without a wish MNIST, or scikit-learn's digits where MNIST cannot be had.

    Raises:
        LenetError: the data cannot be had.
    """
    from lenet.data.dataset import load_dataset

    console = make_console(stderr=True)
    try:
        with show_download() as progress:
            dataset = load_dataset(name or "mnist", limit=limit, progress=progress)
    except DownloadError as error:
        if name:
            raise
        console.print(str(error), soft_wrap=True)
        console.print(say("train.instead"), style="bold", soft_wrap=True)
        dataset = load_dataset("digits", limit=limit)
    console.print(dataset.seen, soft_wrap=True)
    return dataset


@contextmanager
def catch_interrupt() -> Iterator[_Interrupt]:
    """Let the first Ctrl-C end the stretch and the training; the second one ends the process."""
    interrupted = _Interrupt()
    before = signal.signal(signal.SIGINT, interrupted.note)
    try:
        yield interrupted
    finally:
        signal.signal(signal.SIGINT, before)


class _Interrupt:
    def __init__(self) -> None:
        self.noted = False

    def __call__(self) -> bool:
        return self.noted

    def note(self, *_: object) -> None:
        if self.noted:
            raise KeyboardInterrupt
        self.noted = True


def choose_folder(name: str) -> Path:
    """The first free `runs/NAME-1`, `runs/NAME-2`, ..."""
    number = 1
    while (Path("runs") / f"{name}-{number}").exists():
        number += 1
    return Path("runs") / f"{name}-{number}"


def describe_result(result: Result) -> dict[str, object]:
    """A training as one JSON object."""
    evaluation, settings = result.evaluation, result.settings
    last = result.history.epochs[-1] if result.history.epochs else None
    return {
        "test_error": evaluation.error if evaluation else None,
        "test_accuracy": evaluation.accuracy if evaluation else None,
        "test_wrong": evaluation.wrong if evaluation else None,
        "test_count": len(evaluation) if evaluation else None,
        "validation_error": last.validation_error if last else None,
        "training_error": last.training_error if last else None,
        "epochs": len(result.history.epochs),
        "seconds": round(result.seconds, 2),
        "engine": settings.engine,
        "data": settings.data,
        "recipe": settings.recipe.name,
        "seed": settings.seed,
        "architecture": settings.architecture.to_dict(),
        "faults": [{"name": fault.name, "sentence": str(fault)} for fault in diagnose(result)],
        "finished": evaluation is not None,
        "run": str(result.folder),
    }


def print_stop(result: Result) -> None:
    """What a training came to that was stopped, and how to go on with it."""
    from lenet.training.command import write_resume

    folder = result.folder or Path()
    network, epochs = folder / "network.safetensors", len(result.history.epochs)
    line = say("train.stopped", epochs=epochs, network=network, command=write_resume(folder))
    make_console(stderr=True).print(line, soft_wrap=True)


def print_result(result: Result) -> None:
    """A training in words: error, accuracy, and where everything lies."""
    console = make_console()
    if result.evaluation:
        found = result.evaluation
        values = {"wrong": f"{found.wrong:,}", "count": f"{len(found):,}", "seconds": f"{result.seconds:.0f}"}
        values |= {"error": f"{found.error:.2f}", "accuracy": f"{found.accuracy:.2f}"}
        console.print(say("train.result", **values), style="bold")
    if result.folder:
        console.print(say("train.files", path=result.folder), soft_wrap=True)
        console.print(say("train.next", path=result.folder), soft_wrap=True)
    for fault in diagnose(result):
        console.print(say("train.fault", sentence=fault), style="bold", soft_wrap=True)


def diagnose(result: Result) -> list[Fault]:
    """What is wrong with a training, if anything."""
    from lenet.training.diagnosis import find_faults

    recipe, network = result.settings.recipe, result.network
    return find_faults(
        result.history,
        recipe.batch,
        # the other losses have no level that a constant answer would keep to
        math.log(network.architecture.classes) if recipe.loss == "cross-entropy" else None,
        network,
        result.start,
        result.splits.train.images[:DIAGNOSED],
        len(result.splits.validation),
    )
