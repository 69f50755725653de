"""Training images damaged as pictures are on their way: smeared, crossed out, speckled, faded, shifted."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Final, TypeAlias

import numpy as np

from lenet.architecture import STORED
from lenet.randomness import Purpose, draw_uniform

Numbers: TypeAlias = Iterator[float]  # uniform, between 0 and 1

NUMBERS: Final = 16  # of a digit, beside those of its speckles
CHUNK: Final = 1000  # images whose random numbers are held at once
MIDDLE: Final = (STORED - 1) / 2


def damage_digit(image: np.ndarray, numbers: Numbers, speckles: np.ndarray) -> np.ndarray:
    """Damage a digit in one of the ways of `DAMAGES`.

    Args:
        image: (28, 28) uint8, ink up to 255 on 0.
        numbers: random, at least `NUMBERS` of them.
        speckles: (28, 28) uniform random numbers between 0 and 1.
    Returns:
        (28, 28) uint8.
    """
    damage = list(DAMAGES.values())[int(next(numbers) * len(DAMAGES))]
    damaged = damage(image.astype(np.float64) / 255, numbers, speckles)
    grey: np.ndarray = np.rint(255 * np.clip(damaged, 0, 1)).astype(np.uint8)
    return grey


def damage_digits(images: np.ndarray, seed: int, first: int = 0) -> np.ndarray:
    """Damage every image in a way of its own.

    Args:
        images: (N, 28, 28) uint8.
        seed: 0 to 2^64 - 1.
        first: the number of the first image; the damage depends on it.
    Returns:
        (N, 28, 28) uint8.
    """
    damaged = np.empty_like(images)
    for start in range(0, len(images), CHUNK):
        samples = np.arange(start, min(start + CHUNK, len(images)))
        draws = draw_uniform(seed, Purpose.DAMAGE, 0, first + samples, NUMBERS + STORED**2)
        for index, own in zip(samples.tolist(), draws, strict=True):
            speckles = own[NUMBERS:].reshape(STORED, STORED)
            damaged[index] = damage_digit(images[index], iter(own[:NUMBERS].tolist()), speckles)
    return damaged


def _measure(angle: float) -> np.ndarray:
    """How far each pixel lies from the line through the middle at an angle, with its sign: (28, 28)."""
    y, x = np.mgrid[:STORED, :STORED] - MIDDLE
    distance: np.ndarray = math.cos(angle) * y - math.sin(angle) * x
    return distance


def _smear(ink: np.ndarray, numbers: Numbers, _: np.ndarray) -> np.ndarray:
    """The mean along a line of 3 to 9 pixels: the camera moved."""
    angle, length = math.pi * next(numbers), 3 + 6 * next(numbers)
    steps = np.linspace(-length / 2, length / 2, 9)
    padded = np.pad(ink, 6)
    moved = [_shift(padded, step * math.sin(angle), step * math.cos(angle)) for step in steps]
    mean: np.ndarray = np.mean(moved, axis=0)
    return mean * (1 + next(numbers))


def _shift(padded: np.ndarray, down: float, right: float) -> np.ndarray:
    """Move an image with a margin of 6 pixels by up to 5, bilinearly, and cut the margin off."""
    top, left = math.floor(down), math.floor(right)
    below, after = down - top, right - left
    rows, columns = (slice(6 - offset, 6 - offset + STORED) for offset in (top, left))
    rows_before, columns_before = (slice(5 - offset, 5 - offset + STORED) for offset in (top, left))
    upper = (1 - after) * padded[rows, columns] + after * padded[rows, columns_before]
    lower = (1 - after) * padded[rows_before, columns] + after * padded[rows_before, columns_before]
    mixed: np.ndarray = (1 - below) * upper + below * lower
    return mixed


def _misplace(ink: np.ndarray, numbers: Numbers, _: np.ndarray) -> np.ndarray:
    """Not centred, and smaller: 45 to 100% of its size, up to 6 pixels beside the middle."""
    size = 0.45 + 0.55 * next(numbers)
    right, down = (min(6.0, 4 + 10 * (1 - size)) * (2 * next(numbers) - 1) for _axis in (0, 1))
    y, x = (np.arange(STORED) - MIDDLE - move for move in (down, right))
    rows, columns = (np.clip(place / size + MIDDLE, -1, STORED) + 1 for place in (y, x))
    padded = np.pad(ink, ((1, 2), (1, 2)))
    top, left = rows.astype(int)[:, None], columns.astype(int)
    below, after = rows[:, None] - top, columns - left
    upper = (1 - after) * padded[top, left] + after * padded[top, left + 1]
    lower = (1 - after) * padded[top + 1, left] + after * padded[top + 1, left + 1]
    mixed: np.ndarray = (1 - below) * upper + below * lower
    return mixed


def _blur(ink: np.ndarray, numbers: Numbers, _: np.ndarray) -> np.ndarray:
    """Out of focus: one to five times the mean of each pixel and its neighbours, 1 2 1."""
    for _round in range(1 + int(5 * next(numbers))):
        for axis in (0, 1):
            ends = np.pad(ink, [(1, 1) if axis == own else (0, 0) for own in (0, 1)])
            first, last = (np.delete(ends, places, axis) for places in ([0, 1], [-1, -2]))
            ink = (first + 2 * ink + last) / 4
    return ink * (1 + next(numbers))


def _cross_out(ink: np.ndarray, numbers: Numbers, _: np.ndarray) -> np.ndarray:
    """One to three thin lines across, whole or dotted, straight or bent at the middle."""
    crossed = ink.copy()
    for _line in range(1 + int(3 * next(numbers))):
        offset, angle, bend = 16 * next(numbers) - 8, math.pi * next(numbers), next(numbers) - 0.5
        along = _measure(angle + math.pi / 2)
        away = np.abs(_measure(angle) - offset + bend * np.abs(along))
        drawn = np.clip(1.1 - away, 0, 1)
        dotted = next(numbers) < 0.4
        crossed = np.maximum(crossed, drawn * (along % 4 < 2) if dotted else drawn)
    return crossed


def _invert(ink: np.ndarray, numbers: Numbers, _: np.ndarray) -> np.ndarray:
    """A band of 3 to 10 pixels in its negative."""
    angle, offset, half = math.pi * next(numbers), 14 * next(numbers) - 7, 1.5 + 3.5 * next(numbers)
    # half of the bands are upright or level
    angle = round(angle / (math.pi / 2)) * math.pi / 2 if next(numbers) < 0.5 else angle
    inside = np.abs(_measure(angle) - offset) <= half
    return np.where(inside, 1 - ink, ink)


def _speckle(ink: np.ndarray, numbers: Numbers, speckles: np.ndarray) -> np.ndarray:
    """Single pixels without ink, and others, or blots of 2x2, with it."""
    share = 0.03 + 0.12 * next(numbers)
    spots = speckles < share
    if next(numbers) < 0.5:
        spots[1:, 1:] |= speckles[:-1, :-1] < share / 2
        spots[1:] |= speckles[:-1] < share / 2
    return np.where(spots, 0.4 + 0.6 * next(numbers), np.where(speckles > 1 - share / 2, 0, ink))


def _roughen(ink: np.ndarray, numbers: Numbers, speckles: np.ndarray) -> np.ndarray:
    """Grain in every pixel."""
    return ink + (speckles - 0.5) * (0.3 + 0.9 * next(numbers))


def _fade(ink: np.ndarray, numbers: Numbers, _: np.ndarray) -> np.ndarray:
    """Pale ink on grey paper, darker to one side."""
    haze, slope = 0.6 * next(numbers), _measure(2 * math.pi * next(numbers)) / STORED * next(numbers)
    return haze * (1 + slope) + ink * (1 - haze) * (0.5 + 0.5 * next(numbers))


def _outline(ink: np.ndarray, _: Numbers, __: np.ndarray) -> np.ndarray:
    """Only the edges of the strokes, as a copier's filter leaves them."""
    mask = np.pad(ink > 0.5, 1)
    inside = mask[1:-1, 1:-1] & mask[:-2, 1:-1] & mask[2:, 1:-1] & mask[1:-1, :-2] & mask[1:-1, 2:]
    return (mask[1:-1, 1:-1] & ~inside).astype(np.float64)


DAMAGES: Final[dict[str, Callable[[np.ndarray, Numbers, np.ndarray], np.ndarray]]] = {
    "smear": _smear,
    "misplace": _misplace,
    "blur": _blur,
    "cross out": _cross_out,
    "invert": _invert,
    "speckle": _speckle,
    "roughen": _roughen,
    "fade": _fade,
    "outline": _outline,
}
