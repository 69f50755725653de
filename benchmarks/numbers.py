"""How many numbers `lenet read` reads right: numbers of eight kinds, pages, and pictures without a digit.

Decide with `--part validation`; the test digits serve once. The tables of docs/reading.md are made from the
results by `--write`.
"""

from __future__ import annotations

import argparse
import json
import sys
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import lenet
from benchmarks.nondigits import KINDS as NO_DIGITS
from benchmarks.nondigits import draw_picture
from benchmarks.pages import fill_page
from benchmarks.provenance import describe_run
from benchmarks.strings import EACH, KINDS, LENGTHS, Digits, draw_number, draw_sheet, read_digits
from lenet.calibration import measure_calibration
from lenet.images.read import read_picture
from lenet.storage import write_text

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks/results/numbers.json"
PAGES = {"en": ROOT / "docs/reading.md", "zh": ROOT / "docs/reading.zh.md"}
SHEETS, SHEET_ROWS = 10, 20
NONE_EACH = 125


class Outcome(NamedTuple):
    """What was read of one number: whether it is right, also where its length is given; its confidence."""

    right: bool
    right_of_length: bool
    confidence: float
    certain: bool


_digits: dict[str, Any] = {}  # of this process: what the pool's initializer put here


@cache
def _load(name: str) -> lenet.Network:
    return lenet.load(name)


def _start(digits: Digits, network: str) -> None:
    _digits.update(digits=digits, network=network)


def read_one(task: tuple[str, int, int]) -> Outcome:
    """One generated number, read with and without its length."""
    kind, length, index = task
    number, content = draw_number(_digits["digits"], kind, length, index)
    network, picture = _load(_digits["network"]), read_picture(content)
    rows = network.read(picture).rows
    given = network.read(picture, format=f"d{{{length}}}").rows
    return Outcome(
        [row.likeliest for row in rows] == [number],
        [row.likeliest for row in given] == [number],
        rows[0].confidence if rows else 0.0,
        len(rows) == 1 and rows[0].verdict == "number",
    )


def read_sheet(index: int) -> tuple[int, int, int, int]:
    """A page: its digits, those in rows read whole or in part, its rows, and those in their place."""
    numbers, content = draw_sheet(_digits["digits"], index, SHEET_ROWS)
    rows = _load(_digits["network"]).read(read_picture(content)).rows
    placed = len(rows) == len(numbers)
    found = sum(min(len(row.digits), len(number)) for row, number in zip(rows, numbers, strict=False))
    right = sum(row.likeliest == number for row, number in zip(rows, numbers, strict=False)) if placed else 0
    return sum(map(len, numbers)), found if placed else 0, right, int(placed)


def read_none(task: tuple[str, str, int]) -> bool:
    """Whether a picture that shows no digit gives an empty page."""
    return not _load(_digits["network"]).read(read_picture(draw_picture(*task))).rows


def measure(digits: Digits, network: str, each: int, processes: int) -> dict[str, Any]:
    """Everything, in percent."""
    with ProcessPoolExecutor(processes, initializer=_start, initargs=(digits, network)) as pool:
        tasks = [(kind, length, index) for kind in KINDS for length in LENGTHS for index in range(each)]
        outcomes = dict(zip(tasks, pool.map(read_one, tasks, chunksize=20), strict=True))
        sheets = np.sum(list(pool.map(read_sheet, range(SHEETS))), axis=0)
        nones = {
            kind: list(pool.map(read_none, [("evaluation", kind, k) for k in range(NONE_EACH)], chunksize=20))
            for kind in NO_DIGITS
        }
    kinds = {kind: _describe([own for task, own in outcomes.items() if task[0] == kind]) for kind in KINDS}
    everything = list(outcomes.values())
    confidences = np.array([own.confidence for own in everything])
    right = np.array([own.right for own in everything])
    surest = np.argsort(-confidences, kind="stable")[: len(confidences) // 2]
    return {
        "numbers": len(everything),
        "kinds": kinds,
        "mean": round(float(np.mean([own["right"] for own in kinds.values()])), 1),
        "lengths": {
            str(length): _share([own.right for task, own in outcomes.items() if task[1] == length])
            for length in LENGTHS
        },
        "surest_half": _share(right[surest].tolist()),
        "calibration_error": round(measure_calibration(confidences, right), 1),
        "pages": {
            "digits_found": round(100 * float(sheets[1] / sheets[0]), 1),
            "numbers_right": round(100 * float(sheets[2] / (SHEETS * SHEET_ROWS)), 1),
            "rows_in_order": f"{sheets[3]} of {SHEETS}",
        },
        "empty": {kind: _share(own) for kind, own in nones.items()},
        "empty_of_all": _share([each for own in nones.values() for each in own]),
    }


def _describe(own: list[Outcome]) -> dict[str, float]:
    certain = [each for each in own if each.certain]
    return {
        "right": _share([each.right for each in own]),
        "right_of_length": _share([each.right_of_length for each in own]),
        "certain": _share([each.certain for each in own]),
        "certain_wrong": _share([not each.right for each in certain]) if certain else 0.0,
    }


def _share(states: list[bool]) -> float:
    return round(100 * float(np.mean(states)), 1)


HEADINGS = {
    "en": ("kind", "read right", "with its length given", "without `?`", "of these wrong"),
    "zh": ("种类", "读对", "给出位数后读对", "没有 `?` 的", "其中误识的"),
}


def format_table(report: dict[str, Any], language: str) -> str:
    """The table of the documents, one kind a line, in percent."""
    lines = ["| " + " | ".join(HEADINGS[language]) + " |", "|---|" + "---|" * 4]
    lines += [
        f"| {kind} | {own['right']} | {own['right_of_length']} | {own['certain']} | {own['certain_wrong']} |"
        for kind, own in report["kinds"].items()
    ]
    return "\n".join(lines)


def write_documents(report: dict[str, Any]) -> None:
    """Put the table into both documents."""
    for language, path in PAGES.items():
        table = {"numbers": format_table(report, language)}
        write_text(path, fill_page(path.read_text("utf-8"), table))


def main() -> None:
    """Measure, or write the tables of what was measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="the folder of MNIST's files")
    parser.add_argument("--part", choices=("validation", "test"), default="validation")
    parser.add_argument("--network", default="best", help="a bundled network's name or a file")
    parser.add_argument("--each", type=int, default=EACH, help="numbers of each kind and length")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--out", type=Path, help="the JSON to write; else it is printed")
    parser.add_argument("--write", action="store_true", help="only write the tables of the documents")
    arguments = parser.parse_args()
    if arguments.write:
        write_documents(json.loads(RESULTS.read_text("utf-8")))
        return
    if not arguments.data:
        parser.error("--data or --write")
    digits = read_digits(arguments.data, arguments.part)
    report = describe_run(sys.argv) | {"part": arguments.part, "each": arguments.each}
    report |= measure(digits, arguments.network, arguments.each, arguments.processes)
    text = json.dumps(report, indent=1) + "\n"
    if arguments.out:
        write_text(arguments.out, text)
    else:
        sys.stdout.write(text)


if __name__ == "__main__":
    main()
