"""The picture of the steps: every step is there, named, in both languages; a blank page ends early."""

import re

import numpy as np
import pytest

from lenet.answer import Answer
from lenet.drawing.drawing import draw_png, render_svg
from lenet.drawing.raster import Raster
from lenet.explain.steps_picture import PIXELS, compose_steps, take_looks
from lenet.images.normalize import find_digit
from lenet.samples import read_sample

PAGE = np.pad(read_sample(4), 60, constant_values=236)
BLANK = np.full((90, 120), 240, np.uint8)


def make_answer(verdict="digit", reason=None, confidence=0.987):
    image = np.zeros((28, 28), np.uint8)
    return Answer("4", 10.0, "9", 5.0, {"4": 10.0, "9": 15.0}, image, confidence, verdict, reason)


def test_every_step_is_drawn_and_named():
    looks = take_looks(PAGE, find_digit(PAGE).digit)
    drawing = compose_steps(looks, make_answer(), "en")
    rasters = [part for part in drawing.parts if isinstance(part, Raster)]
    assert len(rasters) == len(looks) == 8
    np.testing.assert_array_equal(rasters[-1].pixels, looks[-1][1])
    assert max(max(raster.pixels.shape) for raster in rasters) <= PIXELS
    for raster in rasters:
        assert 0 <= raster.x < raster.x + raster.width < drawing.width
        assert 0 <= raster.y < raster.y + raster.height < drawing.height


def test_a_blank_page_is_shown_alone():
    looks = take_looks(BLANK, find_digit(BLANK).digit)
    assert [name for name, _ in looks] == ["picture"]
    svg = render_svg(compose_steps(looks, make_answer("none", "blank", 0.0), "en"))
    assert "No digit found: the picture is blank" in svg


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "Not certain, perhaps 4: could be 4 or 9, confidence 98.7%"),
        ("zh", "不确定，可能是 4：可能是 4 或 9，置信度 98.7%"),
    ],
)
def test_the_answer_stands_above_the_steps(language, sentence):
    svg = render_svg(
        compose_steps(take_looks(PAGE, find_digit(PAGE).digit), make_answer("unsure", "between"), language)
    )
    assert sentence in svg
    chinese = re.findall(r"[\u4e00-\u9fff]", svg)
    assert bool(chinese) == (language == "zh")


def test_the_pixels_are_those_of_the_step_in_both_forms():
    pixels = np.array([[0, 255], [128, 64]], np.uint8)
    drawing = compose_steps([("digit", pixels)], make_answer(), "en")
    raster = next(part for part in drawing.parts if isinstance(part, Raster))
    shown = np.asarray(draw_png(drawing).convert("L"))
    quarters = [
        (raster.y + raster.height * (0.25 + 0.5 * row), raster.x + raster.width * (0.25 + 0.5 * column))
        for row in (0, 1)
        for column in (0, 1)
    ]
    assert [int(shown[int(2 * y), int(2 * x)]) for y, x in quarters] == pixels.ravel().tolist()
    assert render_svg(drawing).count("data:image/png;base64,") == 1
