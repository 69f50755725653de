"""`lenet train`: train a network, show how it goes, and resume a training that was stopped."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lenet.cli.interrupt import catch_interrupt
from lenet.cli.loading import load_data
from lenet.cli.options import (
    architecture_option,
    check_threads,
    choose_architecture,
    choose_folder,
    json_option,
    out_option,
    recipe_option,
    threads_option,
    variant_option,
)
from lenet.cli.output import make_console, print_json
from lenet.cli.progress import TrainingProgress
from lenet.cli.result import describe_result, print_result, print_stop
from lenet.errors import UsageError
from lenet.texts import say

if TYPE_CHECKING:
    from lenet.training.recipe import Recipe

OF_ARCHITECTURE = ("architecture", "activation", "pooling", "connections", "output")  # not beside --from
RESUMING = ("resume", "threads", "as_json")  # what may stand beside --resume


def train(
    context: typer.Context,
    data: Annotated[
        str | None,
        typer.Option(
            metavar="mnist|digits|fashion|PATH",
            help=say("train.data"),
            show_default=say("train.data_default"),
        ),
    ] = None,
    start: Annotated[
        str | None, typer.Option("--from", metavar="best|1998|FILE", help=say("further.from"))
    ] = None,
    recipe: Annotated[
        str | None,
        typer.Option(
            metavar="fast|sprint|demo|1998|1998-distorted|best|fine-tune|FILE.toml",
            help=say("train.recipe"),
            show_default=say("further.recipe_default"),
        ),
    ] = None,
    architecture: Annotated[str, architecture_option()] = "original",
    activation: Annotated[str | None, variant_option("activation")] = None,
    pooling: Annotated[str | None, variant_option("pooling")] = None,
    connections: Annotated[str | None, variant_option("connections")] = None,
    output: Annotated[str | None, variant_option("output")] = None,
    loss: Annotated[str | None, recipe_option("cross-entropy|mse|map", "train.loss")] = None,
    epochs: Annotated[int | None, recipe_option("N", "train.epochs")] = None,
    rate: Annotated[float | None, recipe_option("X", "train.rate")] = None,
    batch: Annotated[int | None, recipe_option("N", "train.batch")] = None,
    engine: Annotated[
        str, typer.Option(metavar="auto|native|pytorch|keras|reference", help=say("train.engine"))
    ] = "auto",
    threads: Annotated[int | None, threads_option(say("train.threads_default"))] = None,
    seed: Annotated[int, typer.Option(metavar="N", help=say("train.seed"))] = 0,
    limit: Annotated[int | None, typer.Option(metavar="N", help=say("train.limit"))] = None,
    out: Annotated[Path | None, out_option()] = None,
    resume: Annotated[Path | None, typer.Option(metavar="DIR", help=say("train.resume"))] = None,
    as_json: Annotated[bool, json_option()] = False,
) -> None:
    """Train a network, go on training one, or resume a training, and report the result."""
    from lenet.training import run
    from lenet.training.recipe import load_recipe
    from lenet.training.settings import SETTINGS_FILE, Settings
    from lenet.training.start import check_keep, choose_recipe, take_start

    check_threads(threads)
    progress = TrainingProgress()
    if resume:
        _refuse_beside_resume(context)
        announce_additions(Settings.read(resume / SETTINGS_FILE).recipe)
        with catch_interrupt() as interrupted, progress.shown():
            result = run.resume(resume, watch=progress.watch, stop=interrupted)
    else:
        trained = None
        fields = {"activation": activation, "pooling": pooling, "connections": connections}
        network = choose_architecture(architecture, **fields, output=output)
        if start is not None:
            _check_beside_start(context, data)
            trained = take_start(start)[1]
            network = trained.architecture
        named = recipe or choose_recipe(start)
        chosen = load_recipe(named, network, loss).changed(epochs=epochs, rate=rate, batch=batch)
        check_keep(chosen, start)
        with choose_folder(out, chosen.name) as folder:
            run.check_request(engine, seed, folder)
            dataset = load_data(data, limit, trained)
            announce_additions(chosen)
            with catch_interrupt() as interrupted, progress.shown():
                result = run.train(
                    dataset,
                    chosen,
                    architecture=None if start else network,
                    engine=engine,
                    seed=seed,
                    limit=limit,
                    out=folder,
                    watch=progress.watch,
                    stop=interrupted,
                    start=start,
                )
    if as_json:
        print_json(describe_result(result))
    if result.evaluation is None:
        print_stop(result)
        raise typer.Exit(interrupted.exit_code)
    if not as_json:
        print_result(result)


def announce_additions(recipe: Recipe) -> None:
    """Say that the training begins only after images are drawn, if the recipe adds some."""
    if recipe.pens or recipe.hands or recipe.damage:
        make_console(stderr=True).print(say("train.additions"), soft_wrap=True)


def _refuse_beside_resume(context: typer.Context) -> None:
    """Refuse options that --resume would ignore: a run keeps its own settings."""
    others = [name for name in _list_given(context) if name not in RESUMING]
    if others:
        raise UsageError("train.resume_alone", others=_name_options(others))


def _check_beside_start(context: typer.Context, data: str | None) -> None:
    """Refuse options that --from would ignore, and a --from without data of one's own."""
    others = [name for name in _list_given(context) if name in OF_ARCHITECTURE]
    if others:
        raise UsageError("further.alone", others=_name_options(others))
    if data is None:
        raise UsageError("further.no_data")


def _list_given(context: typer.Context) -> list[str]:
    """The names of the parameters that stand on the command line."""
    sources = {name: context.get_parameter_source(name) for name in context.params}
    return [name for name, source in sources.items() if source and source.name == "COMMANDLINE"]


def _name_options(names: list[str]) -> str:
    return ", ".join(f"--{'from' if name == 'start' else name}" for name in names)
