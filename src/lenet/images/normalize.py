"""One digit anywhere in a picture, brought into MNIST's form step by step, so that each can be looked at."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

import numpy as np

from lenet.architecture import STORED
from lenet.errors import PictureError, ShapeError
from lenet.images.filters import dilate, measure_distance, shrink
from lenet.images.geometry import center_by_mass, crop, fit_box, is_normal
from lenet.images.marks import Mark, choose_mark, count_others, find_marks, join_marks, measure_ink
from lenet.images.paper import find_polarity, flatten_light
from lenet.images.rules import remove_rules
from lenet.images.strokes import set_width

OVERVIEW, CLOSEUP = 320, 200  # pixels, the longer side of what the digit is looked for in, and read from
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


def find_digit(picture: np.ndarray) -> Find:
    """Look for the one digit of a picture, whatever is in it.

    Args:
        picture: (H, W) uint8 luminance.
    Returns:
        The find; on a blank page it is blank.
    Raises:
        ShapeError: not a (H, W) uint8 array.
    """
    looks = steps(picture)
    while True:
        try:
            _, digit = next(looks)
        except StopIteration as end:
            return Find(digit, end.value)
        except PictureError:
            return Find(np.zeros((STORED, STORED), np.uint8), 0)


def normalize_digit(picture: np.ndarray) -> np.ndarray:
    """Bring the one digit of a picture into MNIST's form.

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
    *_, (_, digit) = steps(picture)
    return digit


def steps(picture: np.ndarray) -> Generator[tuple[str, np.ndarray], None, int]:
    """The way from a picture to MNIST's form, one look after the other.

    Args:
        picture: (H, W) uint8 luminance.
    Returns:
        Pairs of a step's name (its sentence is `step.NAME` in the texts) and a (h, w) uint8 picture of it;
        the last is the (28, 28) digit. Dark ink on light paper up to "rules", then light ink on black.
        The generator's own value is the number of other marks that could have been read as well.
    Raises:
        PictureError, ShapeError: see `normalize_digit`.
    """
    if picture.ndim != 2 or picture.dtype != np.uint8 or not picture.size:
        raise ShapeError("picture.shape", shape=picture.shape, dtype=picture.dtype)
    yield "picture", picture
    for ink in (picture, ~picture):
        if is_normal(ink):
            yield "digit", ink.copy()
            return 0
    page = picture if find_polarity(picture) else ~picture
    yield "polarity", page
    closeup, others = cut_closeup(page)
    yield "closeup", _show(closeup / 255)
    darkness = flatten_light(closeup, find_reach(closeup))
    yield "light", _show(1 - darkness)
    darkness = remove_rules(darkness)
    yield "rules", _show(1 - darkness)
    ink = isolate_digit(darkness)
    yield "ink", _show(ink)
    ink = set_width(crop(ink))
    yield "width", _show(ink)
    yield "digit", center_by_mass(fit_box(255 * crop(ink)))
    return others


def cut_closeup(page: np.ndarray) -> tuple[np.ndarray, int]:
    """Find the digit on a page and cut it out with some paper around it.

    Args:
        page: (H, W) uint8, dark ink on light paper.
    Returns:
        (h, w) float32 luminance, its longer side at most 200 pixels; and the number of other marks.
    """
    small, factor = shrink(page, OVERVIEW)
    mark, others = locate_digit(small)
    margin = round(MARGIN * mark.side) + 2
    low = (max(0, side - margin) * factor for side in (mark.top, mark.left))
    high = ((side + margin) * factor for side in (mark.bottom, mark.right))
    rows, columns = (slice(start, stop) for start, stop in zip(low, high, strict=True))
    return shrink(page[rows, columns], CLOSEUP)[0], others


def locate_digit(overview: np.ndarray) -> tuple[Mark, int]:
    """Find the box of the digit on a page.

    What reaches the page's edge is rather a shadow or the table: then a closer look, at narrower things only,
    may find a digit that does not.

    Args:
        overview: (H, W) float32 luminance, dark ink on light paper.
    Returns:
        All of its strokes as one mark; and how many other marks could have been read as well.
    Raises:
        PictureError: nothing stands out from the grain.
    """
    found = []
    for part in (1, 3, 8):
        darkness = remove_rules(flatten_light(overview, max(3, _reach_far(overview) // part)))
        try:
            _, marks = find_marks(darkness, *measure_ink(darkness))
        except PictureError:
            continue
        chosen = choose_mark(marks, darkness.shape)
        mark = join_marks([marks[k - 1] for k in chosen])
        found.append((mark, count_others(marks, chosen, darkness.shape)))
        if not mark.touches(darkness.shape):
            return found[-1]
    if not found:
        raise PictureError("picture.no_mark")
    return found[0]


def find_reach(closeup: np.ndarray) -> int:
    """How far a stroke reaches in a close-up: what is wider than it by far is shadow.

    Args:
        closeup: (H, W) float32 luminance, dark ink on light paper.
    Returns:
        Pixels, about the width of the widest stroke.
    """
    darkness, factor = shrink(flatten_light(closeup, _reach_far(closeup)), CLOSEUP // 2)
    depth = measure_distance(darkness > 0.5 * measure_ink(darkness)[0]).max()
    return min(round(2 * factor * float(depth)) + 3, _reach_far(closeup))


def _reach_far(picture: np.ndarray) -> int:
    return max(3, max(picture.shape) // 4)


def isolate_digit(darkness: np.ndarray) -> np.ndarray:
    """Keep the ink of the one digit and nothing of the paper.

    Args:
        darkness: (H, W) float32, about 0 on paper.
    Returns:
        (H, W) float32, 0 to 1.
    Raises:
        PictureError: nothing stands out from the grain.
    """
    full, grain = measure_ink(darkness)
    labels, marks = find_marks(darkness, full, grain)
    chosen = np.isin(labels, choose_mark(marks, darkness.shape)).astype(np.float32)
    floor = min(max(0.15, 3 * grain / full), 0.5)
    ink = np.clip((darkness / full - floor) / (1 - floor), 0, 1)
    ink = (ink * dilate(chosen, 1 + max(darkness.shape) // 80)).astype(np.float32)
    if not ink.any():
        raise PictureError("picture.no_mark")
    return ink


def _show(values: np.ndarray) -> np.ndarray:
    shown: np.ndarray = np.rint(np.clip(values, 0, 1) * 255).astype(np.uint8)
    return shown
