"""A whole picture of numbers: every way to take it for a page, its rows in reading order."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from lenet.images.normalize import list_pages
from lenet.images.rows import find_strips
from lenet.segment.cuts import ROW
from lenet.segment.format import Format
from lenet.segment.number import Ask, Found, Place, Refuse, Row, read_strips

NARROW, LESS_NARROW = 1.0, 1.3  # width by height: of a number whose digits are certain, and of another


@dataclass(frozen=True)
class Page:
    """The numbers in a picture, in reading order; as text one a line, with `?` for what is not certain.

    Args:
        rows: the numbers.
        size: height and width of the picture, in the pixels of all boxes.
    """

    rows: tuple[Row, ...]
    size: tuple[int, int]

    def __str__(self) -> str:
        return "\n".join(row.number for row in self.rows)


def read_page(
    picture: np.ndarray, ask: Ask, refuse: Refuse, form: Format | None = None, sure: float = 0.0
) -> Page:
    """Read the numbers of a picture.

    Args:
        picture: (H, W) uint8 luminance.
        ask: gives the penalties of images, see `lenet.segment.number.Ask`.
        refuse: tells whether images show digits at all, see `lenet.segment.number.Refuse`.
        form: that each number has; None for any digits.
        sure: the least confidence of a digit that is trusted, 0 to 1.
    Returns:
        The numbers; those that hold no digit, or have another form, are left out.
    Raises:
        PictureError: more than 2,000 marks.
        ShapeError: not a (H, W) uint8 array.
    """
    best: list[Row] = []
    for page in list_pages(picture):
        found = read_strips(find_strips(page, ROW), ask, refuse, form, sure)
        rows = [row for row in found if row.verdict != "none"]
        if _count_sure(rows) > _count_sure(best) or not best:
            best = rows
    return Page(tuple(best), (picture.shape[0], picture.shape[1]))


def resize_page(page: Page, size: tuple[int, int]) -> Page:
    """The same page with its boxes in the pixels of a picture of another size, height and width."""
    down, across = (new / old for new, old in zip(size, page.size, strict=True))

    def move(box: Place) -> Place:
        return Place(box.x * across, box.y * down, box.width * across, box.height * down)

    def move_digit(found: Found) -> Found:
        return replace(found, box=move(found.box))

    rows = (
        replace(
            row,
            box=move(row.box),
            digits=tuple(map(move_digit, row.digits)),
            cuts=tuple(tuple((x * across, y * down) for x, y in cut) for cut in row.cuts),
        )
        for row in page.rows
    )
    return Page(tuple(rows), size)


def may_be_one(page: Page) -> bool:
    """Whether what was read as a number stands where a single sign has room, a letter for example."""
    if len(page.rows) != 1:
        return False
    row = page.rows[0]
    return row.box.width <= (NARROW if row.verdict == "number" else LESS_NARROW) * row.box.height


def make_single(page: Page, label: str, second: str, confidence: float | None, sure: bool) -> Page:
    """The page with the one digit that it shows.

    Args:
        page: as it was read, of one row at most, or of none.
        label: what the digit is.
        second: what else it could be.
        confidence: 0 to 1; None where the network has no calibration.
        sure: whether the label is trusted.
    """
    height, width = page.size
    box = page.rows[0].box if page.rows else Place(0, 0, width, height)
    share = confidence or 0.0
    row = Row(label, share, "number" if sure else "unsure", box, (Found(label, share, second, box, sure),))
    return Page((row,), page.size)


def _count_sure(rows: list[Row]) -> int:
    return sum(found.sure for row in rows for found in row.digits)
