"""The whole recognition of one digit in one picture: the states of all layers, the codes, the answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from lenet.answer import Answer
from lenet.architecture import Architecture
from lenet.doubt import format_confidence
from lenet.drawing.drawing import Box, Drawing, Line, Words
from lenet.drawing.sentences import Sentences
from lenet.explain.panels import (
    TALLEST,
    UNITS,
    draw_captions,
    draw_code,
    draw_kernels,
    draw_legend,
    draw_map,
    draw_panels,
    measure_reach,
)
from lenet.explain.steps_picture import format_answer
from lenet.network import Network

WIDTH, HEIGHT = 1268.0, 788.0
MARGIN = 44.0
CAPTIONS, PANELS = 104.0, 154.0  # heights of the rows
LOWER = 512.0
ARROW = 489.0  # height of the line from C5 to F6
PIXEL, CODE_PIXEL = 16.0, 7.0
PICTURE, THUMBNAIL, THUMBNAIL_CELLS = 392.0, 70.0, 35  # the given picture: its place, its size, its cells
MOST_CLASSES = 10
CODE_STEP = 99.0
BAR = 56.0


@dataclass(frozen=True)
class Recognition:
    """What a network does with one digit.

    Args:
        architecture: the network.
        labels: the name of each class.
        states: of all layers, by name, as `Network.trace` gives them.
        picture: (h, w) uint8 luminance, what a person gave; None where the digit came in MNIST's form.
        name: of the network, as a person named it; empty if it has none.
        answered: what `Network.recognize` says of the picture, doubt included; None if it was not asked.
        kernels: (6, 5, 5) the kernels of C1; None where they are not shown.
    """

    architecture: Architecture
    labels: tuple[str, ...]
    states: Mapping[str, np.ndarray]
    picture: np.ndarray | None = None
    name: str = ""
    answered: Answer | None = None
    kernels: np.ndarray | None = None

    @property
    def refused(self) -> bool:
        """Whether the network found no digit, so that the nearest class is no answer."""
        return self.answered is not None and self.answered.verdict == "none"

    @property
    def penalties(self) -> np.ndarray:
        """(classes,) the squared distances, or the logits with their signs turned; the smallest wins."""
        return self.states["output"]

    @property
    def answer(self) -> int:
        """The number of the class with the smallest penalty."""
        return int(self.penalties.argmin())

    def choose_classes(self, most: int = MOST_CLASSES) -> list[int]:
        """The classes that a picture has room for, in their order: all, or the nearest."""
        nearest = np.argsort(self.penalties, kind="stable")[:most]
        return sorted(nearest.tolist())


def trace_recognition(
    network: Network,
    image: np.ndarray,
    picture: np.ndarray | None = None,
    name: str = "",
    answered: Answer | None = None,
) -> Recognition:
    """Run a network on one digit and keep everything.

    Args:
        network: which.
        image: (28, 28) uint8 as MNIST stores it.
        picture: what it was made of, (h, w) uint8 luminance.
        name: of the network.
        answered: what the network's `recognize` says of the picture.
    """
    states = network.trace(image, sums=True)
    kernels = network.parameters["c1.weight"][:, 0]
    return Recognition(network.architecture, network.labels, states, picture, name, answered, kernels)


def format_title(recognition: Recognition, words: Sentences) -> str:
    """The answer, or that it is doubted or refused, and why, in the words of `lenet recognize`."""
    answered = recognition.answered
    if answered is None or answered.verdict == "digit":
        return words("explain.title", label=recognition.labels[recognition.answer])
    return format_answer(answered, words)


def format_network(recognition: Recognition, words: Sentences) -> str:
    """Which network was asked, and how sure it is of a digit, or what is nearest if it found none."""
    answered, label = recognition.answered, recognition.labels[recognition.answer]
    line = words("explain.asked", name=recognition.name)
    if recognition.refused:
        return line + words("explain.nearest", label=label)
    if answered and answered.verdict == "digit" and answered.confidence is not None:
        line += words("doubt.confidence", percent=format_confidence(answered.confidence))
    return line


def compose_recognition(recognition: Recognition, language: str) -> Drawing:
    """The whole recognition as a picture.

    Args:
        recognition: what was recognized.
        language: of its words, "en" or "zh".
    """
    words, architecture = Sentences(language), recognition.architecture
    title = format_title(recognition, words)
    drawing = Drawing(WIDTH, HEIGHT, f"LeNet-5: {title}")
    drawing.add(Words(MARGIN, 56, title, 26, anchor="start", bold=True))
    if recognition.name:
        drawing.add(Words(MARGIN, 78, format_network(recognition, words), 13, "soft", "start"))
    draw_legend(drawing, architecture, WIDTH - MARGIN, 46, words)
    panels = draw_panels(drawing, architecture, recognition.states, MARGIN, PANELS)
    draw_captions(drawing, architecture, panels, CAPTIONS, words)
    if recognition.kernels is not None:
        draw_kernels(drawing, panels["c1"], recognition.kernels)
    if recognition.picture is not None:
        _draw_picture(drawing, recognition.picture, panels["input"].middle, words)
    left = _draw_f6(drawing, recognition, words)
    _draw_arrow(drawing, panels["c5"].middle)
    _draw_classes(drawing, recognition, left, words)
    return drawing


def format_distance(value: float) -> str:
    """One decimal, or two figures of what would be 0.0."""
    return f"{value:.1f}" if value == 0 or abs(value) >= 0.05 else f"{value:.2g}"


def choose_mark(recognition: Recognition) -> str:
    """The key of what stands beside the nearest class."""
    if recognition.refused:
        return "explain.no_answer"
    return "demo.smallest" if recognition.architecture.output == "rbf" else "explain.largest_answer"


def _draw_picture(drawing: Drawing, picture: np.ndarray, middle: float, words: Sentences) -> None:
    """The picture as it was given, small, below the input."""
    from PIL import Image

    longer = max(picture.shape)
    cells = min(longer, THUMBNAIL_CELLS)
    unit = THUMBNAIL / cells
    height, width = (max(1, round(side * cells / longer)) for side in picture.shape)
    small = Image.fromarray(picture).resize((width, height), Image.Resampling.BOX)
    corner = (middle - width * unit / 2, PICTURE)
    draw_map(drawing, corner, unit, 1 - np.asarray(small) / 255)
    drawing.add(Words(middle, PICTURE + height * unit + 18, words("explain.given"), 12, "soft"))


def _draw_f6(drawing: Drawing, recognition: Recognition, words: Sentences) -> float:
    """F6 as a picture; returns its right edge."""
    architecture, units = recognition.architecture, recognition.states["f6"]
    rbf = architecture.output == "rbf"
    drawing.add(
        Words(MARGIN, LOWER, "F6", 16, anchor="start", bold=True),
        Words(MARGIN + 28, LOWER, "84 = 7 x 12", 12, "soft", "start"),
    )
    corner = (MARGIN, LOWER + 16)
    if rbf:
        draw_code(drawing, corner, PIXEL, units, float(architecture.codes.min()))
    else:
        reach = measure_reach(architecture, recognition.states, "f6")
        draw_map(drawing, corner, PIXEL, (units / reach).reshape(12, 7))
    note = words("explain.f6_drawn" if rbf else "explain.f6_free", paper=_name_paper(architecture))
    for number, line in enumerate(note.split("\n")):
        drawing.add(Words(MARGIN, LOWER + 16 + 12 * PIXEL + 20 + 15 * number, line, 12, "soft", "start"))
    return MARGIN + 7 * PIXEL


def _draw_arrow(drawing: Drawing, start: float) -> None:
    """From C5 down and along to F6, which has no room beside it."""
    end, head = (MARGIN + 7 * PIXEL - 6, LOWER + 12), 5.0
    foot = PANELS + TALLEST / 2 + 10 * UNITS["c5"]
    corners = [(start, foot), (start, ARROW), (end[0], ARROW), end]
    for first, last in pairwise(corners):
        drawing.add(Line(first, last, "accent", 1.2))
    for side in (-head, head):
        drawing.add(Line((end[0] + side, end[1] - 1.6 * head), end, "accent", 1.2))


def _name_paper(architecture: Architecture) -> str:
    return f"{architecture.codes.min():g}" if architecture.output == "rbf" else ""


def _draw_classes(drawing: Drawing, recognition: Recognition, left: float, words: Sentences) -> None:
    architecture, penalties = recognition.architecture, recognition.penalties
    rbf = architecture.output == "rbf"
    start = left + 74
    chosen = recognition.choose_classes()
    key = "explain.distances" if rbf else "explain.logits"
    drawing.add(Words(start, LOWER, words(key), 16, anchor="start", bold=True))
    values = penalties if rbf else -penalties
    most = float(np.abs(values[chosen]).max()) or 1.0
    for number, index in enumerate(chosen):
        x, winner = start + number * CODE_STEP, index == recognition.answer
        corner = (x, LOWER + 26)
        if rbf:
            paper = float(architecture.codes.min())
            draw_code(drawing, corner, CODE_PIXEL, architecture.codes[index], paper)
        else:
            drawing.add(Box(*corner, 7 * CODE_PIXEL, 12 * CODE_PIXEL, "sheet", "line"))
            middle = (corner[0] + 3.5 * CODE_PIXEL, corner[1] + 6 * CODE_PIXEL + 12)
            drawing.add(Words(*middle, recognition.labels[index], 34, bold=winner))
        foot = corner[1] + 12 * CODE_PIXEL
        middle_x = x + 3.5 * CODE_PIXEL
        colour = "accent" if winner else "ink"
        drawing.add(
            Words(middle_x, foot + 24, recognition.labels[index], 15, colour, bold=winner),
            Words(middle_x, foot + 46, format_distance(float(values[index])), 14, colour, bold=winner),
        )
        length = BAR * abs(float(values[index])) / most
        # hollow for negative logits: the sign must show without colour, too
        negative = values[index] < 0
        drawing.add(
            Box(middle_x - BAR / 2, foot + 58, BAR, 8, "sheet", "line"),
            Box(middle_x - BAR / 2, foot + 58, length, 8, None if negative else colour, colour, 1.0),
        )
        if winner:
            width, height = 7 * CODE_PIXEL + 20, 12 * CODE_PIXEL + 84
            drawing.add(Box(x - 10, LOWER + 16, width, height, None, "accent", 2.4))
            text = words(choose_mark(recognition))
            anchor = "start" if number == 0 else "end" if number == len(chosen) - 1 else "middle"
            at = {"start": x - 10, "middle": middle_x, "end": x + 7 * CODE_PIXEL + 10}[anchor]
            drawing.add(Words(at, foot + 98, text, 13, "accent", anchor, bold=True))
    left_out = len(penalties) - len(chosen)
    if left_out:
        note = words("explain.left_out", count=left_out)
        drawing.add(Words(WIDTH - MARGIN, LOWER, note, 12, "soft", "end"))
