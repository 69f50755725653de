"""One step of learning in a picture: the gradient of each layer, a kernel in numbers, F6 before and after."""

from __future__ import annotations

from itertools import product
from math import log10

import numpy as np

from lenet.drawing.drawing import Box, Drawing, Words
from lenet.drawing.sentences import Sentences
from lenet.explain.learning import LearningStep
from lenet.explain.panels import draw_code, draw_map, measure_reach
from lenet.explain.recognition import MARGIN, MOST_CLASSES, WIDTH, Recognition

HEIGHT = 860.0
ROWS = 150.0
ROW = 30.0
BAR = 300.0
DECADES = 6  # of the gradient's length that the bars span
KERNEL_TOP = 440.0
RIGHT = 720.0
CLASS_ROW = 36.0


def compose_step(step: LearningStep, language: str) -> Drawing:
    """The picture as data.

    Args:
        step: what was learned.
        language: of its words, "en" or "zh".
    """
    words = Sentences(language)
    label = step.before.labels[step.target]
    title = words("explain.learn_title", label=label)
    drawing = Drawing(WIDTH, HEIGHT, f"LeNet-5: {title}")
    drawing.add(Words(MARGIN, 56, title, 26, anchor="start", bold=True))
    before, after = (f"{loss:.4g}" for loss in step.losses)
    loss = words("explain.learn_loss", rate=f"{step.rate:g}", before=before, after=after)
    drawing.add(Words(MARGIN, 84, loss, 14, "soft", "start"))
    _draw_layers(drawing, step, words)
    _draw_kernel(drawing, step, words)
    _draw_f6(drawing, step, words)
    _draw_penalties(drawing, step, words)
    return drawing


def _draw_layers(drawing: Drawing, step: LearningStep, words: Sentences) -> None:
    drawing.add(Words(MARGIN, ROWS - 22, words("explain.gradients"), 16, anchor="start", bold=True))
    most = max(layer.gradient for layer in step.layers) or 1.0
    for number, layer in enumerate(step.layers):
        y = ROWS + 20 + number * ROW
        share = layer.gradient / most
        length = BAR * max(0.0, 1 + log10(share) / DECADES) if share > 0 else 0.0
        name = words("pictures.output") if layer.name == "output" else layer.name.upper()
        part = f"{layer.change / layer.weight:.2%}" if layer.weight else "-"
        drawing.add(
            Words(MARGIN, y, name, 14, anchor="start", bold=True),
            Box(MARGIN + 62, y - 12, BAR, 14, "sheet", "line"),
            Box(MARGIN + 62, y - 12, length, 14, "ink"),
            Words(MARGIN + 62 + BAR + 12, y, f"{layer.gradient:.3g}", 13, anchor="start"),
            Words(MARGIN + 62 + BAR + 84, y, words("explain.changed", part=part), 12.5, "soft", "start"),
        )


def _draw_kernel(drawing: Drawing, step: LearningStep, words: Sentences) -> None:
    title = words("explain.kernel", number=step.kernel)
    drawing.add(Words(MARGIN, KERNEL_TOP - 30, title, 16, anchor="start", bold=True))
    old, gradient, new = step.show_kernel()
    scale = float(max(np.abs(old).max(), np.abs(new).max()))
    steepest = float(np.abs(gradient).max()) or 1.0
    titles = [words("explain.before"), words("explain.gradient"), words("explain.after")]
    signs = (f"- {step.rate:g} x", "=")
    left = MARGIN
    for number, (values, reach) in enumerate(((old, scale), (gradient, steepest), (new, scale))):
        y = KERNEL_TOP
        drawing.add(Words(left + 40, y - 6, titles[number], 12.5, "soft"))
        draw_map(drawing, (left, y), 16, values / reach)
        _draw_numbers(drawing, values, (left - 6, y + 100))
        if number < 2:
            drawing.add(Words(left + 5 * 16 + 56, y + 46, signs[number], 15))
        left += 5 * 40 + 18


def _draw_numbers(drawing: Drawing, values: np.ndarray, corner: tuple[float, float]) -> None:
    digits = 3 if np.abs(values).max() >= 0.01 else 5
    for row, column in product(*map(range, values.shape)):
        at = (corner[0] + (column + 1) * 38, corner[1] + row * 17)
        drawing.add(Words(*at, f"{values[row, column]:.{digits}f}", 10.5, anchor="end"))


def _draw_f6(drawing: Drawing, step: LearningStep, words: Sentences) -> None:
    y = KERNEL_TOP + 250
    drawing.add(Words(MARGIN, y - 30, words("explain.f6_learned"), 16, anchor="start", bold=True))
    pictures = [(words("explain.before"), step.before), (words("explain.after"), step.after)]
    left = MARGIN
    for title, recognition in pictures:
        _draw_state(drawing, recognition, (left, y), 10.0)
        drawing.add(Words(left + 82, y + 64, title, 13, "soft", "start"))
        left += 170
    architecture = step.before.architecture
    if architecture.output == "rbf":
        paper = float(architecture.codes.min())
        draw_code(drawing, (left, y), 10.0, architecture.codes[step.target], paper)
        drawing.add(Words(left + 82, y + 64, words("explain.wanted"), 13, "soft", "start"))


def _draw_state(drawing: Drawing, recognition: Recognition, corner: tuple[float, float], unit: float) -> None:
    architecture, units = recognition.architecture, recognition.states["f6"]
    if architecture.output == "rbf":
        draw_code(drawing, corner, unit, units, float(architecture.codes.min()))
    else:
        reach = measure_reach(architecture, recognition.states, "f6")
        draw_map(drawing, corner, unit, (units / reach).reshape(12, 7))


def choose_classes(step: LearningStep) -> list[int]:
    """The classes that are shown: the nearest ten, the one that is taught among them."""
    shown = step.before.choose_classes(MOST_CLASSES)
    if step.target not in shown:
        shown = sorted([*step.before.choose_classes(MOST_CLASSES - 1), step.target])
    return shown


def _draw_penalties(drawing: Drawing, step: LearningStep, words: Sentences) -> None:
    rbf = step.before.architecture.output == "rbf"
    title = words("explain.penalties" if rbf else "explain.outputs")
    drawing.add(Words(RIGHT, ROWS - 22, title, 16, anchor="start", bold=True))
    sign = 1 if rbf else -1
    before, after = sign * step.before.penalties, sign * step.after.penalties
    shown = choose_classes(step)
    most = float(max(np.abs(before[shown]).max(), np.abs(after[shown]).max())) or 1.0
    for number, index in enumerate(shown):
        y = ROWS + 20 + number * (CLASS_ROW + 26)
        wanted = index == step.target
        colour = "accent" if wanted else "ink"
        label = step.before.labels[index]
        drawing.add(Words(RIGHT, y + 15, label, 17, colour, "start", bold=wanted))
        for line, (values, title) in enumerate(((before, "before"), (after, "after"))):
            value = float(values[index])
            top = y - 6 + 19 * line
            length = BAR * abs(value) / most
            hollow = line == 0 or value < 0
            drawing.add(
                Box(RIGHT + 34, top, length, 11, "sheet" if hollow else colour, colour),
                Words(RIGHT + 34 + BAR + 12, top + 10, f"{value:.2f}", 12.5, colour, "start", bold=wanted),
                Words(RIGHT + 34 + BAR + 76, top + 10, words(f"explain.{title}"), 11.5, "soft", "start"),
            )
