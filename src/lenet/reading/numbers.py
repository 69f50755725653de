"""Read the numbers in many pictures in turn, and say them as JSON or as comma-separated values."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from lenet.errors import LenetError, UsageError
from lenet.images.read import read_sized
from lenet.network import Network
from lenet.reading.recognize import STANDARD_INPUT, decode_content, read_standard_input
from lenet.reading.rows import DIGITS_KEPT, make_line
from lenet.segment.number import Found, Place, Row
from lenet.segment.page import Page, resize_page
from lenet.texts import say

NUMBER_COLUMNS = (
    *("file", "row", "number", "likeliest", "confidence", "verdict"),
    *("x", "y", "width", "height", "error"),
)
DIGIT_COLUMNS = (
    *("file", "row", "digit", "label", "confidence", "second", "sure"),
    *("x", "y", "width", "height", "error"),
)


@dataclass(frozen=True)
class Numbers:
    """The numbers in one picture.

    Args:
        source: the file's path, or "-" for standard input.
        page: what was read; None if the picture could not be read.
        fault: why it could not be read; None if it could.
    """

    source: str
    page: Page | None
    fault: LenetError | None = None


def read_numbers(network: Network, sources: Iterable[str], form: str | None = None) -> Iterator[Numbers]:
    """Read the numbers in each picture.

    Args:
        network: the network to ask.
        sources: paths of pictures, or "-", as `find_pictures` yields them.
        form: that each number has, see `Network.read`.
    Yields:
        What each picture holds, in order, as soon as it is read.
    Raises:
        UsageError: see `Network.read`.
    """
    for source in sources:
        try:
            page = read_source(network, source, form)
        except UsageError:
            raise
        except LenetError as fault:
            yield Numbers(source, None, fault)
        else:
            yield Numbers(source, page)


def read_contents(
    network: Network, contents: Iterable[tuple[str, bytes | np.ndarray | LenetError]], form: str | None = None
) -> Iterator[Numbers]:
    """Read the numbers in pictures that are in memory; as `read_numbers` does.

    Args:
        network: the network to ask.
        contents: as `recognize_contents` takes them.
        form: that each number has, see `Network.read`.
    Yields:
        What each picture holds, in order.
    Raises:
        UsageError: see `Network.read`.
    """
    for name, content in contents:
        found = decode_content(name, content, read_sized)
        if isinstance(found, LenetError):
            yield Numbers(name, None, found)
            continue
        pixels, size = (found, found.shape) if isinstance(found, np.ndarray) else found
        try:
            yield Numbers(name, resize_page(network.read(pixels, form), size))
        except UsageError:
            raise
        except LenetError as fault:
            yield Numbers(name, None, fault)


def read_source(network: Network, source: str, form: str | None) -> Page:
    """Read the numbers in one picture, or in that on standard input; the arguments as for `read_numbers`."""
    content = read_standard_input() if source == STANDARD_INPUT else Path(source)
    pixels, size = read_sized(content)
    return resize_page(network.read(pixels, form), size)


def explain_row(row: Row) -> str:
    """What is uncertain about a number, in the user's language; empty if nothing is."""
    doubts = [
        say("read.either", place=place, label=found.label, second=found.second)
        if found.second
        else say("read.weak", place=place, label=found.label)
        for place, found in enumerate(row.digits, start=1)
        if not found.sure
    ]
    return say("read.list_separator").join(doubts)


def describe_numbers(numbers: Numbers) -> dict[str, Any]:
    """The numbers in one picture as a dictionary that JSON can hold; only "file" and "error" of a fault."""
    if numbers.page is None:
        return {"file": numbers.source, "error": str(numbers.fault)}
    return {"file": numbers.source, "rows": [_describe_row(row) for row in numbers.page.rows]}


def _describe_row(row: Row) -> dict[str, Any]:
    return {
        "number": row.number,
        "likeliest": row.likeliest,
        "confidence": round(row.confidence, DIGITS_KEPT),
        "verdict": row.verdict,
        "line": row.line + 1,
        "box": _round_box(row.box),
        "digits": [
            {
                "label": found.label,
                "confidence": round(found.confidence, DIGITS_KEPT),
                "second": found.second,
                "sure": found.sure,
                "box": _round_box(found.box),
            }
            for found in row.digits
        ],
        "others": [
            {"number": other.number, "confidence": round(other.confidence, DIGITS_KEPT)}
            for other in row.others
        ],
    }


def _round_box(box: Place) -> list[int]:
    """Left edge, upper edge, width and height in whole pixels."""
    return [round(side) for side in box]


def format_numbers(found: Sequence[Numbers], *, digits: bool) -> str:
    """Comma-separated values with a header: a line for each number, or for each digit.

    Args:
        found: from `read_numbers`; a picture without a number has one line with its file alone.
        digits: whether each digit has a line of its own.
    """
    text = io.StringIO()
    lines = csv.DictWriter(text, DIGIT_COLUMNS if digits else NUMBER_COLUMNS, lineterminator="\n")
    lines.writeheader()
    for numbers in found:
        first: dict[str, Any] = {"file": make_line(numbers.source)}
        if numbers.page is None or not numbers.page.rows:
            lines.writerow(first | ({"error": make_line(str(numbers.fault))} if numbers.fault else {}))
            continue
        for place, row in enumerate(numbers.page.rows, start=1):
            for own in _list_digits(row) if digits else [_list_number(row)]:
                lines.writerow(first | {"row": place} | own)
    return text.getvalue()


def _list_number(row: Row) -> dict[str, Any]:
    own = {"number": row.number, "likeliest": row.likeliest, "verdict": row.verdict}
    return own | {"confidence": round(row.confidence, DIGITS_KEPT)} | _list_box(row.box)


def _list_digits(row: Row) -> Iterator[dict[str, Any]]:
    for place, found in enumerate(row.digits, start=1):
        yield _list_digit(place, found)


def _list_digit(place: int, found: Found) -> dict[str, Any]:
    own = {"digit": place, "label": found.label, "second": found.second, "sure": str(found.sure).lower()}
    return own | {"confidence": round(found.confidence, DIGITS_KEPT)} | _list_box(found.box)


def _list_box(box: Place) -> dict[str, int]:
    return dict(zip(("x", "y", "width", "height"), _round_box(box), strict=True))
