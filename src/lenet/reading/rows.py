"""One row per picture: what `recognize --json`, `recognize --csv` and `bulk` say of an answer."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from typing import Any

from lenet.reading.recognize import Reading
from lenet.texts.controls import replace_controls

COLUMNS = ("file", "label", "verdict", "reason", "confidence", "penalty", "second", "margin", "error")
NUMBERS = ("confidence", "penalty", "margin")  # the columns that are no text
DIGITS_KEPT = 4  # after the point


def describe_reading(reading: Reading) -> dict[str, Any]:
    """The result for one picture as a dictionary that JSON can hold.

    Args:
        reading: of the picture.
    Returns:
        The values of `COLUMNS` but "error", and "penalties" by label; for a picture that could not be read
        only "file" and "error".
    """
    if reading.answer is None:
        return {"file": reading.source, "error": str(reading.fault)}
    answer = reading.answer
    return {
        "file": reading.source,
        "label": answer.label,
        "verdict": answer.verdict,
        "reason": answer.reason,
        "confidence": None if answer.confidence is None else round(answer.confidence, DIGITS_KEPT),
        "penalty": round(answer.penalty, DIGITS_KEPT),
        "second": answer.second,
        "margin": round(answer.margin, DIGITS_KEPT),
        "penalties": {label: round(penalty, DIGITS_KEPT) for label, penalty in answer.penalties.items()},
    }


def format_rows(rows: Iterable[Mapping[str, Any]], *, header: bool) -> str:
    """Rows as comma-separated values, a line each; a missing value stays empty.

    Args:
        rows: from `describe_reading`.
        header: whether a first line names the columns.
    """
    text = io.StringIO()
    lines = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    if header:
        lines.writeheader()
    for row in rows:
        lines.writerow({name: make_line(row[name]) for name in COLUMNS if name in row})
    return text.getvalue()


def make_line(value: Any) -> Any:
    """A text without line ends and controls, which a file's name or a foreign label may contain."""
    if not isinstance(value, str):
        return value
    return replace_controls(value.replace("\n", "\ufffd").replace("\t", " "))


def parse_rows(lines: Iterable[str]) -> Iterable[dict[str, Any]]:
    """Read the lines that `format_rows` wrote without a header; the inverse but for control characters.

    Args:
        lines: of text, each with its line end.
    Yields:
        The values of `COLUMNS`; None for a missing one.
    """
    for row in csv.DictReader(lines, COLUMNS):
        given = {name: value or None for name, value in row.items()}
        yield given | {name: float(row[name]) for name in NUMBERS if row[name]}
