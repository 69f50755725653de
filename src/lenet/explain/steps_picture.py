"""The steps from a person's picture to MNIST's form, side by side, and what was read."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lenet.answer import Answer
from lenet.doubt import format_confidence
from lenet.drawing.drawing import Box, Drawing, Words
from lenet.drawing.raster import Raster
from lenet.drawing.sentences import Sentences
from lenet.errors import PictureError
from lenet.images.normalize import retrace

MARGIN = 48.0
TILE = 208.0  # the longer side of a step
STEP, ROW = 246.0, 282.0  # from tile to tile, across and down
COLUMNS = 4
TOP = 110.0
PIXELS = 2 * TILE  # more are not stored: two for each unit


def take_looks(picture: np.ndarray, digit: np.ndarray) -> list[tuple[str, np.ndarray]]:
    """The steps of one picture; of a blank page only the page, for nothing is left to be seen on it.

    Args:
        picture: (H, W) uint8 luminance.
        digit: (28, 28) uint8, what was read: the way to read the picture that leads to it is shown.
    """
    try:
        return retrace(picture, digit)
    except PictureError:
        return [("picture", picture)]


def compose_steps(looks: Sequence[tuple[str, np.ndarray]], answer: Answer, language: str) -> Drawing:
    """The picture as data.

    Args:
        looks: from `lenet.images.normalize.steps`; without the digit where nothing was found.
        answer: what the network says of it.
        language: of its words, "en" or "zh".
    """
    words = Sentences(language)
    rows = -(-len(looks) // COLUMNS)
    title = words("recognize.steps_title")
    drawing = Drawing(2 * MARGIN + COLUMNS * STEP - (STEP - TILE), TOP + rows * ROW + 12, f"LeNet-5: {title}")
    drawing.add(
        Words(MARGIN, 52, title, 26, anchor="start", bold=True),
        Words(MARGIN, 80, format_answer(answer, words), 14, "soft", "start"),
    )
    for number, (name, pixels) in enumerate(looks):
        left = MARGIN + number % COLUMNS * STEP
        top = TOP + number // COLUMNS * ROW
        _draw_step(drawing, pixels, (left, top))
        caption = f"{number + 1}  {words(f'step.{name}')}"
        drawing.add(Words(left, top + TILE + 22, caption, 13, anchor="start"))
        size = f"{pixels.shape[1]} x {pixels.shape[0]}"
        drawing.add(Words(left, top + TILE + 40, size, 11.5, "soft", "start"))
    return drawing


def format_answer(answer: Answer, words: Sentences) -> str:
    """An answer in one line: the digit or that there is none, why it is doubted, and the confidence."""
    values = {"label": answer.label, "second": answer.second}
    text = words(f"doubt.read_{answer.verdict}", **values)
    if answer.reason:
        text = words("doubt.because", verdict=text, reason=words(f"doubt.{answer.reason}", **values))
    if answer.confidence is not None and answer.verdict != "none":
        text += words("doubt.confidence", percent=format_confidence(answer.confidence))
    return text


def _draw_step(drawing: Drawing, pixels: np.ndarray, corner: tuple[float, float]) -> None:
    from PIL import Image

    longer = max(pixels.shape)
    if longer > PIXELS:
        size = (max(1, round(side * PIXELS / longer)) for side in pixels.shape[::-1])
        pixels = np.asarray(Image.fromarray(pixels).resize(tuple(size), Image.Resampling.BOX))
    height, width = (side * TILE / max(pixels.shape) for side in pixels.shape)
    x, y = corner[0] + (TILE - width) / 2, corner[1] + (TILE - height) / 2
    drawing.add(
        Raster(x, y, width, pixels),
        Box(x, y, width, height, None, "line"),
    )
