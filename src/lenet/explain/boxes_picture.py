"""A picture with the numbers that were read in it: rows, digits, and the cuts that were considered."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from lenet.doubt import format_confidence
from lenet.drawing.drawing import Box, Drawing, Line, Words
from lenet.drawing.polyline import Polyline
from lenet.drawing.raster import Raster
from lenet.drawing.sentences import Sentences
from lenet.segment.number import Found, Place, Row
from lenet.segment.page import Page

MARGIN = 40.0
SIDE = 1000.0  # units, the longer side of the picture
LEAST = 3.0  # the most by which a small picture is enlarged
TOP = 104.0
TINT = 0.06  # strength of a row's tint
HAIR = 0.6  # thickness of a cut
SUMMARY = 130.0  # the width of a number with its confidence, beside its row
LABEL = 15.0  # height of a digit's label


def compose_boxes(picture: np.ndarray, page: Page, language: str) -> Drawing:
    """The picture as data.

    Args:
        picture: (H, W) uint8 luminance, as it was read.
        page: what was read; its boxes may be those of a larger picture.
        language: of its words, "en" or "zh".
    """
    words = Sentences(language)
    height, width = page.size
    scale = min(SIDE / max(height, width), LEAST)
    across = max(width * scale, 420)
    drawing = Drawing(across + 2 * MARGIN, TOP + height * scale + MARGIN, f"LeNet-5: {words('read.title')}")
    count = len(page.rows)
    subtitle = words("read.subtitle", count=count) if count else words("read.nothing")
    drawing.add(
        Words(MARGIN, 48, words("read.title"), 24, anchor="start", bold=True),
        Words(MARGIN, 74, subtitle, 13, "soft", "start"),
        Raster(MARGIN, TOP, width * scale, _reduce(picture, width * scale)),
        Box(MARGIN, TOP, width * scale, height * scale, None, "line"),
    )
    for row in page.rows:
        _draw_row(drawing, row, scale)
    return drawing


def _reduce(picture: np.ndarray, width: float) -> np.ndarray:
    """At most two pixels for each unit: more are not seen."""
    from PIL import Image

    if picture.shape[1] <= 2 * width:
        return picture
    size = (round(2 * width), max(1, round(picture.shape[0] * 2 * width / picture.shape[1])))
    return np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.BOX))


def _draw_row(drawing: Drawing, row: Row, scale: float) -> None:
    x, y, width, height = _scale_box(row.box, scale)
    drawing.add(Box(x, y, width, height, "accent", strength=TINT))
    for cut in row.cuts:
        points = np.array(cut) * scale + (MARGIN, TOP)
        drawing.add(Polyline(points, "line", HAIR))
    for found in row.digits:
        _draw_digit(drawing, found, scale)
    text = f"{row.number}  {format_confidence(row.confidence)}"
    if x + width + SUMMARY <= drawing.width:
        drawing.add(Words(x + width + 8, y + height / 2 + 5, text, 13, "soft", "start"))
    else:
        drawing.add(Words(x + width, y + height + 18, text, 13, "soft", "end"))


def _draw_digit(drawing: Drawing, found: Found, scale: float) -> None:
    x, y, width, height = _scale_box(found.box, scale)
    if found.sure:
        drawing.add(Box(x, y, width, height, None, "ink", 1.0))
    else:
        corners = [(x, y), (x + width, y), (x + width, y + height), (x, y + height), (x, y)]
        for start, end in pairwise(corners):
            drawing.add(Line(start, end, "accent", 1.6, dashed=True))
    label, colour = (found.label, "ink") if found.sure else (f"{found.label}?", "accent")
    drawing.add(Words(x + width / 2, y - 4, label, LABEL, colour, bold=True))


def _scale_box(box: Place, scale: float) -> tuple[float, float, float, float]:
    return MARGIN + box.x * scale, TOP + box.y * scale, box.width * scale, box.height * scale
