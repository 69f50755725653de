"""Rows of numbers on a page: the marks of ink, in reading order, each number's ink cut out on its own."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lenet.errors import PictureError
from lenet.images.filters import dilate, shrink
from lenet.images.marks import Mark, find_marks, join_marks, measure_grain, measure_ink
from lenet.images.normalize import Page
from lenet.images.paper import flatten_light
from lenet.images.rules import remove_page_rules, remove_rules

OVERVIEW = 640  # pixels, the longer side of what rows are looked for in first
FINE = 40  # pixels: the page is reduced as long as its digits stay this tall
LONGEST = 2400  # pixels, the longer side of what is read
STROKE = 0.4  # row heights: what is wider than twice as much is a shadow
ROWS = 4.0  # row heights: a picture less tall has one row or two, and its lines are looked for otherwise
TALL = 0.5  # row heights: a mark this tall may be a digit, a smaller one a dot or a stroke of one
SPECK = 0.002  # squares of the row height: less ink is dirt
LONG, FLAT = 3.0, 0.35  # row heights: a mark longer and flatter than this is a line
PALE = 0.4  # of the darkness that most ink has: a paler mark is a shadow
STEEPEST = 0.1  # rise per pixel of a row, 5.7 degrees
BAND = 0.6  # row heights: a mark whose middle is within this belongs to the row
REACH = 0.9  # row heights: and a dot or a stroke of a digit within this
WIDE = 1.5  # row heights: a wider gap parts two numbers
MOST_MARKS = 2000


@dataclass(frozen=True)
class Strip:
    """The ink of one number, or of what stands alone.

    Args:
        ink: (h, w) float32, 0 to 1, light paper; the digits about as tall as was asked for.
        top, left: of the ink's box in the picture, in its pixels.
        scale: pixels of `ink` for a pixel of the picture.
        row: the number of its row on the page, from 0.
    """

    ink: np.ndarray
    top: float
    left: float
    scale: float
    row: int


def find_strips(page: Page, height: int) -> list[Strip]:
    """The numbers on a page, in reading order: row by row, from the left to the right.

    Args:
        page: from `list_pages`.
        height: pixels, how tall digits are in the strips.
    Returns:
        The strips; empty where nothing stands out from the paper.
    Raises:
        PictureError: more than 2,000 marks.
    Assumption:
        A row is a level line, or one that rises or falls by no more than 5 degrees, as all others do.
    """
    found = _look_over(page)
    if found is None:
        return []
    reduced, factor, side = found
    darkness = _take_darkness(reduced, page.ruled, side)
    labels, marks = find_marks(darkness)
    side, grain = measure_height(marks), measure_grain(darkness)
    kept = [k for k, mark in enumerate(marks) if _may_be_read(mark, marks, side, darkness.shape)]
    if len(kept) > MOST_MARKS:
        raise PictureError("read.too_many", count=len(kept), limit=MOST_MARKS)
    return [
        _cut_strip(darkness, labels, [(k + 1, marks[k]) for k in group], grain, height, factor, number)
        for number, row in enumerate(_sort_rows(marks, kept, side))
        for group in _part_numbers(marks, row, side)
    ]


def _look_over(page: Page) -> tuple[np.ndarray, int, float] | None:
    """The page as small as its digits allow, by which factor, and how tall its digits are.

    None where nothing stands out from the paper.
    """
    overview, coarse = shrink(page.picture, OVERVIEW)
    darkness = flatten_light(overview, max(3, min(overview.shape) // 3), not page.ruled)
    if page.ruled:
        darkness = remove_page_rules(darkness, max(6, max(overview.shape) // 50), upright=False)
    _, marks = find_marks(darkness)
    if not marks:
        return None
    side, longest = measure_height(marks) * coarse, max(page.picture.shape)
    factor = max(1, int(side / FINE), -(-longest // LONGEST))
    reduced, factor = shrink(page.picture, -(-longest // factor))
    return reduced, factor, side / factor


def _take_darkness(picture: np.ndarray, ruled: bool, side: float) -> np.ndarray:
    darkness = flatten_light(picture, max(3, round(STROKE * side)), not ruled)
    if not ruled:
        return darkness
    if len(picture) < ROWS * side:
        return remove_rules(darkness)
    return remove_page_rules(darkness, max(6, round(side / 2)))


def measure_height(marks: list[Mark]) -> float:
    """The usual height of marks, in pixels: half of the ink is in marks no taller; 0 without any.

    Args:
        marks: from `find_marks`.
    """
    if not marks:
        return 0.0
    heights = np.array([mark.height for mark in marks], float)
    flat = np.array([mark.right - mark.left > LONG / FLAT * mark.height for mark in marks])
    masses = np.where(flat, 0, [mark.mass for mark in marks])
    order = np.argsort(heights)
    reached = masses[order].cumsum() >= 0.5 * masses.sum()
    return float(heights[order][reached.argmax()])


def _may_be_read(mark: Mark, marks: list[Mark], side: float, shape: tuple[int, ...]) -> bool:
    """Whether a mark may be a digit, a dot or a part of one: no dirt, line, shadow or edge of the table."""
    width = mark.right - mark.left
    if mark.mass < SPECK * mark.level * side**2:
        return False
    if (width > LONG * side and mark.height < FLAT * side) or (
        mark.height > LONG * side and width < FLAT * side
    ):
        return False
    if mark.touches(shape) and mark.height > 2 * side:
        return False
    heaviest = max(marks, key=lambda other: other.mass if other.height >= TALL * side else 0)
    return mark.level > PALE * heaviest.level


def _sort_rows(marks: list[Mark], kept: list[int], side: float) -> list[list[int]]:
    """The places of the marks of each row, from the top; within a row from the left."""
    tall = [k for k in kept if marks[k].height >= TALL * side]
    if not tall:
        return []
    slope = _find_slope(np.array([_find_middle(marks[k]) for k in tall]), side)

    def place(k: int) -> float:
        x, y = _find_middle(marks[k])
        return y - slope * x

    rows = list[list[int]]()
    for k in sorted(tall, key=place):
        if rows and place(k) - float(np.mean([place(other) for other in rows[-1]])) <= BAND * side:
            rows[-1].append(k)
        else:
            rows.append([k])
    middles = np.array([np.mean([place(k) for k in row]) for row in rows])
    for k in set(kept) - set(tall):
        away = np.abs(middles - place(k))
        if away.min() <= REACH * side:
            rows[int(away.argmin())].append(k)
    return [sorted(row, key=lambda k: (marks[k].left, k)) for row in rows]


def _find_middle(mark: Mark) -> tuple[float, float]:
    return (mark.left + mark.right) / 2, (mark.top + mark.bottom) / 2


def _find_slope(middles: np.ndarray, side: float) -> float:
    """The rise per pixel at which the middles of marks, (N, 2) x and y, lie on the fewest lines."""
    best = (-1.0, 0.0)
    for slope in sorted(np.linspace(-STEEPEST, STEEPEST, 41), key=abs):  # of equal ones the most level
        heights = middles[:, 1] - slope * middles[:, 0]
        bins = np.bincount(((heights - heights.min()) / (0.25 * side)).astype(int)).astype(float)
        # neighbouring bins count together: a row may lie on the edge between two
        score = float((np.convolve(bins, [0.5, 1, 0.5]) ** 2).sum())
        best = max(best, (score, float(slope)), key=lambda pair: pair[0])
    return best[1]


def _part_numbers(marks: list[Mark], row: list[int], side: float) -> list[list[int]]:
    """A row's marks by number, parted where the gap is wide; what holds no digit is left out."""
    groups = list[list[int]]()
    reached = 0
    for k in row:
        if groups and marks[k].left - reached <= WIDE * side:
            groups[-1].append(k)
        else:
            groups.append([k])
        reached = max(reached, marks[k].right)
    return [group for group in groups if any(marks[k].height >= TALL * side for k in group)]


def _cut_strip(
    darkness: np.ndarray,
    labels: np.ndarray,
    marks: list[tuple[int, Mark]],
    grain: float,
    height: int,
    factor: int,
    row: int,
) -> Strip:
    """The ink of some marks alone, scaled so that the usual one is `height` pixels tall."""
    from PIL import Image

    box = join_marks([mark for _, mark in marks])
    area = (slice(box.top, box.bottom), slice(box.left, box.right))
    chosen = np.isin(labels[area], [name for name, _ in marks])
    dark = darkness[area]
    full = measure_ink(dark, chosen)
    floor = min(max(0.15, 3 * grain / full), 0.5)
    ink = np.clip((dark / full - floor) / (1 - floor), 0, 1) * dilate(chosen.astype(np.float32), 1)
    scale = height / measure_height([mark for _, mark in marks])
    size = tuple(max(1, round(side * scale)) for side in ink.shape[::-1])
    filter_ = Image.Resampling.BOX if scale < 0.5 else Image.Resampling.BILINEAR
    scaled = np.asarray(Image.fromarray(ink.astype(np.float32)).resize(size, filter_))
    return Strip(
        np.clip(scaled, 0, 1).astype(np.float32), box.top * factor, box.left * factor, scale / factor, row
    )
