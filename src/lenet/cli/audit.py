"""`lenet data audit`: labels that are doubted by networks which did not learn them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lenet.cli.interrupt import catch_interrupt
from lenet.cli.loading import load_data
from lenet.cli.options import architecture_option, choose_architecture, json_option
from lenet.cli.output import make_console, make_table, print_json, print_lines, print_table
from lenet.cli.progress import TrainingProgress
from lenet.doubt import format_confidence
from lenet.errors import UsageError
from lenet.texts import say

if TYPE_CHECKING:
    from lenet.training.audit import Audit, Suspect

SHOWN = 20  # suspects in the terminal
MNIST_TEST = 10_000  # digits, of which two lists of 1998 name some


def audit(
    data: Annotated[str, typer.Option(metavar="mnist|digits|fashion|PATH", help=say("train.data"))] = "mnist",
    folds: Annotated[int, typer.Option(metavar="N", help=say("audit.folds_option"))] = 5,
    recipe: Annotated[str, typer.Option(metavar="NAME|FILE.toml", help=say("train.recipe"))] = "fast",
    architecture: Annotated[str, architecture_option()] = "original",
    engine: Annotated[
        str, typer.Option(metavar="auto|native|pytorch|keras|reference", help=say("train.engine"))
    ] = "auto",
    seed: Annotated[int, typer.Option(metavar="N", help=say("train.seed"))] = 0,
    limit: Annotated[int | None, typer.Option(metavar="N", help=say("train.limit"))] = None,
    count: Annotated[int, typer.Option(metavar="N", help=say("audit.count_option"))] = 100,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", metavar="PAGE.html", help=say("audit.out_option"))
    ] = None,
    as_json: Annotated[bool, json_option()] = False,
) -> None:
    """Train one network for each fold, and list the labels that they doubt most."""
    from lenet.training.audit import audit_labels
    from lenet.training.audit_sheet import write_sheet
    from lenet.training.recipe import load_recipe

    if out and out.suffix.lower() not in (".html", ".htm"):
        raise UsageError("audit.suffix", path=out)
    if count < 1:
        raise UsageError("audit.count_range", count=count)
    network = choose_architecture(architecture)
    chosen = load_recipe(recipe, network)
    dataset = load_data(data, limit)
    progress = TrainingProgress()

    def begin(fold: int) -> None:
        progress.begin()
        make_console(stderr=True).print(say("audit.fold", fold=fold + 1, folds=folds))

    with catch_interrupt() as interrupted, progress.shown():
        found = audit_labels(
            dataset,
            chosen,
            network,
            folds,
            engine,
            seed,
            watch=progress.watch,
            stop=interrupted,
            begin=begin,
        )
    if found is None:
        print_lines([say("audit.stopped")])
        raise typer.Exit(interrupted.exit_code)
    if out:
        write_sheet(found, count, out)
    if as_json:
        print_json(_describe(found, count, out))
        return
    _print_audit(found, count, out)


def _describe(audit: Audit, count: int, out: Path | None) -> dict[str, Any]:
    names = audit.dataset.labels
    return {
        "data": audit.dataset.name,
        "folds": audit.folds,
        "errors": list(audit.errors),
        "doubtful": sum(suspect.doubt > 0 for suspect in audit.suspects),
        "suspects": [
            {
                "part": suspect.part,
                "index": suspect.index,
                "label": names[suspect.label],
                "reading": names[suspect.reading],
                "label_probability": suspect.own,
                "reading_probability": suspect.other,
            }
            for suspect in audit.suspects[:count]
        ],
        "lists_of_1998": _find_lists(audit, count),
        "page": out,
    }


def _print_audit(audit: Audit, count: int, out: Path | None) -> None:
    doubtful = sum(suspect.doubt > 0 for suspect in audit.suspects)
    worst, best = f"{max(audit.errors):.2f}", f"{min(audit.errors):.2f}"
    print_lines(
        [
            say("audit.count", count=f"{doubtful:,}"),
            say("audit.errors", folds=audit.folds, best=best, worst=worst),
            "",
        ]
    )
    columns = ("place", "label", "reading", "confidence")
    table = make_table({say(f"audit.{name}"): "left" if name == "place" else "right" for name in columns})
    for suspect in audit.suspects[: min(count, SHOWN)]:
        table.add_row(*_format(audit, suspect))
    print_table(table)
    lines = []
    for name, values in _find_lists(audit, count).items():
        lines.append(say(f"audit.list_{name}", **values))
    if out:
        lines.append(say("audit.written", count=f"{min(count, len(audit.suspects)):,}", path=out))
    else:
        lines.append(say("audit.look"))
    print_lines(lines)


def _format(audit: Audit, suspect: Suspect) -> tuple[str, ...]:
    names = audit.dataset.labels
    place = say(f"audit.{suspect.part}", index=suspect.index)
    return place, names[suspect.label], names[suspect.reading], format_confidence(suspect.other)


def _find_lists(audit: Audit, count: int) -> dict[str, dict[str, int]]:
    """How many of 1998's wrong and undecided test labels are among the most doubtful ones of MNIST."""
    from lenet.reproduction.published import UNDECIDED, WRONG_LABELS

    if audit.dataset.name != "mnist" or len(audit.dataset.test) != MNIST_TEST:
        return {}
    return {
        name: {
            "found": sum(audit.find_place("test", index) <= count for index in listed),
            "all": len(listed),
            "count": count,
        }
        for name, listed in (("wrong", WRONG_LABELS), ("undecided", UNDECIDED))
    }
