"""`lenet evaluate`: the error of a network on the test part of a data set, and what it misreads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from lenet.cli.options import json_option
from lenet.cli.output import make_console, make_table, print_json, print_lines, print_table
from lenet.errors import UsageError
from lenet.texts import say

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

    from lenet.data.dataset import Dataset
    from lenet.evaluation import Evaluation
    from lenet.network import Network

MOST_CLASSES = 36  # of a confusion table on a terminal: ten digits, 26 letters
MOST_OFTEN = 3  # mistakes that a class is listed with
MOST_NAMED = 12  # classes that an error names


def evaluate(
    network: Annotated[
        str, typer.Option(metavar="1998|best|FILE", help=say("evaluate.network_option"))
    ] = "1998",
    data: Annotated[
        str, typer.Option(metavar="mnist|digits|fashion|PATH", help=say("evaluate.data_option"))
    ] = "mnist",
    engine: Annotated[
        str, typer.Option(metavar="auto|native|pytorch|keras|reference", help=say("evaluate.engine_option"))
    ] = "auto",
    as_json: Annotated[bool, json_option()] = False,
) -> None:
    """Run a network on the test part, and print its error, the confusion matrix and the misread images."""
    from lenet.data.dataset import load_dataset
    from lenet.evaluation import evaluate as evaluate_network
    from lenet.network import Network
    from lenet.plausibility import find_suspicions

    loaded = Network.load(network, engine)
    dataset = load_dataset(data, pick=loaded.picker)
    _check_labels(network, loaded, data, dataset)
    console = make_console(stderr=True)
    console.print(dataset.seen, soft_wrap=True)
    for suspicion in find_suspicions(dataset):
        console.print(str(suspicion), style="bold", soft_wrap=True)
    with console.status(say("evaluate.reading", count=f"{len(dataset.test):,}")):
        evaluation = evaluate_network(loaded, dataset.test.images, dataset.test.labels)
    if as_json:
        print_json({"network": network, "data": dataset.name, **describe_evaluation(evaluation)})
        return
    print_evaluation(evaluation)


def _check_labels(name: str, network: Network, source: str, dataset: Dataset) -> None:
    if network.labels != dataset.labels:
        known, classes = _list_names(network.labels), _list_names(dataset.labels)
        raise UsageError("evaluate.other_labels", network=name, known=known, data=source, classes=classes)


def _list_names(names: tuple[str, ...]) -> str:
    return ", ".join(names[:MOST_NAMED]) + (", ..." if len(names) > MOST_NAMED else "")


def describe_evaluation(evaluation: Evaluation) -> dict[str, Any]:
    """An evaluation for JSON; errors in percent."""
    names = evaluation.names
    return {
        "count": len(evaluation),
        "wrong": evaluation.wrong,
        "error": evaluation.error,
        "accuracy": evaluation.accuracy,
        "interval": evaluation.interval,
        "rejected_for_half_percent": evaluation.rejection_for(evaluation.wanted_error),
        "labels": names,
        "confusion": evaluation.confusion,
        "misread": [
            {
                "index": int(index),
                "label": names[evaluation.labels[index]],
                "answer": names[evaluation.answers[index]],
                "margin": float(evaluation.margins[index]),
            }
            for index in evaluation.misread
        ],
    }


def print_evaluation(evaluation: Evaluation) -> None:
    """An evaluation in words and tables."""
    console = make_console()
    values = {"wrong": f"{evaluation.wrong:,}", "count": f"{len(evaluation):,}"}
    values |= {"error": f"{evaluation.error:.2f}", "accuracy": f"{evaluation.accuracy:.2f}"}
    low, high = evaluation.interval
    console.print(say("evaluate.error", **values), style="bold", soft_wrap=True)
    lines = [say("evaluate.interval", low=f"{low:.2f}", high=f"{high:.2f}")]
    print_lines([*lines, _say_refused(evaluation), ""])
    print_table(_make_class_table(evaluation))
    if len(evaluation.names) <= MOST_CLASSES:
        console.print(say("evaluate.confusion"), style="bold", soft_wrap=True)
        # as wide as it is, even on a narrow terminal: a wrapped matrix cannot be read
        print_table(_make_confusion_table(evaluation), fit=False)
    if evaluation.wrong:
        console.print(say("evaluate.misread"), style="bold", soft_wrap=True)
        print_lines([say("evaluate.misread_legend"), ""])
        console.print(_list_misread(evaluation))
    left = evaluation.wrong - evaluation.most_misread
    if left > 0:
        console.print(say("evaluate.more", count=f"{left:,}"))


def _say_refused(evaluation: Evaluation) -> str:
    wanted = evaluation.wanted_error
    refused = evaluation.rejection_for(wanted)
    if refused is None:
        return say("evaluate.refused_never", wanted=f"{wanted:g}")
    key = "evaluate.refused" if refused else "evaluate.refused_none"
    return say(key, wanted=f"{wanted:g}", refused=f"{refused:.2f}")


def _make_class_table(evaluation: Evaluation) -> Table:
    """A row per class: images, misread images, error, and the most frequent wrong answers."""
    words = ("class", "taken_for")
    columns = ("class", "images", "wrong", "class_error", "taken_for")
    table = make_table({say(f"evaluate.{name}"): "left" if name in words else "right" for name in columns})
    for row, name in enumerate(evaluation.names):
        counts = evaluation.confusion[row].copy()
        total, right = int(counts.sum()), int(counts[row])
        counts[row] = 0
        error = f"{100 * (total - right) / total:.2f}%" if total else ""
        often = [column for column in (-counts).argsort(kind="stable")[:MOST_OFTEN] if counts[column]]
        taken_for = ", ".join(f"{evaluation.names[column]} ({counts[column]:,})" for column in often)
        table.add_row(name, f"{total:,}", f"{total - right:,}", error, taken_for)
    return table


def _make_confusion_table(evaluation: Evaluation) -> Table:
    """Rows: the true class. Columns: the answer. A cell is empty where that never happened."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("")
    for name in evaluation.names:
        table.add_column(name, justify="right", no_wrap=True)
    for row, counts in enumerate(evaluation.confusion):
        styles = ("dim" if column == row else "bold" for column in range(len(counts)))
        cells = (
            Text(str(count) if count else "", style) for count, style in zip(counts, styles, strict=True)
        )
        table.add_row(evaluation.names[row], *cells)
    return table


def _list_misread(evaluation: Evaluation) -> RenderableType:
    """The most confident mistakes, in as many columns as the terminal has room for."""
    from rich.columns import Columns

    shown = evaluation.misread[: evaluation.most_misread]
    width = len(str(shown.max()))
    margins = [f"{evaluation.margins[index]:.1f}" for index in shown]
    most = max(map(len, margins))
    return Columns(
        [
            f"{index:>{width}}  {evaluation.names[evaluation.labels[index]]} -> "
            f"{evaluation.names[evaluation.answers[index]]}  {margin:>{most}}"
            for index, margin in zip(shown, margins, strict=True)
        ],
        padding=(0, 4, 0, 0),
        column_first=True,
    )
