"""`lenet recognize`: the digit in each picture, its confidence, and why an answer is uncertain."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
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
    from lenet.answer import Answer
    from lenet.network import Network
    from lenet.reading.recognize import Reading


def recognize(
    images: Annotated[list[str], typer.Argument(metavar="IMAGE...", help=say("recognize.images"))],
    network: Annotated[str, typer.Option(metavar="best|1998|FILE", help=say("recognize.network"))] = "best",
    steps: Annotated[
        Path | None, typer.Option("--steps", metavar="PICTURE", help=say("recognize.steps"))
    ] = None,
    as_json: Annotated[bool, json_option()] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help=say("recognize.csv"))] = False,
) -> None:
    """Print the answer for every picture; exit code 1 if one of them could not be read."""
    from lenet.network import Network
    from lenet.reading.recognize import find_pictures, recognize_pictures
    from lenet.reading.rows import describe_reading, format_rows

    if as_json and as_csv:
        raise UsageError("recognize.one_form")
    sources = list(find_pictures(images))
    if steps:
        check_picture(steps, sources, "--steps")
    loaded = Network.load(network)
    readings = list(recognize_pictures(loaded, sources))
    if steps and readings[0].answer:
        _draw_steps(loaded, sources[0], steps)
    if as_json:
        print_json({"network": network, "pictures": [describe_reading(reading) for reading in readings]})
    elif as_csv:
        print_output(format_rows(map(describe_reading, readings), header=True))
    else:
        _print_table(readings, loaded.architecture.output, network)
    faults = [reading.fault for reading in readings if reading.fault]
    for fault in faults:
        print_error(str(fault))
    if faults:
        raise typer.Exit(1)


def _draw_steps(network: Network, source: str, path: Path) -> None:
    from functools import partial

    from lenet.explain.steps_picture import compose_steps, take_looks
    from lenet.images.read import read_picture

    picture = read_picture(Path(source))
    answer = network.recognize(picture)
    compose = partial(compose_steps, take_looks(picture, answer.image), answer)
    draw_picture(compose, path)


def _print_table(readings: Sequence[Reading], output: str, network: str) -> None:
    answers = [(reading.source, reading.answer) for reading in readings if reading.answer]
    if not answers:
        return
    columns = {"picture": [source for source, _ in answers]}
    columns["digit"] = [_mark(answer) for _, answer in answers]
    calibrated = any(answer.confidence is not None for _, answer in answers)
    if calibrated:
        columns["confidence"] = [_format_confidence(answer) for _, answer in answers]
    else:
        columns[f"penalty_{output}"] = [_format_score(answer, output) for _, answer in answers]
    columns["second"] = [_skip_none(answer, answer.second) for _, answer in answers]
    if not calibrated:
        columns["margin"] = [_skip_none(answer, f"{answer.margin:.1f}") for _, answer in answers]
    if any(answer.reason for _, answer in answers):
        columns["note"] = [answer.why for _, answer in answers]
    words = ("picture", "note")
    table = make_table({say(f"recognize.{name}"): "left" if name in words else "right" for name in columns})
    for row in zip(*columns.values(), strict=True):
        table.add_row(*row)
    print_table(table)
    marks = any(answer.reason == "marks" for _, answer in answers)
    print_lines([say("recognize.legend_network", name=network), *_format_legend(columns, marks)])


def _format_legend(columns: Mapping[str, Sequence[str]], marks: bool) -> Iterator[str]:
    """What the columns and the marks mean, of those that occur."""
    keys = {
        "confidence": "confidence" in columns,
        "rbf": "penalty_rbf" in columns,
        "linear": "penalty_linear" in columns,
        "second": True,
        "margin": "margin" in columns,
        "unsure": any(digit.endswith("?") for digit in columns["digit"]),
        "none": "-" in columns["digit"],
        "marks": marks,
    }
    yield from (say(f"recognize.legend_{key}") for key, occurs in keys.items() if occurs)


def _mark(answer: Answer) -> str:
    """The digit; with a question mark where it is uncertain, a dash where there is none."""
    return {"digit": answer.label, "unsure": f"{answer.label}?", "none": "-"}[answer.verdict]


def _skip_none(answer: Answer, cell: str) -> str:
    """A cell, or a dash where the picture has no digit."""
    return "-" if answer.verdict == "none" else cell


def _format_confidence(answer: Answer) -> str:
    from lenet.doubt import format_confidence

    return _skip_none(answer, format_confidence(answer.confidence or 0.0))


def _format_score(answer: Answer, output: str) -> str:
    """The squared distance of an RBF output, or the logit of a linear one: a penalty with its sign turned."""
    return _skip_none(answer, f"{answer.penalty if output == 'rbf' else -answer.penalty:.1f}")
