"""Digits drawn from the strokes of many hands: crossed sevens, ones with a flag and a foot, closed fours.

The writers of MNIST are from the United States; hands.toml has what others write, too.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

import numpy as np

from lenet.images.geometry import center_by_mass, fit_box
from lenet.images.strokes import DETAIL, THICKEST, THINNEST
from lenet.randomness import Purpose, draw_uniform

PENS: Final = ("marker", "pencil", "mouse", "brush")
SQUARE = 20 * DETAIL  # pixels for the 100 units of the strokes
CANVAS = 3 * SQUARE  # room for slant and rotation
NUMBERS = 128  # random numbers of a digit, more than any hand needs
STEPS = 12  # places of a curve from one of its points to the next
LEAN = 0.15  # to the right for each unit up
GRAIN = 6  # pixels, of a pencil's paper


@dataclass(frozen=True)
class Hand:
    """One way to write a digit.

    Args:
        digit: what it is, 0 to 9.
        first: (N, 2) points x, y for each stroke, 0 to 100 from the top left.
        second: the same strokes, written as differently as this hand does; what is drawn lies between both.
        share: how often it is drawn, beside the other hands of its digit.
    """

    digit: int
    first: tuple[np.ndarray, ...]
    second: tuple[np.ndarray, ...]
    share: float


@dataclass(frozen=True)
class Jitter:
    """How much a hand varies; every amount is drawn uniformly between minus and plus its limit.

    Args:
        point: 0 to 100, of each coordinate of each point.
        slant: to the side for each unit up, around that of most hands, which lean to the right.
        rotation: degrees.
        width: of the digit, as a power of two: 0.5 for 0.7 to 1.4 times the width of its points.
    """

    point: float = 4.0
    slant: float = 0.35
    rotation: float = 10.0
    width: float = 0.6


@cache
def load_hands() -> dict[str, Hand]:
    """Every hand by its name, from hands.toml."""
    tables = tomllib.loads((files("lenet.images") / "hands.toml").read_text("utf-8"))
    return {
        name: Hand(table["digit"], _parse(table["first"]), _parse(table["second"]), table.get("share", 1.0))
        for name, table in tables.items()
    }


def _parse(strokes: str) -> tuple[np.ndarray, ...]:
    return tuple(
        np.array([[float(number) for number in point.split(",")] for point in stroke.split()])
        for stroke in strokes.split("/")
    )


def draw_digit(index: int, seed: int, jitter: Jitter = Jitter()) -> tuple[np.ndarray, int]:
    """Draw a digit in any of its hands, with any pen.

    Args:
        index: which one; the digits take turns.
        seed: 0 to 2^64 - 1.
        jitter: how much the hands vary.
    Returns:
        (28, 28) uint8 in MNIST's form, and the digit.
    """
    digit = index % 10
    numbers = iter(draw_uniform(seed, Purpose.HAND, 0, np.array([index]), NUMBERS)[0].tolist())
    own = [hand for hand in load_hands().values() if hand.digit == digit]
    shares = np.cumsum([hand.share for hand in own])
    hand = own[int(np.searchsorted(shares, next(numbers) * shares[-1]))]
    pen = PENS[int(next(numbers) * len(PENS))]
    return draw_hand(hand, pen, numbers, jitter), digit


def draw_hand(hand: Hand, pen: str, numbers: Iterator[float], jitter: Jitter = Jitter()) -> np.ndarray:
    """Draw a digit as one hand writes it.

    Args:
        hand: its strokes.
        pen: one of `PENS`.
        numbers: uniform random numbers between 0 and 1.
        jitter: how much the hand varies.
    Returns:
        (28, 28) uint8 in MNIST's form.
    """
    strokes = _place(_vary(hand, numbers, jitter), numbers, jitter)
    width = THINNEST + (THICKEST - THINNEST) * next(numbers)
    ink = _ink(strokes, pen, width * DETAIL, numbers)
    return center_by_mass(fit_box(255 * ink))


def follow(points: np.ndarray, steps: int = STEPS) -> np.ndarray:
    """A Catmull-Rom curve through all points.

    Args:
        points: (N, 2).
        steps: places from one point to the next.
    Returns:
        ((N - 1) steps, 2).
    """
    ends = np.concatenate([2 * points[:1] - points[1:2], points, 2 * points[-1:] - points[-2:-1]])
    before, start, end, after = (ends[i : len(ends) - 3 + i, None] for i in range(4))
    t = np.linspace(0, 1, steps)[:, None]
    curve = start + t / 2 * (
        end
        - before
        + t * (2 * before - 5 * start + 4 * end - after + t * (3 * (start - end) + after - before))
    )
    return curve.reshape(-1, 2)


def _spread(numbers: Iterator[float], limit: float) -> float:
    return limit * (2 * next(numbers) - 1)


def _vary(hand: Hand, numbers: Iterator[float], jitter: Jitter) -> list[np.ndarray]:
    """The points of each stroke, between both ways to write it; strokes that meet stay together."""
    strokes, between, moves = [], next(numbers), {}
    for first, second in zip(hand.first, hand.second, strict=True):
        points = first + between * (second - first)
        for index, corner in enumerate(map(tuple, first.tolist())):
            if corner not in moves:
                moves[corner] = [_spread(numbers, jitter.point), _spread(numbers, jitter.point)]
            points[index] += moves[corner]
        strokes.append(points)
    return strokes


def _place(strokes: list[np.ndarray], numbers: Iterator[float], jitter: Jitter) -> list[np.ndarray]:
    """Narrow, slant and turn the strokes: from 0 to 100 to pixels of the canvas."""
    width = 2 ** _spread(numbers, jitter.width)
    slant, angle = LEAN + _spread(numbers, jitter.slant), math.radians(_spread(numbers, jitter.rotation))
    cosine, sine = math.cos(angle), math.sin(angle)
    matrix = np.array([[cosine, -sine], [sine, cosine]]) @ np.array([[width, -slant], [0, 1]])
    return [(points - 50) @ matrix.T * (SQUARE / 100) + CANVAS / 2 for points in strokes]


def _ink(strokes: list[np.ndarray], pen: str, width: float, numbers: Iterator[float]) -> np.ndarray:
    """What a pen leaves, cut to its box: (H, W) float32, 0 to 1.

    Args:
        strokes: (N, 2) points for each, in pixels.
        pen: "marker": round, of one width; "pencil": with holes in its edge; "mouse": straight from point to
            point, with corners; or "brush": wide where it is pressed.
        width: of the pen, in pixels.
        numbers: uniform random numbers.
    """
    from PIL import Image, ImageDraw

    canvas = Image.new("L", (CANVAS, CANVAS))
    draw = ImageDraw.Draw(canvas)
    for points in strokes:
        path = follow(points)
        phase, pressure = 2 * math.pi * next(numbers), 0.45 if pen == "brush" else 0.0
        along = np.linspace(phase, phase + 4, len(path))
        radii = (width / 2 * (1 + pressure * np.sin(along))).tolist()
        if pen == "mouse":
            path, radii = path[:: STEPS // 2], radii[:: STEPS // 2]
        draw.line([tuple(point) for point in path.tolist()], 255, max(1, round(1.6 * min(radii))))
        for (x, y), radius in zip(path.tolist(), radii, strict=True):
            draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
    ink = np.asarray(canvas.crop(canvas.getbbox()), np.float32) / 255
    return _roughen(ink, numbers) if pen == "pencil" else ink


def _roughen(ink: np.ndarray, numbers: Iterator[float]) -> np.ndarray:
    """Ink on paper with grain: three waves that leave pale places."""
    y, x = np.ogrid[: ink.shape[0], : ink.shape[1]]
    grain = np.zeros_like(ink)
    for _ in range(3):
        angle, phase = 2 * math.pi * next(numbers), 2 * math.pi * next(numbers)
        grain += np.sin((math.cos(angle) * x + math.sin(angle) * y) / GRAIN + phase)
    paleness = 0.5 * next(numbers)
    return ink * np.clip(1 - paleness * (grain > 1), 0.3, 1)
