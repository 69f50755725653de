"""Drawings as data, in colours of the palette, and their two renderings: SVG text and PNG by Pillow."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

import numpy as np

from lenet.drawing.cells import Cells, draw_cells, render_cells
from lenet.drawing.fonts import FAMILIES, find_chinese_font, needs_chinese
from lenet.drawing.palette import DARK, LIGHT
from lenet.drawing.polyline import Dot, Polyline, draw_dot, draw_polyline, render_dot, render_polyline
from lenet.drawing.raster import Raster, draw_raster, render_raster
from lenet.texts.controls import replace_controls

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw

Point = tuple[float, float]

PNG_SCALE = 2  # pixels of the PNG for one unit of the drawing
SMOOTHING = 2  # drawn larger by this, then made smaller, so that slanted lines are smooth
DASH = 4.0


@dataclass(frozen=True)
class Box:
    """A rectangle; colours are names in the palette.

    Args:
        x: left edge.
        y: upper edge.
        width: in units of the drawing.
        height: in units of the drawing.
        fill: colour of the area; None for no fill.
        stroke: colour of the outline; None for no outline.
        thickness: of the outline.
        strength: opacity of the fill, 0 to 1.
    """

    x: float
    y: float
    width: float
    height: float
    fill: str | None = None
    stroke: str | None = None
    thickness: float = 1.0
    strength: float = 1.0


@dataclass(frozen=True)
class Line:
    """A straight line between two points, solid or dashed."""

    start: Point
    end: Point
    stroke: str = "line"
    thickness: float = 1.0
    dashed: bool = False


@dataclass(frozen=True)
class Words:
    """One line of text; (x, y) is the start, middle or end of its baseline."""

    x: float
    y: float
    text: str
    size: float = 13.0
    fill: str = "ink"
    anchor: str = "middle"
    bold: bool = False


Part = Box | Cells | Dot | Line | Polyline | Raster | Words


@dataclass
class Drawing:
    """A picture of a given size; later parts cover earlier ones.

    Args:
        width: in units of about a pixel on screen.
        height: in the same units.
        title: alternative text for people who cannot see the picture.
        parts: boxes, cells, curves, dots, lines, rasters and words.
    """

    width: float
    height: float
    title: str
    parts: list[Part] = field(default_factory=list)

    def add(self, *parts: Part) -> None:
        """Add parts on top of the existing ones."""
        self.parts.extend(parts)


def render_svg(drawing: Drawing) -> str:
    """Render a drawing as SVG text that is light or dark as the viewer prefers."""
    body = "\n".join(_render_part(part) for part in drawing.parts)
    size = f'width="{drawing.width:g}" height="{drawing.height:g}"'
    view = f'viewBox="0 0 {drawing.width:g} {drawing.height:g}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {view} {size} role="img">\n'
        f"<title>{escape(replace_controls(drawing.title))}</title>\n"
        f"<style>\ntext {{ font-family: {FAMILIES}; }}\n{_render_colours(LIGHT)}\n"
        f"@media (prefers-color-scheme: dark) {{\n{_render_colours(DARK)}\n}}\n</style>\n"
        f'<rect class="f-paper" {size}/>\n{body}\n</svg>\n'
    )


def _render_colours(palette: dict[str, str]) -> str:
    return "\n".join(
        f".f-{name} {{ fill: {colour}; }} .s-{name} {{ stroke: {colour}; }}"
        for name, colour in palette.items()
    )


def _render_part(part: Part) -> str:
    if isinstance(part, Box):
        names = [f"f-{part.fill}"] if part.fill else []
        names += [f"s-{part.stroke}"] if part.stroke else []
        extra = "" if part.fill else ' fill="none"'
        # pixels side by side: smoothed edges would let the paper shine through between them
        extra += f' stroke-width="{part.thickness:g}"' if part.stroke else ' shape-rendering="crispEdges"'
        extra += f' fill-opacity="{part.strength:.2g}"' if part.strength < 1 else ""
        place = f'x="{part.x:.4g}" y="{part.y:.4g}" width="{part.width:.4g}" height="{part.height:.4g}"'
        return f'<rect class="{" ".join(names)}" {place}{extra}/>'
    if isinstance(part, Cells):
        return render_cells(part)
    if isinstance(part, Raster):
        return render_raster(part)
    if isinstance(part, Polyline):
        return render_polyline(part)
    if isinstance(part, Dot):
        return render_dot(part)
    if isinstance(part, Line):
        (x1, y1), (x2, y2) = part.start, part.end
        dash = f' stroke-dasharray="{DASH:g}"' if part.dashed else ""
        ends = f'x1="{x1:.5g}" y1="{y1:.5g}" x2="{x2:.5g}" y2="{y2:.5g}"'
        return f'<line class="s-{part.stroke}" {ends} stroke-width="{part.thickness:g}"{dash}/>'
    weight = ' font-weight="600"' if part.bold else ""
    place = f'x="{part.x:.5g}" y="{part.y:.5g}" font-size="{part.size:g}" text-anchor="{part.anchor}"'
    return f'<text class="f-{part.fill}" {place}{weight}>{escape(replace_controls(part.text))}</text>'


def draw_png(drawing: Drawing, scale: float = PNG_SCALE) -> Image:
    """Render a drawing as a light Pillow image.

    Args:
        drawing: the drawing; Chinese text needs a font that `find_chinese_font` finds.
        scale: pixels per unit.
    """
    from PIL import Image, ImageDraw

    scale *= SMOOTHING
    size = (round(drawing.width * scale), round(drawing.height * scale))
    image = Image.new("RGB", size, LIGHT["paper"])
    pen = ImageDraw.Draw(image, "RGBA")  # weak fills let through what lies below
    chinese = any(needs_chinese(part.text) for part in drawing.parts if isinstance(part, Words))
    font_file = find_chinese_font() if chinese else None
    for part in drawing.parts:
        if isinstance(part, Box):
            _draw_box(pen, part, scale)
        elif isinstance(part, Cells):
            draw_cells(pen, part, scale)
        elif isinstance(part, Raster):
            draw_raster(image, part, scale)
        elif isinstance(part, Polyline):
            draw_polyline(pen, part, scale)
        elif isinstance(part, Dot):
            draw_dot(pen, part, scale)
        elif isinstance(part, Line):
            _draw_line(pen, part, scale)
        else:
            _draw_words(pen, part, scale, font_file)
    return image.reduce(SMOOTHING)


def _draw_box(pen: ImageDraw, box: Box, scale: float) -> None:
    left, top = box.x * scale, box.y * scale
    right, bottom = left + box.width * scale - 1, top + box.height * scale - 1
    edge = box.thickness * scale / 2 if box.stroke else 0.0
    if box.stroke:
        outer = (left - edge, top - edge, right + edge, bottom + edge)
        width = round(box.thickness * scale)
        pen.rectangle(outer, fill=_read_fill(box), outline=LIGHT[box.stroke], width=width)
    else:
        pen.rectangle((left, top, right, bottom), fill=_read_fill(box))


def _read_fill(box: Box) -> tuple[int, ...] | None:
    return (*bytes.fromhex(LIGHT[box.fill][1:]), round(255 * box.strength)) if box.fill else None


def _draw_line(pen: ImageDraw, line: Line, scale: float) -> None:
    start, end = np.array(line.start) * scale, np.array(line.end) * scale
    length = float(np.hypot(*(end - start)))
    dash = DASH * scale if line.dashed else length
    for at in np.arange(0, length, 2 * dash):
        first, last = (start + (end - start) * place / length for place in (at, min(at + dash, length)))
        pen.line([tuple(first), tuple(last)], LIGHT[line.stroke], max(1, round(line.thickness * scale)))


def _draw_words(pen: ImageDraw, words: Words, scale: float, font_file: Path | None) -> None:
    from PIL import ImageFont

    size, colour = words.size * scale, LIGHT[words.fill]
    font = ImageFont.truetype(font_file, size) if font_file else ImageFont.load_default(size)
    anchor = {"start": "ls", "middle": "ms", "end": "rs"}[words.anchor]
    weight = size / 36 if words.bold else 0
    place = (words.x * scale, words.y * scale)
    pen.text(place, words.text, colour, font, anchor, stroke_width=weight, stroke_fill=colour)
