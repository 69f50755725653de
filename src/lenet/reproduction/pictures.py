"""The pictures of the experiment: figures 5, 6, 8 and 10 of the paper with ours, and robustness."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from lenet.drawing.axes import (
    SIZE,
    SPAN,
    Axes,
    Axis,
    Style,
    choose_steps,
    draw_legend,
    draw_title,
    split_width,
)
from lenet.drawing.drawing import Box, Drawing, Line, Words
from lenet.drawing.fonts import estimate_width
from lenet.drawing.polyline import DASHED, DOTTED
from lenet.drawing.raster import Raster
from lenet.reproduction import published
from lenet.reproduction.results import ESTIMATED, name_key
from lenet.texts import load_texts

WIDTH, LEFT, RIGHT, GAP = 840.0, 50.0, 815.0, 60.0  # of the paper, the panels on it, and between two
LEGEND, TOP, TALL = 62.0, 116.0, 200.0  # heights of the legend and of a panel's upper edge, and a panel's own
FOOT = 48.0  # what stands below a panel
COLUMNS, ROW, DIGIT = 12, 82.0, 52.0  # of figure 8's digits
PANELS = ("scale", "shift", "rotation", "noise")
PAPER = Style("ink", 0, mark="dot", reach=3.6)
WANTED = Style("ink", 1, (4.0, 4.0), mark="dot", reach=3.6)
STYLES = {
    "1998": Style("accent", 1.6),
    "1998-distorted": Style("soft", 1.6, DASHED),
    "1998-noise": Style("ink", 1.8, DOTTED),
}
Texts = Mapping[str, str]


def list_drawings(results: Mapping[str, Any], images: np.ndarray) -> dict[str, Callable[[str], Drawing]]:
    """For each picture, by its name, what draws it in a language.

    Args:
        results: what `collect_results` gave.
        images: (N, 28, 28) uint8, the test digits.
    """
    drawings: dict[str, Callable[[str], Drawing]] = {
        "figure-5": partial(draw_figure_5, results),
        "figure-6": partial(draw_figure_6, results),
        "rejection": partial(draw_rejections, results),
        "robustness": partial(draw_robustness, results),
    }
    if results["figure_8"]:
        drawings["figure-8"] = partial(draw_figure_8, results, images)
    return drawings


def draw_figure_5(results: Mapping[str, Any], language: str) -> Drawing:
    """Both curves over the epochs: the paper's as dots, ours as a line for each seed."""
    texts = load_texts(language)
    kinds = {kind: results["kinds"][kind]["runs"] for kind in list(STYLES)[:2] if kind in results["kinds"]}
    drawing = _start(texts, "figure_5", {kind: STYLES[kind] for kind in kinds}, {"line_paper": PAPER})
    curves = {"test": published.TEST_CURVE, "training": published.TRAINING_CURVE}
    for (part, paper), ends in zip(curves.items(), split_width(LEFT, RIGHT, 2, GAP), strict=True):
        numbers = np.arange(1, len(paper) + 1)
        highest = max([5.0, *(max(run[part]) for runs in kinds.values() for run in runs)])
        axes = _place_axes(drawing, ends, (0.5, len(paper) + 0.5), 1.04 * highest)
        title, label = texts[f"reproduce.{part}_title"], texts["reproduce.epochs"]
        axes.draw_frame(title, choose_steps(axes.y.high), label, [1, 5, 10, 15, 20])
        for kind, runs in reversed(kinds.items()):
            for run in runs:
                axes.draw_curve(np.arange(1, len(run[part]) + 1), run[part], STYLES[kind])
        axes.draw_curve(numbers, paper, PAPER)
    return drawing


def draw_figure_6(results: Mapping[str, Any], language: str) -> Drawing:
    """Error against the number of training images, published beside ours."""
    texts, kinds = load_texts(language), results["kinds"]
    paper, theirs = replace(PAPER, thickness=1.6), replace(PAPER, mark="square", reach=4)
    ours, distorted = Style("accent", 0, mark="bar", reach=7), Style("soft", 0, mark="cross", reach=4)
    legend = {"line_1998": ours, "line_paper": paper}
    if "1998-distorted" in kinds:
        legend |= {"line_1998_distorted": distorted, "line_paper_distorted": theirs}
    drawing = _start(texts, "figure_6", {}, legend)
    parts = {"test": published.TEST_ERRORS, "training": published.TRAINING_ERRORS}
    for (part, errors), ends in zip(parts.items(), split_width(LEFT, RIGHT, 2, GAP), strict=True):
        own = [entry for name, entry in kinds.items() if name[:6] in ("1998", "1998-1")]
        highest = max([*errors.values(), *(max(entry[part]["values"]) for entry in own)])
        least = min(8_000, *(entry["images"] for entry in own))
        axes = _place_axes(drawing, ends, (least, 68_000), 1.1 * highest)
        title, label = texts[f"reproduce.{part}_title"], texts["reproduce.sizes"]
        axes.draw_frame(title, choose_steps(axes.y.high, 7), label, list(errors))
        axes.draw_curve(list(errors), list(errors.values()), paper)
        for entry in own:
            _draw_seeds(axes, entry, part, ours, 0)
        if part == "test" and "1998-distorted" in kinds:
            # as many images as without distortions: beside those
            _draw_seeds(axes, kinds["1998-distorted"], part, distorted, 3_500)
            axes.draw_curve([kinds["1998-distorted"]["images"] + 3_500], [published.DISTORTED_ERROR], theirs)
    return drawing


def _draw_seeds(axes: Axes, entry: Mapping[str, Any], part: str, style: Style, beside: int) -> None:
    values = entry[part]["values"]
    axes.draw_curve([entry["images"] + beside] * len(values), values, style)


def draw_rejections(results: Mapping[str, Any], language: str) -> Drawing:
    """What is left of the error when the least certain answers are refused; the paper's three others."""
    texts, found = load_texts(language), results["rejection"]
    drawing = _start(texts, "rejection", {kind: STYLES[kind] for kind in found}, {"line_wanted": WANTED})
    curves = [(kind, each["refused"], errors) for kind, each in found.items() for errors in each["errors"]]
    highest = max([1.2, *(max(errors) for *_, errors in curves)])
    axes = _place_axes(drawing, (LEFT, RIGHT), (0, 6), 1.2 * highest)  # room for a name above every curve
    title, label = texts["reproduce.rejection_title"], texts["reproduce.refused"]
    axes.draw_frame(title, choose_steps(axes.y.high), label, choose_steps(6))
    for kind, refused, errors in curves:
        near = np.array(refused) <= axes.x.high
        axes.draw_curve(np.array(refused)[near], np.array(errors)[near], STYLES[kind])
    goal = published.REJECTION_ERROR
    axes.draw_curve([0, axes.x.high], [goal, goal], replace(WANTED, mark=""))
    for name, at in published.REJECTED.items():
        width = estimate_width(name, SIZE)
        spanned = np.linspace(at, at + axes.x.high * width / (RIGHT - LEFT), 9)
        above = max([goal, *(float(np.interp(spanned, *curve).max()) for _, *curve in curves)])
        _name_point(axes, (at, goal), name, float(axes.y.place(above)) - 10)
    return drawing


def _name_point(axes: Axes, point: tuple[float, float], name: str, top: float) -> None:
    """A dot, and at the upper end of a line from it what it stands for."""
    x, y = float(axes.x.place(point[0])), float(axes.y.place(point[1]))
    axes.drawing.add(
        Line((x, y), (x, top), "ink", 1),
        # no line of the grid runs through the name
        Box(x, top - SIZE - 2, estimate_width(name, SIZE), SIZE + 2, "paper"),
        Words(x, top - 4, name, SIZE, anchor="start"),
    )
    axes.draw_curve([point[0]], [point[1]], PAPER)


def draw_robustness(results: Mapping[str, Any], language: str) -> Drawing:
    """Error on test digits that were scaled, shifted, turned or inverted in part."""
    texts, found = load_texts(language), results["robustness"]
    kinds = {kind: STYLES[kind] for kind in found["errors"]}
    drawing = _start(texts, "robustness", kinds, {"line_estimated": SPAN}, 2 * (TALL + FOOT))
    for number, change in enumerate(PANELS):
        ends = split_width(LEFT, RIGHT, 2, GAP)[number % 2]
        amounts = found["amounts"][change]
        # without titles, the panels begin higher and lie farther apart
        axes = _place_axes(drawing, ends, (min(amounts), max(amounts)), 100, (-24, TALL + 36)[number // 2])
        axes.draw_span(*ESTIMATED[change])
        numbers = choose_steps(axes.x.high, 8, low=axes.x.low)
        axes.draw_frame("", choose_steps(100, 7), texts[f"reproduce.change_{change}"], numbers)
        for kind, errors in found["errors"].items():
            axes.draw_curve(amounts, errors[change], STYLES[kind])
    return drawing


def draw_figure_8(results: Mapping[str, Any], images: np.ndarray, language: str) -> Drawing:
    """The 82 digits: label, the answer of 1998, and in how many of ours the digit is misread."""
    texts, digits = load_texts(language), results["figure_8"]
    height = 76 + ROW * -(-len(digits) // COLUMNS)
    drawing = Drawing(WIDTH, height, texts["reproduce.title_figure_8"])
    draw_title(drawing, 20, texts["reproduce.figure_8_key"])
    step = (WIDTH - 30) / COLUMNS
    for number, digit in enumerate(digits):
        row, column = divmod(number, COLUMNS)
        middle, top = 15 + (column + 0.5) * step, 68 + row * ROW
        wrong = sum(answer != digit["label"] for answer in digit["ours"])
        most = 2 * wrong > len(digit["ours"])
        words = f"{digit['label']}→{digit['1998']} {''.join(map(str, digit['ours']))}"
        drawing.add(
            Raster(middle - DIGIT / 2, top, DIGIT, 255 - images[digit["index"]]),
            Words(middle, top + DIGIT + 13, words, 10, "accent" if most else "ink", bold=most),
        )
    return drawing


def _start(
    texts: Texts,
    name: str,
    kinds: Mapping[str, Style],
    others: Mapping[str, Style],
    tall: float = TALL + FOOT,
) -> Drawing:
    """The paper with its title and the legend, and room for panels."""
    drawing = Drawing(WIDTH, TOP + tall, texts[f"reproduce.title_{name}"])
    draw_title(drawing, 20)
    styles = {f"line_{name_key(kind)}": style for kind, style in kinds.items()} | dict(others)
    draw_legend(drawing, 20, LEGEND, {texts[f"reproduce.{key}"]: style for key, style in styles.items()})
    return drawing


def _place_axes(
    drawing: Drawing, ends: tuple[float, float], limits: tuple[float, float], high: float, down: float = 0
) -> Axes:
    """Axes from 0 up to `high`, so far below the usual place."""
    return Axes(drawing, Axis(*limits, *ends), Axis(0, high, TOP + down + TALL, TOP + down))
