"""`lenet recognize`: the digit in each picture, and how sure the network is of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lenet.cli.options import json_option
from lenet.cli.output import make_console, print_error, print_json
from lenet.texts import say

if TYPE_CHECKING:
    from lenet.reading.recognize import Reading


def recognize(
    images: Annotated[list[str], typer.Argument(metavar="IMAGE...", help=say("recognize.images"))],
    network: Annotated[str, typer.Option(metavar="1998|FILE", help=say("recognize.network"))] = "1998",
    as_json: Annotated[bool, json_option()] = False,
) -> None:
    """Print what the network says of every picture; exit code 1 if one could not be read."""
    from lenet.network import Network
    from lenet.reading.recognize import find_pictures, recognize_pictures

    loaded = Network.load(network)
    readings = list(recognize_pictures(loaded, find_pictures(images)))
    if as_json:
        print_json({"network": network, "pictures": [_describe(reading) for reading in readings]})
    else:
        _print_table(readings, loaded.architecture.output)
    faults = [reading.fault for reading in readings if reading.fault]
    for fault in faults:
        print_error(str(fault))
    if faults:
        raise typer.Exit(1)


def _describe(reading: Reading) -> dict[str, Any]:
    if reading.answer is None:
        return {"file": reading.source, "error": str(reading.fault)}
    answer = reading.answer
    return {
        "file": reading.source,
        "label": answer.label,
        "penalty": round(answer.penalty, 4),
        "second": answer.second,
        "margin": round(answer.margin, 4),
        "penalties": {label: round(penalty, 4) for label, penalty in answer.penalties.items()},
    }


def _print_table(readings: Iterable[Reading], output: str) -> None:
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("picture", "digit", f"penalty_{output}", "second", "margin"):
        table.add_column(say(f"recognize.{name}"), justify="left" if name == "picture" else "right")
    for reading in readings:
        answer = reading.answer
        if answer:
            numbers = (f"{answer.penalty:.1f}", answer.second, f"{answer.margin:.1f}")
            table.add_row(reading.source, answer.label, *numbers)
    if table.row_count:
        make_console().print(table)
