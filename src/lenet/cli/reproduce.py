"""`lenet reproduce`: the experiments of 1998 again, the published results next to ours."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lenet.cli.options import json_option, threads_option
from lenet.cli.output import make_console, make_table, print_json, print_table
from lenet.cli.progress import TrainingProgress
from lenet.cli.train import INTERRUPTED, catch_interrupt, load_data
from lenet.errors import UsageError
from lenet.texts import say

if TYPE_CHECKING:
    from lenet.data.dataset import Dataset
    from lenet.reproduction.trainings import Shelf, Trained, Training
    from lenet.training.run import Watch

MOST_SEEDS = 100
FOLDER, QUICK_FOLDER = Path("reproduction"), Path("reproduction-quick")


def reproduce(
    quick: Annotated[bool, typer.Option("--quick", help=say("reproduce.quick"))] = False,
    data: Annotated[str, typer.Option(metavar="mnist|PATH", help=say("train.data"))] = "mnist",
    seeds: Annotated[int, typer.Option(metavar="N", help=say("reproduce.seeds"))] = 5,
    engine: Annotated[
        str, typer.Option(metavar="auto|native|pytorch|reference", help=say("train.engine"))
    ] = "auto",
    threads: Annotated[int | None, threads_option(say("train.threads_default"))] = None,
    limit: Annotated[int | None, typer.Option(metavar="N", help=say("train.limit"))] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help=say("reproduce.out"), show_default=say("reproduce.out_default")),
    ] = None,
    as_json: Annotated[bool, json_option()] = False,
) -> None:
    """Train and measure what the paper trained and measured, and draw both side by side."""
    from lenet.engines import get_engine
    from lenet.reproduction.trainings import Shelf, plan_trainings
    from lenet.training.lock import hold_folder

    if threads is not None and not 1 <= threads <= 1024:
        raise UsageError("train.threads_range", threads=threads)
    if not 1 <= seeds <= MOST_SEEDS:
        raise UsageError("reproduce.seeds_range", seeds=seeds, most=MOST_SEEDS)
    runner = get_engine(engine, training=True).name
    dataset = load_data(data, limit)
    folder = out or (QUICK_FOLDER if quick else FOLDER)
    plan = plan_trainings(seeds, quick)
    begun = time.perf_counter()
    with hold_folder(folder):
        shelf = Shelf(folder, dataset, runner)
        trained = _train(shelf, plan)
        if len(trained) < len(plan):
            line = say("reproduce.stopped", done=len(trained), all=len(plan), folder=folder)
            make_console(stderr=True).print(line, soft_wrap=True)
            if as_json:
                print_json({"finished": False, "trainings": len(trained), "folder": str(folder)})
            raise typer.Exit(INTERRUPTED)
        results = write_results(trained, dataset, runner, folder)
    if as_json:
        seconds = round(time.perf_counter() - begun, 1)
        print_json({"finished": True, "seconds": seconds, "folder": str(folder), **results})
    else:
        _print_results(results, folder)


def _train(shelf: Shelf, plan: tuple[Training, ...]) -> list[Trained]:
    """Run every training that is not in the folder yet, until the end or Ctrl-C."""
    from lenet.reproduction.trainings import run_trainings

    console = make_console(stderr=True)
    missing, results = _forecast(shelf, plan)
    total = sum(missing.values()) + results
    if missing:
        words = {"missing": len(missing), "all": len(plan), "time": write_duration(total)}
        console.print(say("reproduce.plan", **words, folder=shelf.folder), soft_wrap=True)
    progress = TrainingProgress()
    begun = time.perf_counter()

    def announce(number: int, training: Training, kept: bool) -> Watch:
        nonlocal progress
        left = ""
        if not kept:
            rest = sum(missing.values()) + results
            if rest < total:  # this machine's time for what is done so far, over the forecast
                seconds = (time.perf_counter() - begun) / (total - rest) * rest
                left = say("reproduce.left", time=write_duration(seconds))
            missing.pop(training)
        key = "reproduce.kept" if kept else "reproduce.training"
        words = {"number": number + 1, "all": len(plan), "name": training.name, "left": left}
        console.print(say(key, **words), soft_wrap=True)
        progress.begin()
        return progress.watch

    with catch_interrupt() as interrupted, progress.shown():
        return list(run_trainings(shelf, plan, announce, interrupted))


def _forecast(shelf: Shelf, plan: tuple[Training, ...]) -> tuple[dict[Training, float], float]:
    """Estimated seconds for each training to do, and for the results after all of them."""
    from lenet.reproduction.time import measure_pace

    missing = [training for training in plan if not shelf.find(training)]
    if not missing:
        return {}, 0.0
    pace = measure_pace(shelf.dataset, shelf.engine, missing)
    seconds = {training: pace.forecast_training(training, shelf.dataset) for training in missing}
    return seconds, pace.forecast_results(plan, shelf.dataset)


def write_duration(seconds: float) -> str:
    """A duration in seconds or minutes, in the reader's language."""
    if seconds < 100:
        return say("reproduce.duration_seconds", seconds=round(seconds))
    return say("reproduce.duration_minutes", minutes=round(seconds / 60))


def write_results(trained: list[Trained], dataset: Dataset, engine: str, folder: Path) -> dict[str, Any]:
    """Measure, draw, and write results.json, the pictures and report.html into the folder."""
    import json

    from lenet.data.dataset import has_mnist_test_part
    from lenet.reproduction.pictures import draw_pictures
    from lenet.reproduction.report import write_page
    from lenet.reproduction.results import collect_results
    from lenet.storage import write_text
    from lenet.texts import get_language, load_texts

    results = collect_results(trained, dataset, engine, has_mnist_test_part(dataset))
    write_text(folder / "results.json", json.dumps(results, indent=1) + "\n")
    pictures = draw_pictures(results, dataset.test.images, load_texts(get_language()))
    for name, svg in pictures.items():
        write_text(folder / f"{name}.svg", svg)
    write_page(results, pictures, folder)
    return results


def _print_results(results: dict[str, Any], folder: Path) -> None:
    from lenet.reproduction.report import say_figure_8, tabulate_errors
    from lenet.texts import get_language, load_texts

    texts = load_texts(get_language())
    heading, rows = tabulate_errors(results, texts)
    table = make_table({word: "right" if number else "left" for number, word in enumerate(heading)})
    for row in rows:
        table.add_row(*row)
    console = make_console()
    print_table(table)
    if results["figure_8"]:
        console.print(say_figure_8(results, texts), soft_wrap=True)
    console.print(say("reproduce.written", folder=folder), soft_wrap=True)
