"""The whole network in one picture, in the spirit of the paper's figure 2.

Source: LeCun et al. 1998, figures 2 and 3, Table I.
"""

from __future__ import annotations

from typing import Any

from lenet.architecture import C1_MAPS, Architecture, Layer, name_preset
from lenet.codes import CLASS_CHARACTERS, CODE_HEIGHT, CODE_WIDTH, glyph
from lenet.drawing.drawing import Box, Drawing, Line, Words
from lenet.explain.layers import FUNCTIONS
from lenet.explain.stacks import Frame, draw_layers, draw_rays
from lenet.explain.wiring import group_maps
from lenet.texts import load_texts

WIDTH, HEIGHT = 1326, 706
MARGIN = 44
AXIS = 285  # the height of the middle of all layers
HEAD, KIND, COUNTS = 130, 418, 452  # heights of the rows of words
NOTES = 566
TABLE_CELL, CODE_PIXEL, CODE_GAP = 14.0, 4.0, 11.0
MOST_CODES = 10


def compose_network(architecture: Architecture, language: str) -> Drawing:
    """Compose the picture of a network.

    Args:
        architecture: the network.
        language: "en" or "zh".
    """
    totals = {"trainable": architecture.trainable, "connections": architecture.connections_total}
    words = _Words(language)
    subtitle = words("totals", **{name: f"{total:,}" for name, total in totals.items()})
    drawing = Drawing(WIDTH, HEIGHT, f"LeNet-5: {subtitle}")
    drawing.add(Words(MARGIN, 62, "LeNet-5", 34, anchor="start", bold=True))
    drawing.add(Words(MARGIN + 148, 62, subtitle, 16, "soft", "start"))
    drawing.add(Words(WIDTH - MARGIN, 62, words(name_preset(architecture) or "variant"), 14, "soft", "end"))
    frames = draw_layers(drawing, architecture, MARGIN, AXIS)
    draw_rays(drawing, architecture, frames)
    _draw_captions(drawing, architecture, frames, words)
    _add_notes(drawing, architecture, words)
    return drawing


class _Words:
    """The sentences of [pictures] in one language, which may differ from the user's."""

    def __init__(self, language: str) -> None:
        self.texts = load_texts(language)

    def __call__(self, key: str, **values: Any) -> str:
        return self.texts[f"pictures.{key}"].format(**values)


def _draw_captions(
    drawing: Drawing, architecture: Architecture, frames: dict[str, Frame], words: _Words
) -> None:
    before = frames["input"]
    drawing.add(Words(before.middle, HEAD, words("input"), 17, bold=True))
    field = architecture.layers[0].input_side
    drawing.add(Words(before.middle, HEAD + 19, f"{field} x {field}", 13, "soft"))
    for row, key in enumerate(("trainable", "connections", "receptive_field")):
        drawing.add(Words(MARGIN, COUNTS + 22 * row, words(key), 13, "soft", "start"))
    drawing.add(Line((MARGIN, COUNTS - 18), (WIDTH - MARGIN, COUNTS - 18)))
    for layer in architecture.layers:
        frame = frames[layer.name]
        name = words("output") if layer.name == "output" else layer.name.upper()
        drawing.add(Words(frame.middle, HEAD, name, 17, bold=True))
        drawing.add(Words(frame.middle, HEAD + 19, _format_size(layer), 13, "soft"))
        between = (before.left + before.width + frame.left) / 2
        for line, text in enumerate(_name_kind(architecture, layer, words).split("\n")):
            drawing.add(Words(between, KIND - 16 + 16 * line, text, 12.5))
        receptive = f"{layer.receptive_field} x {layer.receptive_field}"
        for row, text in enumerate((f"{layer.trainable:,}", f"{layer.connections:,}", receptive)):
            drawing.add(Words(frame.middle, COUNTS + 22 * row, text, 13))
        before = frame


def _format_size(layer: Layer) -> str:
    return f"{layer.maps} x {layer.side} x {layer.side}" if layer.side > 1 else f"{layer.maps}"


def _name_kind(architecture: Architecture, layer: Layer, words: _Words) -> str:
    size = f"{layer.kernel} x {layer.kernel}"
    if layer.kind == "subsampling":
        return words(f"{architecture.pooling}_kind", size=size)
    if layer.name == "c3" and architecture.connections == "table":
        return words("convolution_table", size=size)
    return words("rbf_kind" if layer.kind == "rbf" else layer.kind, size=size)


def _add_notes(drawing: Drawing, architecture: Architecture, words: _Words) -> None:
    left = float(MARGIN)
    if architecture.connections == "table":
        left = _draw_table(drawing, architecture, left, words) + 64
    drawing.add(Words(left, NOTES, words("function"), 14, anchor="start", bold=True))
    drawing.add(Words(left, NOTES + 26, f"f(a) = {FUNCTIONS[architecture.activation]}", 14, anchor="start"))
    drawing.add(Words(left, NOTES + 62, words("answer"), 14, anchor="start", bold=True))
    drawing.add(Words(left, NOTES + 88, words(architecture.output), 14, anchor="start"))
    if architecture.output == "rbf":
        _draw_codes(drawing, architecture, words)


def _draw_table(drawing: Drawing, architecture: Architecture, left: float, words: _Words) -> float:
    """Draw Table I of the paper; returns its right edge."""
    drawing.add(Words(left, NOTES, words("table"), 14, anchor="start", bold=True))
    top, start = NOTES + 30, left + 34
    groups = group_maps(architecture)
    offsets = {number: 5.0 * k for k, group in enumerate(groups) for number in group.maps}
    for source in range(C1_MAPS):
        middle = top + (source + 0.75) * TABLE_CELL
        drawing.add(Words(start - 8, middle, str(source), 9.5, "soft", "end"))
    for number, inputs in enumerate(architecture.table):
        x = start + number * TABLE_CELL + offsets[number]
        drawing.add(Words(x + TABLE_CELL / 2, top - 6, str(number), 9.5, "soft"))
        for source in range(C1_MAPS):
            read = source in inputs
            y = top + source * TABLE_CELL
            drawing.add(Box(x, y, TABLE_CELL, TABLE_CELL, "ink" if read else "sheet", "line"))
    right = start + len(architecture.table) * TABLE_CELL + max(offsets.values())
    return max(right, start + 300)


def _draw_codes(drawing: Drawing, architecture: Architecture, words: _Words) -> None:
    characters = CLASS_CHARACTERS[: min(architecture.classes, MOST_CODES)]
    step = CODE_WIDTH * CODE_PIXEL + CODE_GAP
    left = WIDTH - MARGIN - len(characters) * step + CODE_GAP
    title = words("codes", width=CODE_WIDTH, height=CODE_HEIGHT)
    drawing.add(Words(left, NOTES, title, 14, anchor="start", bold=True))
    for number, character in enumerate(characters):
        x, y = left + number * step, NOTES + 22
        for row, signs in enumerate(glyph(character)):
            for column, sign in enumerate(signs):
                if sign == "#":
                    corner = (x + column * CODE_PIXEL, y + row * CODE_PIXEL)
                    drawing.add(Box(*corner, CODE_PIXEL, CODE_PIXEL, "ink"))
        drawing.add(
            Words(x + CODE_WIDTH * CODE_PIXEL / 2, y + CODE_HEIGHT * CODE_PIXEL + 18, character, 11, "soft")
        )
