"""Explanations as text: a recognition, a unit, a step of learning, the distortions, number by number."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from textwrap import wrap

import numpy as np

from lenet.cli.explanations import describe_recognition
from lenet.cli.states import draw_code, draw_image, draw_penalties, join_pictures, pad
from lenet.drawing.sentences import Sentences
from lenet.explain.distortions import RECIPE, Distortions
from lenet.explain.learning import LearningStep
from lenet.explain.recognition import Recognition, choose_mark, format_network, format_title
from lenet.explain.unit import ReceptiveField, Term, Unit
from lenet.explain.unit_picture import choose_digits, format_sum, name_unit
from lenet.texts import get_language, say

MOST_MAPS = 5  # named one by one
WIDEST = 80  # columns of a terminal: what does not fit goes to the next line


def format_recognition(recognition: Recognition, steps: Sequence[tuple[str, np.ndarray]]) -> Iterator[str]:
    """Format a recognition: clean-up, input, the range of each layer, F6 beside its code, penalties.

    Args:
        recognition: the states of all layers.
        steps: name and picture of each step of the clean-up; the last one is the digit.
    """
    label, architecture = recognition.labels[recognition.answer], recognition.architecture
    words = Sentences(get_language())
    yield format_title(recognition, words)
    if recognition.name:
        yield format_network(recognition, words)
    yield ""
    if len(steps) > 1:
        yield say("explain.steps")
        for name, picture in steps:
            height, width = picture.shape
            yield f"    {f'{height} x {width}':>11}  {say(f'step.{name}')}"
        yield ""
    yield say("explain.input")
    yield ""
    yield from draw_image(steps[-1][1])
    yield ""
    yield say("explain.ranges")
    for name, layer in describe_recognition(recognition)["layers"].items():
        if name != "output":
            title = say("pictures.input") if name == "input" else name.upper()
            shape = " x ".join(map(str, layer["shape"]))
            yield f"    {pad(title, 6)} {shape:<12} {layer['smallest']:7.3f} ... {layer['largest']:6.3f}"
    yield ""
    values = dict(zip(recognition.labels, recognition.penalties.tolist(), strict=True))
    if architecture.output == "rbf":
        nearest, paper = architecture.codes[recognition.answer], float(architecture.codes.min())
        yield say("demo.f6", label=label)
        yield ""
        yield from join_pictures(draw_code(recognition.states["f6"], paper), draw_code(nearest, paper))
        yield ""
        yield say("demo.distances")
        yield from draw_penalties(values, choose_mark(recognition))
        return
    yield say("explain.logits")
    for name, value in values.items():
        mark = f" <- {say(choose_mark(recognition))}" if name == label else ""
        yield f"    {name} {-value:9.3f}{mark}"


def format_unit(unit: Unit, activation: str, engine: float) -> Iterator[str]:
    """Format a unit: its receptive fields, every product, the sum, the activation, and the engine's value.

    Args:
        unit: the arithmetic of the unit.
        activation: name of the activation function.
        engine: the state of the unit as the engine computed it.
    """
    words = Sentences(get_language())
    yield say("explain.unit_title", unit=name_unit(unit, words))
    yield ""
    yield say("explain.receptive_fields")
    for name, field in reversed(list(unit.fields.items())):
        yield f"    {pad(_name(name), 6)} {_describe_field(name, field)}"
    yield ""
    yield say(f"explain.reads_{unit.kind}")
    for term in unit.terms:
        yield ""
        yield from _format_term(term, unit.kind)
    yield ""
    for line in format_sum(unit, activation, words):
        yield from _wrap(line)
    yield say("explain.engine", value=f"{engine:.6f}", own=f"{unit.state:.6f}")


def _wrap(line: str) -> list[str]:
    from rich.cells import cell_len

    wide = cell_len(line) - len(line)  # Chinese characters take two columns
    return wrap(line, WIDEST - wide, subsequent_indent="    ", break_on_hyphens=False)


def _name(layer: str) -> str:
    return say("pictures.input") if layer == "input" else layer.upper()


def _describe_field(name: str, field: ReceptiveField) -> str:
    if name in ("c5", "f6"):
        return say("explain.field_all", count=len(field.maps))
    rows, columns = (f"{first}-{last - 1}" for first, last in (field.rows, field.columns))
    maps = ", ".join(map(str, field.maps))
    if len(field.maps) > MOST_MAPS:  # then they are all there are
        maps = f"{field.maps[0]}-{field.maps[-1]}"
    key = "explain.field_input" if name == "input" else "explain.field"
    return say(key, maps=maps, rows=rows, columns=columns)


def _format_term(term: Term, kind: str) -> Iterator[str]:
    name = _name(term.source)
    if term.map is not None and term.source != "input":
        name = say("explain.map", layer=name, number=term.map)
    yield f"  {name}"
    grids = [(say("explain.states"), term.states, 2)]
    if term.weights is not None:
        titles = ("code_title", "gaps") if kind == "distance" else ("weights", "products")
        weights, products = (say(f"explain.{title}") for title in titles)
        grids += [(weights, term.weights, 2), (products, term.products, choose_digits(term.products, 4))]
    yield from _join_grids(grids)
    if term.weights is not None:
        yield f"    {say('explain.together')} {term.total:.4f}"


def _join_grids(grids: list[tuple[str, np.ndarray, int]]) -> Iterator[str]:
    """Grids with their titles, side by side as far as the terminal is wide, the others below."""
    line: list[tuple[str, list[str], int]] = []
    for title, values, digits in grids:
        rows = ["".join(f"{value:{digits + 4}.{digits}f}" for value in row) for row in values]
        block = (title, rows, max(len(rows[0]), 2 * len(title) + 2))
        if line and 4 + sum(width + 3 for *_, width in [*line, block]) - 3 > WIDEST:
            yield from _print_blocks(line)
            line = []
        line.append(block)
    yield from _print_blocks(line)


def _print_blocks(blocks: list[tuple[str, list[str], int]]) -> Iterator[str]:
    titles = (pad(f"  {title}", width) for title, _, width in blocks)
    yield ("    " + "   ".join(titles)).rstrip()
    for row in range(len(blocks[0][1])):
        cells = (rows[row].ljust(width) for _, rows, width in blocks)
        yield ("    " + "   ".join(cells)).rstrip()


def format_step(step: LearningStep, shown: list[int]) -> Iterator[str]:
    """Format a step of learning: gradients, one kernel, F6 and the penalties before and after.

    Args:
        step: the step.
        shown: the classes to list.
    """
    yield say("explain.learn_title", label=step.before.labels[step.target])
    before, after = (f"{loss:.4g}" for loss in step.losses)
    yield say("explain.learn_loss", rate=f"{step.rate:g}", before=before, after=after)
    yield ""
    yield say("explain.gradients_text")
    for layer in step.layers:
        part = f"{layer.change / layer.weight:.2%}" if layer.weight else "-"
        changed = say("explain.changed", part=part)
        yield f"    {layer.name.upper():<7}{layer.count:>7,}   {layer.gradient:<10.3g} {changed}"
    yield ""
    yield say("explain.kernel", number=step.kernel)
    titles = ("before", "gradient", "after")
    digits = (3, 4, 3)
    grids = zip((say(f"explain.{title}") for title in titles), step.show_kernel(), digits, strict=True)
    yield from _join_grids(list(grids))
    architecture, sign = step.before.architecture, 1
    if architecture.output == "rbf":
        yield ""
        yield say("explain.f6_text")
        yield ""
        paper = float(architecture.codes.min())
        states = (step.before.states["f6"], step.after.states["f6"], architecture.codes[step.target])
        yield from join_pictures(*(draw_code(state, paper) for state in states))
    else:
        sign = -1
    yield ""
    yield say("explain.penalties_text" if sign > 0 else "explain.outputs_text")
    for index in shown:
        values = (sign * float(recognition.penalties[index]) for recognition in (step.before, step.after))
        old, new = values
        mark = f" <- {say('explain.target')}" if index == step.target else ""
        yield f"    {step.before.labels[index]} {old:9.2f} -> {new:9.2f}{mark}"


def format_distortions(distortions: Distortions) -> Iterator[str]:
    """Format the range of each amount of distortion, in figure 7 and in ours."""
    from rich.cells import cell_len

    yield say("explain.distortions_title")
    yield ""
    names = {name: say(f"explain.amount_{name}") for name in distortions.ranges}
    width = max(map(cell_len, names.values()))
    yield f"    {pad('', width)}    {pad(say('explain.figure_7'), 16)}  {RECIPE}"
    for name, both in distortions.ranges.items():
        theirs, own = (f"{low:5.2f} ... {high:5.2f}" for low, high in both)
        yield f"    {pad(names[name], width)}    {theirs:<16}  {own}"
    yield ""
    yield say("explain.distortions_note")
