"""The layers as stacks of maps, and the rays that show what one unit of each reads.

Source: LeCun et al. 1998, figure 2.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lenet.architecture import BORDER, C1_MAPS, C3_MAPS, FIELD, Architecture, Layer
from lenet.codes import CLASS_CHARACTERS, CODE_WIDTH, glyph
from lenet.drawing.drawing import Box, Drawing, Line, Point, Words
from lenet.images.normalize import normalize_digit
from lenet.samples import read_sample

DIGIT = 3
UNIT = 4.3  # side of one unit of a map
SHIFT = {C1_MAPS: 9.0, C3_MAPS: 5.5}  # from one map of a stack to the next
C5_COLUMNS, C5_CELL = 6, 7.2
PIXEL = 11.0  # of the picture that F6 draws
SLOT = 20.0  # of the output
MOST_SLOTS = 10
GAP = 63.0

# (row, column) of the unit that the rays lead to, in the front map of each layer
FOLLOWED = {"c1": (6, 18), "s2": (3, 9), "c3": (2, 7), "s4": (1, 3)}


@dataclass(frozen=True)
class Frame:
    """The area that a layer's drawing takes, and its front map.

    Args:
        left: left edge of the whole drawing of the layer.
        width: width of the whole drawing of the layer.
        front: upper left corner of the front map.
        side: (height, width) of the front map.
        unit: side length of one unit of the front map.
    """

    left: float
    width: float
    front: Point
    side: tuple[float, float]
    unit: float

    @property
    def middle(self) -> float:
        """The x coordinate on which the layer's labels are centred."""
        return self.left + self.width / 2

    def corner(self, row: float, column: float) -> Point:
        """The upper left corner of one unit of the front map."""
        return self.front[0] + column * self.unit, self.front[1] + row * self.unit


def draw_layers(drawing: Drawing, architecture: Architecture, left: float, axis: float) -> dict[str, Frame]:
    """Draw the input and all layers from left to right, each centred on one height.

    Args:
        drawing: the drawing to add to.
        architecture: the network.
        left: left edge of the input.
        axis: y coordinate on which all layers are centred.
    Returns:
        The frame of "input" and of each layer.
    """
    frames = {"input": _draw_input(drawing, left, axis)}
    for layer in architecture.layers:
        before = list(frames.values())[-1]
        start = before.left + before.width + GAP
        if layer.name == "c5":
            frames["c5"] = _draw_block(drawing, layer, start, axis)
        elif layer.name == "f6":
            frames["f6"] = _draw_picture(drawing, architecture, start, axis)
        elif layer.name == "output":
            frames["output"] = _draw_slots(drawing, layer, start, axis)
        else:
            frames[layer.name] = _draw_stack(drawing, layer, start, axis)
    return frames


def _draw_input(drawing: Drawing, left: float, axis: float) -> Frame:
    side = FIELD * UNIT
    top = axis - side / 2
    drawing.add(Box(left, top, side, side, "sheet", "ink"))
    digit = normalize_digit(read_sample(DIGIT)) / 255
    for row, column in np.argwhere(digit > 0.05):
        x, y = left + (column + BORDER) * UNIT, top + (row + BORDER) * UNIT
        drawing.add(Box(x, y, UNIT, UNIT, "ink", strength=float(digit[row, column])))
    return Frame(left, side, (left, top), (side, side), UNIT)


def _draw_stack(drawing: Drawing, layer: Layer, left: float, axis: float) -> Frame:
    side, shift = layer.side * UNIT, SHIFT[layer.maps]
    spread = (layer.maps - 1) * shift
    top = axis - (side + spread) / 2
    for number in range(layer.maps):
        x, y = left + number * shift, top + number * shift
        drawing.add(Box(x, y, side, side, "sheet", "ink"))
    return Frame(left, side + spread, (left + spread, top + spread), (side, side), UNIT)


def _draw_block(drawing: Drawing, layer: Layer, left: float, axis: float) -> Frame:
    rows = layer.maps // C5_COLUMNS
    size = (rows * C5_CELL, C5_COLUMNS * C5_CELL)
    top = axis - size[0] / 2
    for number in range(layer.maps):
        row, column = divmod(number, C5_COLUMNS)
        drawing.add(Box(left + column * C5_CELL, top + row * C5_CELL, C5_CELL, C5_CELL, "sheet", "line"))
    drawing.add(Box(left, top, size[1], size[0], None, "ink"))
    return Frame(left, size[1], (left, top), size, C5_CELL)


def _draw_picture(drawing: Drawing, architecture: Architecture, left: float, axis: float) -> Frame:
    rows = glyph(str(DIGIT))
    size = (len(rows) * PIXEL, CODE_WIDTH * PIXEL)
    top = axis - size[0] / 2
    for row, signs in enumerate(rows):
        for column, sign in enumerate(signs):
            inked = sign == "#" and architecture.output == "rbf"
            x, y = left + column * PIXEL, top + row * PIXEL
            drawing.add(Box(x, y, PIXEL, PIXEL, "ink" if inked else "sheet", "line"))
    drawing.add(Box(left, top, size[1], size[0], None, "ink"))
    return Frame(left, size[1], (left, top), size, PIXEL)


def _draw_slots(drawing: Drawing, layer: Layer, left: float, axis: float) -> Frame:
    count = min(layer.maps, MOST_SLOTS)
    height = count * SLOT
    top = axis - height / 2
    for number in range(count):
        chosen = number == DIGIT
        y = top + number * SLOT
        drawing.add(Box(left, y, SLOT, SLOT, "accent" if chosen else "sheet", "ink"))
        colour = "sheet" if chosen else "ink"
        drawing.add(
            Words(left + SLOT / 2, y + SLOT * 0.72, CLASS_CHARACTERS[number], 13, colour, bold=chosen)
        )
    return Frame(left, SLOT, (left, top), (height, SLOT), SLOT)


def draw_rays(drawing: Drawing, architecture: Architecture, frames: dict[str, Frame]) -> None:
    """Draw the inputs of one unit of each layer: a window of maps, or the whole layer below."""
    before = "input"
    for layer in architecture.layers[:4]:
        row, column = FOLLOWED[layer.name]
        stride = layer.kernel if layer.kind == "subsampling" else 1
        target = frames[layer.name].corner(row, column)
        window = frames[before].corner(row * stride, column * stride)
        _draw_window(drawing, window, layer.kernel * UNIT, target, frames[layer.name].unit)
        before = layer.name
    c5, f6, output = frames["c5"], frames["f6"], frames["output"]
    target = c5.corner(8, 0)
    _draw_window(drawing, frames["s4"].front, frames["s4"].side[0], target, C5_CELL)
    rows = round(c5.side[0] / C5_CELL)
    _draw_fan(drawing, [c5.corner(row + 0.5, C5_COLUMNS) for row in range(rows)], f6.corner(6, 0), PIXEL)
    rows = round(f6.side[0] / PIXEL)
    slot = output.corner(DIGIT, 0)
    _draw_fan(drawing, [f6.corner(row + 0.5, CODE_WIDTH) for row in range(rows)], slot, SLOT)


def _draw_window(drawing: Drawing, window: Point, side: float, target: Point, unit: float) -> None:
    (x, y), (u, v) = window, target
    for corner in ((x + side, y), (x + side, y + side)):
        drawing.add(Line(corner, (u, v + unit / 2), "accent", 1.1))
    drawing.add(Box(x, y, side, side, None, "accent", 1.8))
    drawing.add(Box(u, v, unit, unit, "accent"))


def _draw_fan(drawing: Drawing, starts: list[Point], target: Point, side: float) -> None:
    for start in starts:
        drawing.add(Line(start, (target[0], target[1] + side / 2), "accent", 0.6))
