"""A picture of one unit: its receptive field in every layer below, and its arithmetic."""

from __future__ import annotations

from itertools import product
from math import floor, log10

import numpy as np

from lenet.drawing.drawing import Box, Drawing, Words
from lenet.drawing.sentences import Sentences
from lenet.explain.layers import FUNCTIONS
from lenet.explain.panels import (
    C5_COLUMNS,
    Panel,
    draw_captions,
    draw_kernels,
    draw_legend,
    draw_map,
    draw_panels,
    light_window,
    measure_reach,
)
from lenet.explain.recognition import CAPTIONS, MARGIN, PANELS, WIDTH, Recognition
from lenet.explain.unit import Term, Unit
from lenet.texts import enclose_negative

TOP = 540.0  # of the terms
CELL = 13.0
SMALL_CELL = 11.0
NUMBER_HEIGHT = 15.0
DIGITS = 3  # of a product, where that shows the largest
MOST_NUMBERED = 6  # terms whose products are written out; more are drawn
BIG_COLUMNS, SMALL_COLUMNS = 3, 4


def compose_unit(recognition: Recognition, unit: Unit, language: str) -> Drawing:
    """Compose the picture of a unit.

    Args:
        recognition: the states of all layers.
        unit: the arithmetic of the unit.
        language: "en" or "zh".
    """
    words = Sentences(language)
    numbered = len(unit.terms) <= MOST_NUMBERED
    columns = BIG_COLUMNS if numbered else SMALL_COLUMNS
    rows = -(-len(unit.terms) // columns)
    step = _measure_height(unit.terms[0], numbered)
    foot = TOP + rows * step
    height = foot + 118
    title = name_unit(unit, words)
    drawing = Drawing(WIDTH, height, f"LeNet-5: {title}")
    drawing.add(Words(MARGIN, 56, title, 26, anchor="start", bold=True))
    draw_legend(drawing, recognition.architecture, WIDTH - MARGIN, 46, words)
    panels = draw_panels(drawing, recognition.architecture, recognition.states, MARGIN, PANELS)
    draw_captions(drawing, recognition.architecture, panels, CAPTIONS, words)
    if recognition.kernels is not None:
        draw_kernels(drawing, panels["c1"], recognition.kernels)
    _light(drawing, unit, panels)
    key = f"explain.reads_{unit.kind}"
    drawing.add(Words(MARGIN, TOP - 34, words(key), 16, anchor="start", bold=True))
    reach = measure_reach(recognition.architecture, recognition.states, unit.terms[0].source)
    largest = max((np.abs(term.weights).max() for term in unit.terms if term.weights is not None), default=1)
    if unit.kind == "distance":
        largest = reach  # F6 and the code are compared, so that both have one scale
    steepest = max(np.abs(term.products).max() for term in unit.terms) or 1
    width = (WIDTH - 2 * MARGIN) / columns
    for number, term in enumerate(unit.terms):
        corner = (MARGIN + number % columns * width, TOP + number // columns * step)
        _draw_term(drawing, term, corner, (reach, float(largest), float(steepest)), numbered, words)
    for number, line in enumerate(format_sum(unit, recognition.architecture.activation, words)):
        drawing.add(Words(MARGIN, foot + 26 + 26 * number, line, 15, anchor="start", bold=number > 0))
    return drawing


def name_unit(unit: Unit, words: Sentences) -> str:
    """The name of a unit in words: layer, map, row and column."""
    position = unit.position
    layer = words("pictures.output") if position.layer == "output" else position.layer.upper()
    values = {"layer": layer, "map": position.map, "row": position.row, "column": position.column}
    single = position.layer in ("f6", "output", "c5")
    return words("explain.unit_single" if single else "explain.unit_place", **values)


def format_sum(unit: Unit, activation: str, words: Sentences) -> list[str]:
    """How the sum and the state are computed, one step per line."""
    parts = [f"{term.total:.4f}" for term in unit.terms]
    total = " + ".join(enclose_negative(part) for part in parts)
    if unit.kind in ("trainable", "average", "max"):
        states = [f"{state:.4f}" for state in unit.terms[0].states.ravel()]
        total = f"({' + '.join(enclose_negative(state) for state in states)})"
        if unit.kind == "max":
            total = f"max({', '.join(states)})"
        if unit.kind == "average":
            total += f" / {len(states)}"
    if unit.coefficient is not None:
        total += f" x {enclose_negative(f'{unit.coefficient:.4f}')} ({words('explain.coefficient')})"
    if unit.bias is not None:
        total += f" + {enclose_negative(f'{unit.bias:.4f}')} ({words('worked.bias')})"
    equation = f"{total} = {unit.sum:.4f}"
    lines = [equation] if equation != f"{unit.sum:.4f} = {unit.sum:.4f}" else [f"y = {unit.sum:.4f}"]
    if len(unit.terms) > MOST_NUMBERED:
        half = len(parts) // 2
        first = " + ".join(enclose_negative(part) for part in parts[:half])
        lines = [f"{first} +", equation.removeprefix(f"{first} + ")]
    if unit.position.layer in ("c1", "c3", "c5", "f6") or unit.kind == "trainable":
        lines.append(f"f(a) = {FUNCTIONS[activation]},  f({unit.sum:.4f}) = {unit.state:.4f}")
    return lines


def choose_digits(values: np.ndarray, least: int) -> int:
    """How many decimals show two figures of the largest value; at least `least`."""
    most = float(np.abs(values).max())
    return max(least, 1 - floor(log10(most))) if most else least


def _measure_height(term: Term, numbered: bool) -> float:
    rows = term.products.shape[0]
    return rows * NUMBER_HEIGHT + 58 if numbered else rows * SMALL_CELL + 62


def _light(drawing: Drawing, unit: Unit, panels: dict[str, Panel]) -> None:
    for name, field in unit.fields.items():
        if name not in panels:
            continue
        panel = panels[name]
        if name == "c5":
            height = len(panel.corners) // C5_COLUMNS * panel.unit
            drawing.add(Box(*panel.corners[0], panel.width, height, None, "accent", 2.4))
            continue
        for number in field.maps:
            light_window(drawing, panel, number, field.rows, field.columns)
    position = unit.position
    if position.layer in panels:
        rows, columns = (position.row, position.row + 1), (position.column, position.column + 1)
        panel = panels[position.layer]
        light_window(drawing, panel, position.map, rows, columns)
        if panel.side > 1:  # a single unit is small: its map is framed, too
            x, y = panel.corners[position.map]
            side = panel.side * panel.unit + 6
            drawing.add(Box(x - 3, y - 3, side, side, None, "accent", 2.0))


def _draw_term(
    drawing: Drawing,
    term: Term,
    corner: tuple[float, float],
    scales: tuple[float, float, float],
    numbered: bool,
    words: Sentences,
) -> None:
    x, y = corner
    cell = CELL if numbered else SMALL_CELL
    rows, columns = term.states.shape
    name = term.source.upper() if term.source != "input" else words("pictures.input")
    if term.map is not None and term.source != "input":
        name = words("explain.map", layer=name, number=term.map)
    drawing.add(Words(x, y, name, 12.5, "soft", "start"))
    top = y + 10
    middle = top + rows * (NUMBER_HEIGHT if numbered else cell) / 2
    lift = (rows * NUMBER_HEIGHT - rows * cell) / 2 if numbered else 0.0
    draw_map(drawing, (x, top + lift), cell, term.states / scales[0])
    gap = 14.0 if numbered else 9.0
    x += columns * cell + gap
    if term.weights is not None:
        sign = "-" if term.source == "f6" and (term.products >= 0).all() else "x"
        drawing.add(Words(x, middle + 5, sign, 13))
        draw_map(drawing, (x + gap, top + lift), cell, term.weights / scales[1])
        x += columns * cell + 2 * gap
        drawing.add(Words(x, middle + 5, "=", 13))
        x += gap
    if not numbered:
        draw_map(drawing, (x, top), cell, term.products / scales[2])
        drawing.add(Words(corner[0], top + rows * cell + 18, f"{term.total:.4f}", 12, anchor="start"))
        return
    most = float(np.abs(term.products).max())
    digits = choose_digits(term.products, DIGITS)
    step = 22.0 + 6 * digits
    for row, column in product(range(rows), range(columns)):
        value = float(term.products[row, column])
        strong = abs(value) > 0.5 * most
        at = (x + (column + 1) * step - 4, top + (row + 0.78) * NUMBER_HEIGHT)
        drawing.add(Words(*at, f"{value:.{digits}f}", 10.5, "ink" if strong else "soft", "end", bold=strong))
    if term.weights is None:
        return
    line = f"{words('explain.together')} {term.total:.4f}"
    right = x + columns * step - 4
    drawing.add(Words(right, top + rows * NUMBER_HEIGHT + 16, line, 12.5, "accent", "end", bold=True))
