"""`lenet recognize`: the digit in each picture, and how sure the network is of it."""

from __future__ import annotations

import csv
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lenet.cli.options import json_option
from lenet.cli.output import make_console, print_error, print_json, replace_controls
from lenet.errors import UsageError
from lenet.texts import get_language, say

if TYPE_CHECKING:
    from lenet.network import Answer, Network
    from lenet.reading.recognize import Reading

CSV_COLUMNS = (*("file", "label", "verdict", "reason", "confidence", "penalty", "second", "margin", "error"),)


def recognize(
    images: Annotated[list[str], typer.Argument(metavar="IMAGE...", help=say("recognize.images"))],
    network: Annotated[str, typer.Option(metavar="best|1998|FILE", help=say("recognize.network"))] = "best",
    steps: Annotated[
        Path | None, typer.Option("--steps", metavar="PICTURE", help=say("recognize.steps"))
    ] = None,
    as_json: Annotated[bool, json_option()] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help=say("recognize.csv"))] = False,
) -> None:
    """Print what the network says of every picture; exit code 1 if one could not be read."""
    from lenet.network import Network
    from lenet.reading.recognize import find_pictures, recognize_pictures

    if as_json and as_csv:
        raise UsageError("recognize.one_form")
    sources = list(find_pictures(images))
    if steps:
        _check_steps(steps, sources)
    loaded = Network.load(network)
    readings = list(recognize_pictures(loaded, sources))
    if steps and readings[0].answer:
        _draw_steps(loaded, sources[0], steps)
    if as_json:
        print_json({"network": network, "pictures": [_describe(reading) for reading in readings]})
    elif as_csv:
        _print_csv(readings)
    else:
        _print_table(readings, loaded.architecture.output)
    faults = [reading.fault for reading in readings if reading.fault]
    for fault in faults:
        print_error(str(fault))
    if faults:
        raise typer.Exit(1)


def _check_steps(path: Path, sources: Sequence[str]) -> None:
    from lenet.drawing.write import check_suffix
    from lenet.reading.recognize import STANDARD_INPUT

    check_suffix(path)
    if len(sources) != 1:
        raise UsageError("recognize.steps_one", count=len(sources))
    if sources[0] == STANDARD_INPUT:
        raise UsageError("recognize.steps_input")


def _draw_steps(network: Network, source: str, path: Path) -> None:
    from functools import partial

    from lenet.drawing.write import write_picture
    from lenet.explain.steps_picture import compose_steps, take_looks
    from lenet.images.read import read_picture

    picture = read_picture(Path(source))
    compose = partial(compose_steps, take_looks(picture), network.recognize(picture))
    message = say("explain.drawn", path=path)
    if write_picture(compose, path) != get_language():
        message += f"\n{say('pictures.no_chinese_font')}"
    make_console(stderr=True).print(message, soft_wrap=True)


def _describe(reading: Reading) -> dict[str, Any]:
    if reading.answer is None:
        return {"file": reading.source, "error": str(reading.fault)}
    answer = reading.answer
    return {
        "file": reading.source,
        "label": answer.label,
        "verdict": answer.verdict,
        "reason": answer.reason,
        "confidence": None if answer.confidence is None else round(answer.confidence, 4),
        "penalty": round(answer.penalty, 4),
        "second": answer.second,
        "margin": round(answer.margin, 4),
        "penalties": {label: round(penalty, 4) for label, penalty in answer.penalties.items()},
    }


def _print_csv(readings: Sequence[Reading]) -> None:
    """A line for each picture; what it lacks stays empty."""
    rows = csv.DictWriter(sys.stdout, CSV_COLUMNS, extrasaction="ignore", lineterminator="\n")
    rows.writeheader()
    for reading in readings:
        row = _describe(reading)
        rows.writerow(row | {"file": replace_controls(row["file"])})


def _print_table(readings: Sequence[Reading], output: str) -> None:
    from rich import box
    from rich.table import Table

    answers = [(reading.source, reading.answer) for reading in readings if reading.answer]
    if not answers:
        return
    columns = {"picture": [source for source, _ in answers]}
    columns["digit"] = [_mark(answer) for _, answer in answers]
    if any(answer.confidence is not None for _, answer in answers):
        columns["confidence"] = [_format_confidence(answer) for _, answer in answers]
    columns[f"penalty_{output}"] = [f"{answer.penalty:.1f}" for _, answer in answers]
    columns["second"] = [answer.second for _, answer in answers]
    columns["margin"] = [f"{answer.margin:.1f}" for _, answer in answers]
    if any(answer.reason for _, answer in answers):
        columns["note"] = [answer.why for _, answer in answers]
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in columns:
        table.add_column(say(f"recognize.{name}"), justify="left" if name in ("picture", "note") else "right")
    for row in zip(*columns.values(), strict=True):
        table.add_row(*row)
    make_console().print(table)


def _mark(answer: Answer) -> str:
    """The digit; with a question mark where the network is not sure, a dash where there is none."""
    return {"digit": answer.label, "unsure": f"{answer.label}?", "none": "-"}[answer.verdict]


def _format_confidence(answer: Answer) -> str:
    if answer.confidence is None or answer.verdict == "none":
        return "-"
    return f"{100 * min(answer.confidence, 0.999):.1f}%"
