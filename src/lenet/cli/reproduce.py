"""`lenet reproduce`: the experiments of 1998 again, the published results next to ours."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lenet.cli.interrupt import INTERRUPTED, catch_interrupt
from lenet.cli.loading import load_data
from lenet.cli.options import check_threads, json_option, threads_option
from lenet.cli.output import make_console, make_table, print_json, print_table
from lenet.cli.progress import TrainingProgress
from lenet.errors import UsageError
from lenet.texts import say

if TYPE_CHECKING:
    from lenet.data.dataset import Dataset
    from lenet.reproduction.trainings import Shelf, Trained, Training

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

    check_threads(threads)
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
    """Take each training from the folder or make it, until the end of the plan or Ctrl-C.

    Returns:
        The finished trainings; fewer than the plan has after Ctrl-C.
    """
    console = make_console(stderr=True)
    kept = {training: shelf.find(training) for training in plan}
    missing = [training for training in plan if not kept[training]]
    seconds, results = _forecast(shelf, plan, missing)
    total = rest = sum(seconds.values()) + results
    if missing:
        words = {"missing": len(missing), "all": len(plan), "time": format_duration(total)}
        console.print(say("reproduce.plan", **words, folder=shelf.folder), soft_wrap=True)
    progress, begun = TrainingProgress(), time.perf_counter()
    done: list[Trained] = []
    with catch_interrupt() as interrupted, progress.shown():
        for number, training in enumerate(plan, 1):
            trained, left = kept[training], ""
            if not trained and rest < total:  # the time that the finished part took, over its forecast
                pace = (time.perf_counter() - begun) / (total - rest)
                left = say("reproduce.left", time=format_duration(pace * rest))
            key = "reproduce.kept" if trained else "reproduce.training"
            words = {"number": number, "all": len(plan), "name": training.name, "left": left}
            console.print(say(key, **words), soft_wrap=True)
            if not trained:
                progress.begin()
                trained = shelf.make(training, progress.watch, interrupted)
                rest -= seconds[training]
            if trained is None or interrupted():
                break
            done.append(trained)
    return done


def _forecast(
    shelf: Shelf, plan: Sequence[Training], missing: Sequence[Training]
) -> tuple[dict[Training, float], float]:
    """Seconds for each missing training, and for the results after all of them."""
    from lenet.reproduction.time import measure_pace

    if not missing:
        return {}, 0.0
    pace = measure_pace(shelf.dataset, shelf.engine, missing)
    seconds = {training: pace.forecast_training(training, shelf.dataset) for training in missing}
    return seconds, pace.forecast_results(plan, shelf.dataset)


def format_duration(seconds: float) -> str:
    """A duration in seconds or minutes, in the reader's language."""
    if seconds < 100:
        return say("reproduce.duration_seconds", seconds=round(seconds))
    return say("reproduce.duration_minutes", minutes=round(seconds / 60))


def write_results(trained: list[Trained], dataset: Dataset, engine: str, folder: Path) -> dict[str, Any]:
    """Measure, draw, and write results.json, the pictures and report.html into the folder.

    Args:
        trained: all trainings of the plan.
        dataset: the whole data set.
        engine: name of the engine that ran the trainings.
        folder: of the experiment.
    Returns:
        The content of results.json.
    """
    import json

    from lenet.data.dataset import has_mnist_test_part
    from lenet.drawing.drawing import render_svg
    from lenet.drawing.write import save_picture
    from lenet.reproduction.pictures import list_drawings
    from lenet.reproduction.report import write_page
    from lenet.reproduction.results import collect_results
    from lenet.storage import write_text
    from lenet.texts import get_language

    results = collect_results(trained, dataset, engine, has_mnist_test_part(dataset))
    write_text(folder / "results.json", json.dumps(results, indent=1) + "\n")
    drawings = list_drawings(results, dataset.test.images)
    for name, compose in drawings.items():
        save_picture(compose, folder / f"{name}.svg")
    pictures = {name: render_svg(compose(get_language())) for name, compose in drawings.items()}
    write_page(results, pictures, folder)
    return results


def _print_results(results: dict[str, Any], folder: Path) -> None:
    from lenet.reproduction.published import EPOCHS
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
    if results["epochs"] < EPOCHS:
        console.print(say("reproduce.quick_note"), soft_wrap=True)
    console.print(say("reproduce.written", folder=folder), soft_wrap=True)
