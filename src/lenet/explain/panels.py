"""The states of all layers for one image, as panels of maps from left to right.

Source: LeCun et al. 1998, figure 2.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from lenet.architecture import PIXEL_OFFSET, PIXEL_SCALE, TANH_AMPLITUDE, Architecture
from lenet.codes import CODE_WIDTH
from lenet.drawing.cells import Cells
from lenet.drawing.drawing import Box, Drawing, Point, Words
from lenet.drawing.sentences import Sentences

LAYERS = ("input", "c1", "s2", "c3", "s4", "c5")
COLUMNS = {"input": 1, "c1": 2, "s2": 2, "c3": 4, "s4": 4}  # of the maps of a layer
UNITS = {"input": 4.4, "c1": 3.2, "s2": 4.8, "c3": 4.4, "s4": 6.6, "c5": 10.0}
GAPS = {"c1": 13.0, "s2": 24.0, "c3": 12.0, "s4": 14.0}  # between the maps of a layer: room for a number
C5_COLUMNS = 6  # its 120 maps of one unit each, 20 rows of 6
BETWEEN = 46.0  # between one layer and the next
KERNEL_CELL, KERNEL_STEP = 4.4, 44.0  # of the kernels beside C1, one below the other
TALLEST = 300.0
BRIGHTEST = PIXEL_OFFSET + 255 * PIXEL_SCALE
assert round(BRIGHTEST, 6) == 1.175


@dataclass(frozen=True)
class Panel:
    """Where the maps of one layer were drawn.

    Args:
        left: of all of them.
        width: of all of them.
        corners: the upper left corner of each map.
        unit: side of one unit of a map.
        side: units along one side of a map.
    """

    left: float
    width: float
    corners: tuple[Point, ...]
    unit: float
    side: int

    @property
    def middle(self) -> float:
        """Where its labels are centred."""
        return self.left + self.width / 2


def measure_reach(architecture: Architecture, states: Mapping[str, np.ndarray], name: str) -> float:
    """The state that is drawn with full strength.

    Args:
        architecture: the network.
        states: of all layers.
        name: input, c1, s2, c3, s4, c5 or f6.
    Returns:
        What the activation function cannot pass; for relu the largest state of this layer.
    """
    if name == "input":
        return BRIGHTEST
    if architecture.activation == "relu":
        return float(np.abs(states[name]).max()) or 1.0
    return TANH_AMPLITUDE if architecture.activation == "tanh" else 1.0


def draw_panels(
    drawing: Drawing, architecture: Architecture, states: Mapping[str, np.ndarray], left: float, top: float
) -> dict[str, Panel]:
    """Draw the input and the maps of C1 to C5, each layer centred on one height.

    Args:
        drawing: what to draw on.
        architecture: the network.
        states: of all layers, for one image on a 32x32 field.
        left: where the input begins.
        top: of the tallest layer.
    Returns:
        The panel of each of them.
    """
    panels = {}
    for name in LAYERS:
        maps = states[name] / measure_reach(architecture, states, name)
        unit = UNITS[name]
        if name == "c5":
            size = (len(maps) // C5_COLUMNS * unit, C5_COLUMNS * unit)
            corner = (left, top + (TALLEST - size[0]) / 2)
            draw_map(drawing, corner, unit, maps.reshape(-1, C5_COLUMNS))
            corners = [
                (corner[0] + number % C5_COLUMNS * unit, corner[1] + number // C5_COLUMNS * unit)
                for number in range(len(maps))
            ]
            panel = Panel(left, size[1], tuple(corners), unit, 1)
        else:
            panel = place_maps(name, len(maps), maps.shape[1], left, top)
            for number, (corner, values) in enumerate(zip(panel.corners, maps, strict=True)):
                draw_map(drawing, corner, unit, values)
                if name != "input":
                    drawing.add(Words(corner[0], corner[1] - 3, str(number), 9, "soft", "start"))
        panels[name] = panel
        left += panel.width + BETWEEN
    return panels


def draw_kernels(drawing: Drawing, panel: Panel, kernels: np.ndarray) -> None:
    """Draw the kernels of C1 to the left of the maps that they give.

    Args:
        drawing: what to draw on.
        panel: of C1.
        kernels: (6, 5, 5).
    """
    side = kernels.shape[-1] * KERNEL_CELL
    left = panel.left - BETWEEN / 2 - side / 2
    for number, values in enumerate(kernels / (np.abs(kernels).max() or 1)):
        row, place = divmod(number, COLUMNS["c1"])
        top = panel.corners[row * COLUMNS["c1"]][1] + 8 + place * KERNEL_STEP
        draw_map(drawing, (left, top), KERNEL_CELL, values)
        drawing.add(Words(left, top - 3, str(number), 9, "soft", "start"))


def place_maps(name: str, count: int, side: int, left: float, top: float) -> Panel:
    """Where the maps of a layer go: in rows, centred on one height."""
    columns, unit, gap = COLUMNS[name], UNITS[name], GAPS.get(name, 0.0)
    step = side * unit + gap
    rows = -(-count // columns)
    first = top + (TALLEST - rows * step + gap) / 2
    corners = [(left + k % columns * step, first + k // columns * step) for k in range(count)]
    return Panel(left, columns * step - gap, tuple(corners), unit, side)


def draw_map(drawing: Drawing, corner: Point, unit: float, values: np.ndarray) -> None:
    """Draw one map on a sheet with a thin frame; values from -1 to 1."""
    rows, columns = values.shape
    drawing.add(Box(*corner, columns * unit, rows * unit, "sheet", "line"), Cells(*corner, unit, values))


def draw_code(drawing: Drawing, corner: Point, unit: float, units: np.ndarray, paper: float) -> None:
    """Draw F6's 84 states, or a code, as the picture of 7x12 that they are: ink for 1, nothing for paper.

    Args:
        drawing: what to draw on.
        corner: upper left.
        unit: side of a pixel.
        units: (84,).
        paper: the state that stands for paper, -1 or 0.
    """
    shares = np.clip((units - paper) / (1 - paper), 0, 1)
    draw_map(drawing, corner, unit, shares.reshape(-1, CODE_WIDTH))


def light_window(
    drawing: Drawing, panel: Panel, number: int, rows: tuple[int, int], columns: tuple[int, int]
) -> None:
    """Frame a window of one map.

    Args:
        drawing: what to draw on.
        panel: of the map's layer.
        number: of the map.
        rows: first and one past the last.
        columns: likewise.
    """
    x, y = panel.corners[number]
    corner = (x + columns[0] * panel.unit, y + rows[0] * panel.unit)
    size = ((columns[1] - columns[0]) * panel.unit, (rows[1] - rows[0]) * panel.unit)
    drawing.add(Box(*corner, *size, None, "accent", 2.0))


def draw_captions(
    drawing: Drawing,
    architecture: Architecture,
    panels: Mapping[str, Panel],
    top: float,
    words: Sentences,
) -> None:
    """Write over each panel what it is."""
    sizes = {layer.name: (layer.maps, layer.side, layer) for layer in architecture.layers}
    for name, panel in panels.items():
        if name == "input":
            title, size, kind = words("pictures.input"), f"{panel.side} x {panel.side}", ""
        else:
            maps, side, layer = sizes[name]
            title, size = name.upper(), f"{maps} x {side} x {side}"
            key = f"{architecture.pooling}_short" if layer.kind == "subsampling" else "convolution_short"
            kind = words(f"explain.{key}", kernel=layer.kernel)
        drawing.add(
            Words(panel.middle, top, title, 16, bold=True),
            Words(panel.middle, top + 18, size, 12, "soft"),
            Words(panel.middle, top + 34, kind, 12, "soft"),
        )


def draw_legend(
    drawing: Drawing, architecture: Architecture, right: float, baseline: float, words: Sentences
) -> None:
    """The scale of the cells: from the most negative to the most positive state."""
    logistic, relu = (architecture.activation == name for name in ("logistic", "relu"))
    reach = 1.0 if logistic else TANH_AMPLITUDE
    ends = [0.0, 0.5, 1.0] if logistic or relu else [-1.0, -0.5, 0.0, 0.5, 1.0]
    unit, step = 14.0, 46.0
    left = right - (len(ends) - 1) * step - unit
    for number, share in enumerate(ends):
        x = left + number * step
        corner = (x, baseline - unit + 3)
        draw_map(drawing, corner, unit, np.array([[share]]))
        text = f"{share * reach:.3g}" if not relu else ("0", "", words("explain.largest"))[number]
        drawing.add(Words(x + unit / 2, baseline + 18, text, 10.5, "soft"))
    key = "scale_relu" if relu else "scale_logistic" if logistic else "scale"
    drawing.add(Words(left - 14, baseline, words(f"explain.{key}"), 12.5, "soft", "end"))
