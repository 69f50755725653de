"""The picture of what was read: a box and a label for each digit, in place."""

from dataclasses import replace

import numpy as np
import pytest

from lenet.drawing.drawing import Box, Line, Words
from lenet.drawing.polyline import Polyline
from lenet.explain.boxes_picture import compose_boxes
from lenet.segment.number import Found, Place, Row
from lenet.segment.page import Page

PICTURE = np.full((100, 200), 230, np.uint8)
SURE = Found("3", 0.99, "8", Place(20, 10, 30, 50), sure=True)
UNSURE = replace(SURE, label="0", sure=False, box=Place(60, 10, 30, 50))
ROW = Row("30", 0.7, "unsure", Place(20, 10, 70, 50), (SURE, UNSURE), cuts=(((55.0, 10.0), (56.0, 60.0)),))


def list_words(drawing):
    return [part.text for part in drawing.parts if isinstance(part, Words)]


def test_every_digit_has_a_box_and_a_label():
    drawing = compose_boxes(PICTURE, Page((ROW,), PICTURE.shape), "en")
    words = list_words(drawing)
    assert "3" in words
    assert "0?" in words
    assert "3?  70.0%" in words
    scale = 3  # 200 pixels are enlarged by no more
    boxes = [part for part in drawing.parts if isinstance(part, Box) and part.stroke == "ink"]
    assert [(box.width, box.height) for box in boxes] == [(30 * scale, 50 * scale)]
    dashed = [part for part in drawing.parts if isinstance(part, Line) and part.dashed]
    assert len(dashed) == 4
    assert all(line.stroke == "accent" for line in dashed)


def test_cuts_are_drawn_where_they_are():
    drawing = compose_boxes(PICTURE, Page((ROW,), PICTURE.shape), "en")
    (cut,) = [part for part in drawing.parts if isinstance(part, Polyline)]
    assert (cut.points[1] - cut.points[0]).tolist() == [3.0, 150.0]


def test_a_label_stays_on_the_drawing_and_boxes_may_be_those_of_a_larger_file():
    page = Page((replace(ROW, box=Place(200, 100, 700, 500)),), (1000, 2000))
    drawing = compose_boxes(PICTURE, page, "en")
    assert max(drawing.width, drawing.height) < 1200
    for part in drawing.parts:
        if isinstance(part, Words):
            assert 0 < part.y < drawing.height


@pytest.mark.parametrize(("language", "told"), [("en", "no digits found"), ("zh", "没有找到数字")])
def test_a_page_without_numbers_says_so(language, told):
    assert told in list_words(compose_boxes(PICTURE, Page((), PICTURE.shape), language))
