"""Axes of a chart: from numbers to places on the paper; ticks, titles, and words at the ends of curves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from lenet.drawing.drawing import Drawing, Line, Words
from lenet.drawing.polyline import Polyline

SIZE, TITLE_SIZE = 14.0, 15.0
FIRST = 0.78  # decades that the numbers from 0 to 1 are given
MIDDLE = 0.35  # of a word's size: from its middle down to its baseline

Bend = Callable[[np.ndarray], np.ndarray]


def bend_nothing(values: np.ndarray) -> np.ndarray:
    """A linear axis."""
    return values


def bend_near_zero(values: np.ndarray) -> np.ndarray:
    """Logarithmic from 1 on, linear below, so that 0 has a place: numbers of at least 0."""
    return np.where(values < 1, values, 1 + np.log10(np.maximum(values, 1)) / FIRST)


@dataclass(frozen=True)
class Axis:
    """Where numbers lie.

    Args:
        low, high: the numbers at its ends; what lies beyond is drawn at the end.
        first, last: the places of the ends on the paper.
        bend: what is done to the numbers first; growing.
    """

    low: float
    high: float
    first: float
    last: float
    bend: Bend = bend_nothing

    def place(self, values: np.ndarray | Sequence[float] | float) -> np.ndarray:
        """The places of numbers, of the same shape."""
        low, high, bent = (
            self.bend(np.asarray(each, float))
            for each in (self.low, self.high, np.clip(values, self.low, self.high))
        )
        return self.first + (bent - low) / (high - low) * (self.last - self.first)


@dataclass(frozen=True)
class Axes:
    """A pair of axes on a drawing, the numbers of `y` growing upwards."""

    drawing: Drawing
    x: Axis
    y: Axis

    def draw_frame(
        self, title: str, ticks: Sequence[float], label: str | None = None, numbers: Sequence[float] = ()
    ) -> None:
        """The title, a line across for each tick of `y`, the axis below and what is written under it."""
        left, right, bottom = self.x.first, self.x.last, self.y.first
        self.drawing.add(Words(left, self.y.last - 12, title, TITLE_SIZE, anchor="start", bold=True))
        for tick, at in zip(ticks, self.y.place(ticks).tolist(), strict=True):
            grid = np.array([(left, at), (right, at)])
            self.drawing.add(Polyline(grid, "line", 1.1, strength=0.4))
            self.drawing.add(Words(left - 5, at + MIDDLE * SIZE, f"{tick:g}", SIZE, "soft", "end"))
        self.drawing.add(Line((left, bottom), (right, bottom), "line", 1.1))
        for tick, at in zip(numbers, self.x.place(numbers).tolist(), strict=True):
            self.drawing.add(Words(at, bottom + 16, f"{tick:g}", SIZE, "soft"))
        if label is not None:
            self.drawing.add(Words((left + right) / 2, bottom + 35, label, SIZE, "soft"))

    def draw_curve(
        self,
        x: np.ndarray | Sequence[float],
        y: np.ndarray | Sequence[float],
        stroke: str,
        thickness: float = 2.5,
        dashed: bool = False,
        strength: float = 1.0,
    ) -> None:
        """A curve through (n,) points."""
        points = np.stack([self.x.place(x), self.y.place(y)], axis=1)
        self.drawing.add(Polyline(points, stroke, thickness, dashed, strength))

    def write_end(self, at: float, words: str, fill: str) -> None:
        """Words beside the right end, `at` a place of the paper."""
        self.drawing.add(Words(self.x.last + 11, at + MIDDLE * SIZE, words, SIZE, fill, "start"))


def choose_steps(high: float, most: int = 9, least: float = 0.0) -> list[float]:
    """Round numbers from 0 to a limit, evenly spaced by 1, 2 or 5 times a power of ten.

    Args:
        high: the limit, above 0.
        most: how many at most, 2 or more.
        least: how far apart at least: 1 for whole numbers.
    """
    power = int(np.floor(np.log10(high / most)))
    steps = [digit * 10.0**exponent for exponent in (power, power + 1) for digit in (1, 2, 5)]
    step = max(next(step for step in steps if high / step < most - 1e-9), least)
    # of 1.0 and 0.2, which are not quite 5 times each other, the last step is the limit itself
    return [round(step * number, 12) for number in range(int(high / step + 1e-9) + 1)]


def choose_powers(low: float, high: float) -> list[float]:
    """1, 2, 5, 10, ... between two limits above 0; powers of ten alone where that would be too many."""
    powers = range(int(np.floor(np.log10(low))), int(np.ceil(np.log10(high))) + 1)
    ticks = [digit * 10.0**power for power in powers for digit in (1, 2, 5)]
    within = [tick for tick in ticks if low <= tick <= high]
    return within if len(within) <= 6 else [10.0**power for power in powers if low <= 10.0**power <= high]
