"""A curve inside of a drawing: straight lines from point to point, and dots."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from lenet.drawing.palette import LIGHT, mix_colours

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw

DASH, BREAK = 6.7, 2.9  # lengths of a dash and of the gap after it


@dataclass(frozen=True)
class Polyline:
    """Lines from point to point.

    Args:
        points: (n, 2) x and y, in units of the drawing.
        stroke: a colour's name in the palette.
        thickness: of the lines.
        dashed: whether they are.
        strength: 0 to 1, how much of the paper they cover.
    """

    points: np.ndarray = field(compare=False)
    stroke: str = "ink"
    thickness: float = 1.0
    dashed: bool = False
    strength: float = 1.0


@dataclass(frozen=True)
class Dot:
    """A filled circle round (x, y)."""

    x: float
    y: float
    radius: float
    fill: str = "ink"


def render_polyline(line: Polyline) -> str:
    """The curve as an SVG element."""
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in line.points.tolist())
    extra = f' stroke-dasharray="{DASH:g} {BREAK:g}"' if line.dashed else ""
    extra += f' stroke-opacity="{line.strength:g}"' if line.strength < 1 else ""
    form = f'fill="none" stroke-width="{line.thickness:g}" stroke-linejoin="round"{extra}'
    return f'<polyline class="s-{line.stroke}" {form} points="{points}"/>'


def draw_polyline(pen: ImageDraw, line: Polyline, scale: float) -> None:
    """Draw the curve with Pillow, on plain paper.

    Args:
        pen: of the picture.
        line: what to draw.
        scale: pixels of the picture for one unit of the drawing.
    """
    colour = mix_colours(LIGHT[line.stroke], LIGHT["paper"], line.strength)
    width = max(1, round(line.thickness * scale))
    for piece in _cut_dashes(line.points) if line.dashed else [line.points]:
        pen.line((piece * scale).ravel().tolist(), colour, width, joint="curve")


def _cut_dashes(points: np.ndarray) -> Iterator[np.ndarray]:
    """The pieces of a curve that its dashes cover."""
    steps = np.hypot(*np.diff(points, axis=0).T)
    along = np.concatenate([[0.0], np.cumsum(steps)])
    for begin in np.arange(0, along[-1], DASH + BREAK):
        end = min(begin + DASH, along[-1])
        within = along[(along > begin) & (along < end)]
        places = np.concatenate([[begin], within, [end]])
        yield np.stack([np.interp(places, along, coordinate) for coordinate in points.T], axis=1)


def render_dot(dot: Dot) -> str:
    """The dot as an SVG element."""
    return f'<circle class="f-{dot.fill}" cx="{dot.x:.5g}" cy="{dot.y:.5g}" r="{dot.radius:g}"/>'


def draw_dot(pen: ImageDraw, dot: Dot, scale: float) -> None:
    """Draw the dot with Pillow; see `draw_polyline`."""
    x, y, radius = dot.x * scale, dot.y * scale, dot.radius * scale
    pen.ellipse((x - radius, y - radius, x + radius, y + radius), LIGHT[dot.fill])
