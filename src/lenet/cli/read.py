"""`lenet read`: the numbers in each picture, row by row, with their confidence and what is uncertain."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lenet.cli.options import json_option
from lenet.cli.output import (
    check_picture,
    draw_picture,
    make_table,
    print_error,
    print_json,
    print_lines,
    print_output,
    print_table,
)
from lenet.errors import UsageError
from lenet.texts import say

if TYPE_CHECKING:
    from rich.console import JustifyMethod

    from lenet.reading.numbers import Numbers
    from lenet.segment.page import Page

NOTHING = "-"


def read(
    images: Annotated[list[str], typer.Argument(metavar="IMAGE...", help=say("recognize.images"))],
    network: Annotated[str, typer.Option(metavar="best|1998|FILE", help=say("recognize.network"))] = "best",
    form: Annotated[str | None, typer.Option("--format", metavar="FORM", help=say("read.form"))] = None,
    boxes: Annotated[Path | None, typer.Option("--boxes", metavar="PICTURE", help=say("read.boxes"))] = None,
    every_digit: Annotated[bool, typer.Option("--all", help=say("read.all"))] = False,
    as_json: Annotated[bool, json_option()] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help=say("read.csv"))] = False,
) -> None:
    """Print the numbers in every picture; exit code 1 if one of them could not be read."""
    from lenet.network import Network
    from lenet.reading.numbers import describe_numbers, format_numbers, read_numbers
    from lenet.reading.recognize import find_pictures
    from lenet.segment.format import parse_format

    if as_json and as_csv:
        raise UsageError("recognize.one_form")
    if form is not None:
        parse_format(form)  # a mistake in it is said before any picture is read
    sources = list(find_pictures(images))
    if boxes:
        check_picture(boxes, sources, "--boxes")
    found = list(read_numbers(Network.load(network), sources, form))
    if boxes and found[0].page:
        _draw_boxes(sources[0], found[0].page, boxes)
    if as_json:
        print_json({"network": network, "pictures": [describe_numbers(numbers) for numbers in found]})
    elif as_csv:
        print_output(format_numbers(found, digits=every_digit))
    elif every_digit:
        _print_digits(found, network, form)
    else:
        _print_numbers(found, network, form)
    faults = [numbers.fault for numbers in found if numbers.fault]
    for fault in faults:
        print_error(str(fault))
    if faults:
        raise typer.Exit(1)


def _draw_boxes(source: str, page: Page, path: Path) -> None:
    from functools import partial

    from lenet.explain.boxes_picture import compose_boxes
    from lenet.images.read import read_picture

    draw_picture(partial(compose_boxes, read_picture(Path(source)), page), path)


def _print_numbers(found: Sequence[Numbers], network: str, form: str | None) -> None:
    from lenet.doubt import format_confidence
    from lenet.reading.numbers import explain_row

    lines = list[tuple[str, ...]]()
    for numbers in found:
        if numbers.page is None:
            continue
        for place, row in enumerate(numbers.page.rows, start=1):
            confidence = format_confidence(row.confidence)
            lines.append((numbers.source, str(place), row.number, confidence, explain_row(row)))
        if not numbers.page.rows:
            lines.append((numbers.source, NOTHING, NOTHING, NOTHING, _explain_nothing(form)))
    columns: dict[str, JustifyMethod] = {
        "picture": "left",
        "row": "right",
        "number": "right",
        "confidence": "right",
        "note": "left",
    }
    if not any(line[-1] for line in lines):
        columns.pop("note")
        lines = [line[:-1] for line in lines]
    _print(columns, lines)
    unsure = any("?" in line[2] for line in lines)
    legend = "read.legend_confidence" if form is None else "read.legend_confidence_of_form"
    print_lines(_list_legends(lines, network, say(legend), unsure))


def _print_digits(found: Sequence[Numbers], network: str, form: str | None) -> None:
    from lenet.doubt import format_confidence

    lines = list[tuple[str, ...]]()
    for numbers in found:
        if numbers.page is None:
            continue
        for place, row in enumerate(numbers.page.rows, start=1):
            for digit in row.digits:
                label = digit.label if digit.sure else f"{digit.label}?"
                box = " ".join(f"{side:.0f}" for side in digit.box)
                confidence = format_confidence(digit.confidence)
                lines.append((numbers.source, str(place), label, confidence, digit.second or NOTHING, box))
        if not numbers.page.rows:
            lines.append((numbers.source, NOTHING, NOTHING, NOTHING, NOTHING, _explain_nothing(form)))
    columns: dict[str, JustifyMethod] = {
        "picture": "left",
        "row": "right",
        "digit": "right",
        "confidence": "right",
        "second": "right",
        "box": "left",
    }
    _print(columns, lines)
    unsure = any(line[2].endswith("?") for line in lines)
    print_lines(_list_legends(lines, network, say("read.legend_box"), unsure))


def _print(columns: dict[str, JustifyMethod], lines: Sequence[tuple[str, ...]]) -> None:
    if not lines:
        return
    table = make_table({say(f"read.column_{name}"): justify for name, justify in columns.items()})
    for line in lines:
        table.add_row(*line)
    print_table(table)


def _list_legends(lines: Sequence[tuple[str, ...]], network: str, own: str, unsure: bool) -> Iterator[str]:
    if lines:
        yield say("recognize.legend_network", name=network)
    if any(line[1] != NOTHING for line in lines):
        yield own
    if unsure:
        yield say("read.legend_unsure")


def _explain_nothing(form: str | None) -> str:
    return say("read.nothing") if form is None else say("read.nothing_of_form", form=form)
