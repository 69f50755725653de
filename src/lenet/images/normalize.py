"""One digit anywhere in a picture, brought into MNIST's form step by step, so that each can be looked at."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import NamedTuple

import numpy as np

from lenet.architecture import STORED
from lenet.errors import PictureError, ShapeError
from lenet.images.filters import dilate, measure_distance, shrink
from lenet.images.geometry import center_by_mass, crop, fit_box, is_normal
from lenet.images.marks import (
    Mark,
    choose_marks,
    count_others,
    find_marks,
    join_marks,
    measure_grain,
    measure_ink,
)
from lenet.images.paper import cut_sheet, flatten_light, measure_frame, measure_polarity, smooth_dither
from lenet.images.rules import remove_rules
from lenet.images.strokes import set_width

_native = import_module("lenet._native") if find_spec("lenet._native") else None

OVERVIEW, CLOSEUP = 320, 200  # pixels, the longer side of what the digit is looked for in, and read from
CLEAR = 2.0  # of `measure_polarity`: below, what the outermost pixels show decides
MIXED = 0.25  # of the outermost pixels: fewer of the other kind, light or dark, tell which is paper
KEPT = 0.8  # of a mark's ink: as much is still there in a closer look if the mark is no shadow
MARGIN = 0.4  # of the digit's longer side: paper around it in the close-up


@dataclass(frozen=True)
class Find:
    """What was found in a picture.

    Args:
        digit: (28, 28) uint8, the mark that is read, in MNIST's form; zeros where there is none.
        others: how many marks beside it could have been read just as well.
    """

    digit: np.ndarray
    others: int


class Page(NamedTuple):
    """What a picture may show.

    Args:
        picture: (H, W) uint8, dark ink on light paper.
        ruled: whether it may have ruled lines.
    """

    picture: np.ndarray
    ruled: bool


def list_pages(picture: np.ndarray) -> list[Page]:
    """What a picture may show: dark ink on light paper, light on dark, or a sheet of paper on a dark table.

    Args:
        picture: (H, W) uint8 luminance.
    Returns:
        One page or two, the likeliest first. Where a digit fills its picture, there is as much ink as paper,
        but the outermost pixels are paper; or they are a table.
    """
    picture = smooth_dither(picture)
    polarity, frame = measure_polarity(picture), measure_frame(picture)
    if abs(polarity) >= CLEAR or MIXED < frame < 1 - MIXED:
        return [Page(picture if polarity < 0 else ~picture, ruled=True)]
    # a digit that fills its picture to the edges: what runs from edge to edge is rather a stroke of it
    page = Page(picture if frame > 0.5 else ~picture, ruled=False)
    sheet = cut_sheet(picture) if frame < 0.5 else None
    return [page] if sheet is None else [page, Page(sheet, ruled=True)]


def find_digits(picture: np.ndarray) -> list[Find]:
    """The digit of a picture, read in every way that is open; a network tells which is right.

    The kernels do it where they are installed; `define_digits` says what they compute.

    Args:
        picture: (H, W) uint8 luminance.
    Returns:
        At least one find, the likeliest first; on a blank page it is blank.
    Raises:
        ShapeError: not a (H, W) uint8 array.
    """
    _check(picture)
    if _native is None:
        return define_digits(picture)
    return [Find(digit, others) for digit, others in _native.find_digits(np.ascontiguousarray(picture))]


def define_digits(picture: np.ndarray) -> list[Find]:
    """What `find_digits` returns, in NumPy; the arguments, too, are the same."""
    finds = []
    for way in range(count_ways(picture)):
        find = find_digit(picture, way)
        if find.digit.any():
            finds.append(find)
    return finds or [find_digit(picture)]


def count_ways(picture: np.ndarray) -> int:
    """In how many ways a picture can be read.

    Args:
        picture: (H, W) uint8 luminance.
    Raises:
        ShapeError: not a (H, W) uint8 array.
    """
    _check(picture)
    return 1 if is_normal(picture) or is_normal(~picture) else len(list_pages(picture))


def find_digit(picture: np.ndarray, way: int = 0) -> Find:
    """Look for the one digit of a picture, whatever is in it.

    Args:
        picture: (H, W) uint8 luminance.
        way: the place in `list_pages` of what the picture is taken for.
    Returns:
        The find; on a blank page it is blank.
    Raises:
        ShapeError: not a (H, W) uint8 array.
    """
    looks = steps(picture, way)
    while True:
        try:
            _, digit = next(looks)
        except StopIteration as end:
            return Find(digit, end.value)
        except PictureError:
            return Find(np.zeros((STORED, STORED), np.uint8), 0)


def normalize_digit(picture: np.ndarray) -> np.ndarray:
    """Bring the one digit of a picture into MNIST's form, in the likeliest way in which it is not blank.

    Args:
        picture: (H, W) uint8 luminance, dark ink on light paper or the other way round.
    Returns:
        (28, 28) uint8, ink up to 255 on 0. A picture that has this form already comes back as it is.
    Raises:
        PictureError: no mark stands out from the paper.
        ShapeError: not a (H, W) uint8 array.
    Source:
        LeCun et al. 1998, section III.A: size-normalized into 20x20 with the aspect kept and anti-aliased,
        then placed in 28x28 by the centre of mass.
    """
    digit = find_digits(picture)[0].digit
    if not digit.any():
        raise PictureError("picture.no_mark")
    return digit


def steps(picture: np.ndarray, way: int = 0) -> Generator[tuple[str, np.ndarray], None, int]:
    """The way from a picture to MNIST's form, one look after the other.

    Args:
        picture: (H, W) uint8 luminance.
        way: the place in `list_pages` of what the picture is taken for.
    Returns:
        Pairs of a step's name (its sentence is `step.NAME` in the texts) and a (h, w) uint8 picture of it;
        the last is the (28, 28) digit. Dark ink on light paper up to "rules", then light ink on black.
        The generator's own value is the number of other marks that could have been read as well.
    Raises:
        PictureError, ShapeError: see `normalize_digit`.
    """
    _check(picture)
    yield "picture", picture
    for ink in (picture, ~picture):
        if is_normal(ink):
            yield "digit", ink.copy()
            return 0
    page, ruled = list_pages(picture)[way]
    yield "polarity", page
    closeup, box, others = cut_closeup(page, ruled)
    yield "closeup", _show(closeup / 255)
    darkness = flatten_light(closeup, find_reach(closeup, box, not ruled), not ruled)
    yield "light", _show(1 - darkness)
    darkness = remove_rules(darkness) if ruled else darkness
    yield "rules", _show(1 - darkness)
    ink = isolate_digit(darkness, box)
    yield "ink", _show(ink)
    ink = set_width(crop(ink))
    yield "width", _show(ink)
    yield "digit", center_by_mass(fit_box(255 * crop(ink)))
    return others


def retrace(picture: np.ndarray, digit: np.ndarray) -> list[tuple[str, np.ndarray]]:
    """The steps that lead from a picture to the digit that was read, whichever way that was.

    Args:
        picture: (H, W) uint8 luminance.
        digit: (28, 28) uint8, from `find_digits`.
    Returns:
        Pairs of a step's name and a picture of it, as from `steps`.
    Raises:
        PictureError: no way leads to this digit, as on a blank page.
    """
    for way in range(count_ways(picture)):
        try:
            looks = list(steps(picture, way))
        except PictureError:
            continue
        # the kernels may round a pixel the other way
        if np.abs(looks[-1][1].astype(int) - digit).max() <= 1:
            return looks
    raise PictureError("picture.no_mark")


def _check(picture: np.ndarray) -> None:
    if picture.ndim != 2 or picture.dtype != np.uint8 or not picture.size:
        raise ShapeError("picture.shape", shape=picture.shape, dtype=picture.dtype)


def cut_closeup(page: np.ndarray, ruled: bool) -> tuple[np.ndarray, Mark, int]:
    """Find the digit on a page and cut it out with some paper around it.

    Args:
        page: (H, W) uint8, dark ink on light paper.
        ruled: whether it may have ruled lines.
    Returns:
        (h, w) float32 luminance, its longer side at most 200 pixels; the digit's box in it; and the number of
        other marks.
    """
    small, factor = shrink(page, OVERVIEW)
    mark, others = locate_digit(small, ruled)
    margin = round(MARGIN * mark.side) + 2
    low = [max(0, side - margin) * factor for side in (mark.top, mark.left)]
    high = [(side + margin) * factor for side in (mark.bottom, mark.right)]
    rows, columns = (slice(start, stop) for start, stop in zip(low, high, strict=True))
    closeup, finer = shrink(page[rows, columns], CLOSEUP)
    top, left, bottom, right = (
        (side * factor - start) // finer
        for side, start in zip((mark.top, mark.left, mark.bottom, mark.right), low * 2, strict=True)
    )
    return closeup, Mark(top, left, bottom, right, mark.mass, mark.level), others


def locate_digit(overview: np.ndarray, ruled: bool) -> tuple[Mark, int]:
    """Find the box of the digit on a page.

    What reaches the page's edge is rather a shadow or the table: then a closer look, at narrower things only,
    may find a digit that does not. Where the closer look still sees what reaches the edge, it is a stroke.

    Args:
        overview: (H, W) float32 luminance, dark ink on light paper.
        ruled: whether it may have ruled lines.
    Returns:
        All of its strokes as one mark; and how many other marks could have been read as well.
    Raises:
        PictureError: nothing stands out from the grain.
    """
    first: tuple[Mark, int] | None = None
    ink = np.zeros(overview.shape, np.float32)
    for part in (1, 3, 8) if ruled else (1,):
        darkness = flatten_light(overview, max(3, _reach_far(overview) // part), not ruled)
        darkness = remove_rules(darkness) if ruled else darkness
        labels, marks = find_marks(darkness)
        if not marks:
            continue
        if first and ink[labels > 0].sum() > KEPT * ink.sum():
            return first
        chosen = choose_marks(marks, darkness.shape)
        mark = join_marks([marks[k - 1] for k in chosen])
        others = count_others(marks, chosen, darkness.shape)
        if not mark.touches(darkness.shape):
            return mark, others
        if not first:
            first, ink = (mark, others), np.where(np.isin(labels, chosen), darkness, 0)
    if not first:
        raise PictureError("picture.no_mark")
    return first


def find_reach(closeup: np.ndarray, box: Mark, tight: bool) -> int:
    """How far a stroke reaches in a close-up: what is wider than it by far is shadow.

    Args:
        closeup: (H, W) float32 luminance, dark ink on light paper.
        box: where the digit was found in the overview.
        tight: whether it fills the picture.
    Returns:
        Pixels, about the width of the widest stroke.
    """
    darkness, factor = shrink(flatten_light(closeup, _reach_far(closeup), tight), CLOSEUP // 2)
    labels, marks = find_marks(darkness)
    if not marks:
        return _reach_far(closeup)
    depth = measure_distance(np.isin(labels, choose_marks(marks, darkness.shape, box.shrink(factor)))).max()
    return min(round(2 * factor * float(depth)) + 3, _reach_far(closeup))


def _reach_far(picture: np.ndarray) -> int:
    return max(3, max(picture.shape) // 4)


def isolate_digit(darkness: np.ndarray, box: Mark) -> np.ndarray:
    """Keep the ink of the one digit and nothing of the paper.

    Args:
        darkness: (H, W) float32, about 0 on paper.
        box: where the digit was found in the overview.
    Returns:
        (H, W) float32, 0 to 1.
    Raises:
        PictureError: nothing stands out from the grain.
    """
    labels, marks = find_marks(darkness)
    if not marks:
        raise PictureError("picture.no_mark")
    chosen = np.isin(labels, choose_marks(marks, darkness.shape, box))
    full, grain = measure_ink(darkness, chosen), measure_grain(darkness)
    floor = min(max(0.15, 3 * grain / full), 0.5)
    ink = np.clip((darkness / full - floor) / (1 - floor), 0, 1)
    ink = (ink * dilate(chosen.astype(np.float32), 1 + max(darkness.shape) // 80)).astype(np.float32)
    if not ink.any():
        raise PictureError("picture.no_mark")
    return ink


def _show(values: np.ndarray) -> np.ndarray:
    shown: np.ndarray = np.rint(np.clip(values, 0, 1) * 255).astype(np.uint8)
    return shown
