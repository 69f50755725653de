"""States of units as shaded cells: solid for positive ones, dots for negative ones, stronger for larger ones.

The two are told apart by their texture, so also in grey and without colour vision.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np

from lenet.drawing.palette import LIGHT, mix_colours

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw

LEVELS = 10  # strengths that are told apart
DOT = 0.6  # side of a dot, in cells


@dataclass(frozen=True)
class Cells:
    """A grid of square cells.

    Args:
        x: left edge.
        y: upper edge.
        unit: side of a cell, in units of the drawing.
        values: (rows, columns), -1 to 1; what lies beyond is drawn as -1 or 1.
    """

    x: float
    y: float
    unit: float
    values: np.ndarray = field(compare=False)

    @property
    def levels(self) -> np.ndarray:
        """(rows, columns) int, -10 to 10: the values as they are drawn."""
        return np.rint(np.clip(self.values, -1, 1) * LEVELS).astype(int)


def render_cells(cells: Cells) -> str:
    """The cells as SVG: one path for each strength, a stroke for each run of equal cells in a row."""
    strokes: dict[int, list[str]] = {}
    for row, values in enumerate(cells.levels.tolist()):
        for level, column, count in _find_runs(values):
            if level:
                strokes.setdefault(level, []).append(f"M{column} {row}h{count}")
    paths = "".join(_render_path(level, "".join(runs)) for level, runs in sorted(strokes.items()))
    place = f"translate({cells.x:.5g} {cells.y + cells.unit / 2:.5g}) scale({cells.unit:g})"
    return f'<g transform="{place}" fill="none">{paths}</g>'


def _render_path(level: int, runs: str) -> str:
    opacity = f' stroke-opacity="{abs(level) / LEVELS:g}"' if abs(level) < LEVELS else ""
    if level > 0:
        # rows side by side: smoothed edges would let the paper shine through between them
        return f'<path class="s-ink" shape-rendering="crispEdges"{opacity} d="{runs}"/>'
    dots = f'stroke-width="{DOT:g}" stroke-dasharray="{DOT:g} {1 - DOT:g}"'
    return f'<path class="s-accent" transform="translate({(1 - DOT) / 2:g})" {dots}{opacity} d="{runs}"/>'


def _find_runs(values: list[int]) -> Iterator[tuple[int, int, int]]:
    """(level, first column, count) of each run of equal levels."""
    column = 0
    for level, run in groupby(values):
        count = len(list(run))
        yield level, column, count
        column += count


def draw_cells(pen: ImageDraw, cells: Cells, scale: float) -> None:
    """The cells with Pillow, on a sheet.

    Args:
        pen: of a picture in RGB.
        cells: what to draw.
        scale: pixels for one unit of the drawing.
    """
    levels, unit = cells.levels, cells.unit * scale
    for row, column in np.argwhere(levels):
        level = int(levels[row, column])
        over = LIGHT["ink" if level > 0 else "accent"]
        colour = mix_colours(over, LIGHT["sheet"], abs(level) / LEVELS)
        edge = 0.0 if level > 0 else (1 - DOT) / 2 * unit
        left, top = cells.x * scale + column * unit, cells.y * scale + row * unit
        corners = (left + edge, top + edge, left + unit - edge, top + unit - edge)
        # whole pixels, the last one excluded, so that neighbours neither overlap nor leave a gap
        x0, y0, x1, y1 = map(round, corners)
        pen.rectangle((x0, y0, x1 - 1, y1 - 1), fill=colour)
