"""The 7x12 codes drawn in a terminal, and a table of the distances between them."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil

from lenet.codes import CODE_WIDTH, glyph
from lenet.explain.distances import measure_distances, rank_pairs
from lenet.texts import say

GAP = 2
HALVES = {"..": " ", "#.": "▀", ".#": "▄", "##": "█"}  # upper and lower pixel of one cell
MOST_PAIRS = 10


def draw_glyphs(text: str, width: int) -> Iterator[str]:
    """The glyphs of a text side by side, two rows of pixels to a line, in rows of equal length.

    Args:
        text: printable ASCII characters.
        width: columns of the terminal.
    """
    most = max(1, (width + GAP) // (CODE_WIDTH + GAP))
    per_row = ceil(len(text) / ceil(len(text) / most))
    for start in range(0, len(text), per_row):
        if start:
            yield ""
        characters = text[start : start + per_row]
        yield (" " * GAP).join(character.center(CODE_WIDTH) for character in characters).rstrip()
        pictures = [glyph(character) for character in characters]
        for line in range(0, len(pictures[0]), 2):
            yield (" " * GAP).join(_join_rows(*picture[line : line + 2]) for picture in pictures).rstrip()


def _join_rows(upper: str, lower: str) -> str:
    return "".join(HALVES[a + b] for a, b in zip(upper, lower, strict=True))


def format_distances(text: str, width: int, paper: int = -1) -> Iterator[str]:
    """The squared distances between the characters of a text: a table if it fits, and the closest pairs.

    Args:
        text: printable ASCII characters; repeated ones count once.
        width: columns of the terminal.
        paper: the value of a pixel without ink, -1 or 0.
    """
    distinct = "".join(dict.fromkeys(text))
    pairs = rank_pairs(distinct, paper)
    if not pairs:
        return
    distances = measure_distances(distinct, paper)
    cell = len(str(distances.max())) + 2
    if len(distinct) * cell + 1 <= width:
        yield " " + "".join(character.rjust(cell) for character in distinct)
        for character, row in zip(distinct, distances, strict=True):
            yield character + "".join(
                ("-" if other == character else str(distance)).rjust(cell)
                for other, distance in zip(distinct, row, strict=True)
            )
        return
    yield say("glyphs.closest", count=min(MOST_PAIRS, len(pairs)), pairs=len(pairs))
    for pair in pairs[:MOST_PAIRS]:
        yield say(
            "glyphs.pair", first=pair.first, second=pair.second, distance=pair.distance, pixels=pair.pixels
        )
