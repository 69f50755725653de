"""Axes of a chart: from numbers to places on the paper; curves, marks, spans, bars, titles and a legend."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from lenet.drawing.drawing import Box, Drawing, Line, Words
from lenet.drawing.fonts import estimate_width
from lenet.drawing.polyline import SOLID, Dashes, Dot, Polyline

SIZE, TITLE_SIZE = 14.0, 15.0
FIRST = 0.78  # decades that the numbers from 0 to 1 are given
MIDDLE = 0.35  # of a word's size: from its middle down to its baseline
SAMPLE, SPACE = 30.0, 26.0  # of a legend: the length of a sample, and from its words to the next sample
BAR = 14.0

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
class Style:
    """How a curve, its points or a span look.

    Args:
        colour: a name of the palette.
        thickness: of the line; 0 for none.
        dashes: of the line.
        strength: 0 to 1, how much of the paper the line or the patch covers.
        mark: at each point: "dot", "bar", "cross", "square" (hollow), "patch" (of a span) or "" for none.
        reach: from the middle of a mark to its edge.
    """

    colour: str = "ink"
    thickness: float = 2.5
    dashes: Dashes = SOLID
    strength: float = 1.0
    mark: str = ""
    reach: float = 3.1


SPAN = Style("line", 0, strength=0.2, mark="patch", reach=7)


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
        if title:
            self.drawing.add(Words(left, self.y.last - 12, title, TITLE_SIZE, anchor="start", bold=True))
        for tick, at in zip(ticks, self.y.place(ticks).tolist(), strict=True):
            grid = np.array([(left, at), (right, at)])
            self.drawing.add(Polyline(grid, "line", 1.1, strength=0.4))
            self.drawing.add(Words(left - 5, at + MIDDLE * SIZE, _write_number(tick), SIZE, "soft", "end"))
        self.drawing.add(Line((left, bottom), (right, bottom), "line", 1.1))
        for tick, at in zip(numbers, self.x.place(numbers).tolist(), strict=True):
            self.drawing.add(Words(at, bottom + 16, _write_number(tick), SIZE, "soft"))
        if label is not None:
            self.drawing.add(Words((left + right) / 2, bottom + 35, label, SIZE, "soft"))

    def draw_curve(
        self,
        x: np.ndarray | Sequence[float],
        y: np.ndarray | Sequence[float],
        style: Style,
    ) -> None:
        """A curve through (n,) points, and their marks."""
        points = np.stack([self.x.place(x), self.y.place(y)], axis=1)
        if style.thickness and len(points):
            line = Polyline(points, style.colour, style.thickness, style.dashes, style.strength)
            self.drawing.add(line)
        for across, down in points.tolist() if style.mark else []:
            _draw_mark(self.drawing, across, down, style)

    def draw_span(self, low: float, high: float) -> None:
        """Shade what lies between two numbers of `x`; to be drawn before the frame."""
        left, right = self.x.place([low, high]).tolist()
        area = (left, self.y.last, right - left, self.y.first - self.y.last)
        self.drawing.add(Box(*area, SPAN.colour, strength=SPAN.strength))

    def draw_end(self, at: float, words: str, fill: str) -> None:
        """Words beside the right end, `at` a place of the paper."""
        self.drawing.add(Words(self.x.last + 11, at + MIDDLE * SIZE, words, SIZE, fill, "start"))


def _write_number(number: float) -> str:
    return f"{number:,g}".replace("e-0", "e-")


def _draw_mark(drawing: Drawing, x: float, y: float, style: Style) -> None:
    reach, colour, thin = style.reach, style.colour, 1.6
    if style.mark == "dot":
        drawing.add(Dot(x, y, reach, colour))
    elif style.mark == "bar":
        drawing.add(Line((x - reach, y), (x + reach, y), colour, thin))
    elif style.mark == "cross":
        for up in (-reach, reach):
            drawing.add(Line((x - reach, y - up), (x + reach, y + up), colour, thin))
    elif style.mark == "square":
        drawing.add(Box(x - reach, y - reach, 2 * reach, 2 * reach, "paper", colour, thin))
    else:
        drawing.add(Box(x - 2 * reach, y - reach, 4 * reach, 2 * reach, colour, strength=style.strength))


def draw_title(drawing: Drawing, left: float, subtitle: str | None = None) -> None:
    """The drawing's own title at its top, and what explains it."""
    drawing.add(Words(left, 32, drawing.title, 17, anchor="start", bold=True))
    if subtitle is not None:
        drawing.add(Words(left, 52, subtitle, 12, "soft", "start"))


def draw_legend(drawing: Drawing, left: float, middle: float, entries: Mapping[str, Style]) -> None:
    """One row: before its words a sample of each style.

    Args:
        drawing: what it is drawn on.
        left: where it begins.
        middle: the height of the samples.
        entries: styles by their words.
    """
    for words, style in entries.items():
        if style.thickness:
            line = np.array([(left, middle), (left + SAMPLE, middle)])
            drawing.add(Polyline(line, style.colour, style.thickness, style.dashes, style.strength))
        if style.mark:
            _draw_mark(drawing, left + SAMPLE / 2, middle, style)
        left += SAMPLE + 6
        drawing.add(Words(left, middle + MIDDLE * SIZE, words, SIZE, anchor="start"))
        left += estimate_width(words, SIZE) + SPACE


def draw_bar(
    drawing: Drawing, along: Axis, middle: float, value: float, name: str, words: str, fill: str, bold: bool
) -> None:
    """A bar to the right, its name before it and its number in words after it.

    Args:
        drawing: what it is drawn on.
        along: from the numbers to the places where bars end.
        middle: its height on the paper.
        value: how long it is; what can hardly be seen is drawn as a line.
        name: what it stands for.
        words: its number.
        fill: of the bar; a colour of the palette.
        bold: whether it is the one to look at.
    """
    width = max(float(along.place(value)) - along.first, 1.5)
    baseline = middle + MIDDLE * 12
    drawing.add(
        Box(along.first, middle - BAR / 2, width, BAR, fill),
        Words(along.first - 8, baseline, name, 12, "ink", "end", bold),
        Words(along.first + width + 8, baseline, words, 12, "accent" if bold else "ink", "start", bold),
    )


def split_width(left: float, right: float, count: int, gap: float) -> list[tuple[float, float]]:
    """Where each of so many panels beside each other begins and ends."""
    width = (right - left - (count - 1) * gap) / count
    return [(left + number * (width + gap), left + number * (width + gap) + width) for number in range(count)]


def choose_steps(high: float, most: int = 9, least: float = 0.0, low: float = 0.0) -> list[float]:
    """Round numbers between two limits, evenly spaced by 1, 2 or 5 times a power of ten.

    Args:
        high: the upper limit.
        most: how many at most, 2 or more.
        least: how far apart at least: 1 for whole numbers.
        low: the lower limit.
    """
    reach = high - low
    power = int(np.floor(np.log10(reach / most)))
    steps = [digit * 10.0**exponent for exponent in (power, power + 1) for digit in (1, 2, 5)]
    step = max(next(step for step in steps if reach / step < most - 1e-9), least)
    # of 1.0 and 0.2, which are not quite 5 times each other, the last step is the limit itself
    first, last = int(np.ceil(low / step - 1e-9)), int(np.floor(high / step + 1e-9))
    return [round(step * number, 12) for number in range(first, last + 1)]


def choose_powers(low: float, high: float, most: int = 6) -> list[float]:
    """Round numbers for a logarithmic axis: 1, 2, 5, 10, ..., or 1, 3, 10, ..., or powers of ten.

    Args:
        low: above 0.
        high: above `low`.
        most: how many at most, 2 or more.
    """
    powers = range(int(np.floor(np.log10(low))), int(np.ceil(np.log10(high))) + 1)
    for digits, every in [((1, 2, 5), 1), ((1, 3), 1), *(((1,), every) for every in range(1, len(powers)))]:
        numbers = [float(f"{digit}e{power}") for power in powers if power % every == 0 for digit in digits]
        ticks = [number for number in numbers if low <= number <= high]
        if len(ticks) <= most:
            break
    # an axis of less than a decade is nearly linear
    return ticks if len(ticks) > 1 else choose_steps(high, most, low=low)
