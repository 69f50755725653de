"""Rows of numbers on a page: their order, their places, and what is no number."""

import numpy as np
import pytest

from lenet.errors import PictureError
from lenet.images import rows
from lenet.images.normalize import Page
from lenet.images.rows import find_strips


def draw_page(places, shape=(300, 600), height=40, width=22):
    """Rings as digits, at (y, x) of their upper left corners, dark on light paper."""
    page = np.full(shape, 235, np.uint8)
    for y, x in places:
        page[y : y + height, x : x + width] = 40
        page[y + 6 : y + height - 6, x + 6 : x + width - 6] = 235
    return page


def find(page):
    return find_strips(Page(page, ruled=True), 40)


def list_boxes(strips):
    return [
        tuple(round(side) for side in (strip.top, strip.left, *np.divide(strip.ink.shape, strip.scale)))
        for strip in strips
    ]


def test_rows_come_from_the_top_and_their_numbers_from_the_left():
    places = [(200, 60), (200, 100), (60, 400), (60, 440), (60, 50), (60, 90)]
    strips = find(draw_page(places))
    corners = [box[:2] for box in list_boxes(strips)]
    assert corners == [(60, 50), (60, 400), (200, 60)]
    assert [strip.row for strip in strips] == [0, 0, 1]


def test_a_box_is_that_of_the_ink_in_the_picture():
    ((top, left, height, width),) = list_boxes(find(draw_page([(60, 50), (60, 90)])))
    assert (top, left) == (60, 50)
    assert height == pytest.approx(40, abs=1)
    assert width == pytest.approx(62, abs=1)


@pytest.mark.parametrize("rise", [-0.08, 0.08])
def test_a_row_that_rises_is_one_row(rise):
    places = [(150 + round(rise * x) + 55 * row, x) for row in (0, 1) for x in range(40, 1060, 45)]
    strips = find(draw_page(places, (400, 1100)))
    assert [strip.row for strip in strips] == [0, 1]
    # 23 rings each, from the first one's left edge to the last one's right edge
    assert [round(strip.ink.shape[1] / strip.scale) for strip in strips] == [1012, 1012]


def test_a_ruled_line_and_dirt_are_no_numbers():
    page = draw_page([(60, 50), (60, 90)])
    page[180:183] = 90
    page[250:252, 300:302] = 60
    assert [strip.row for strip in find(page)] == [0]


def test_a_dot_belongs_to_its_row():
    page = draw_page([(60, 50), (60, 100)])
    page[94:100, 80:86] = 40
    (strip,) = find(page)
    assert strip.ink[-4:, round(30 * strip.scale) : round(36 * strip.scale)].mean() > 0.5


def test_blank_paper_has_no_rows():
    assert find(np.full((200, 300), 235, np.uint8)) == []
    assert find(np.full((5, 7), 235, np.uint8)) == []


def test_a_page_of_too_many_marks_is_refused(monkeypatch):
    places = [(60, 50), (60, 90), (60, 130)]
    assert len(find(draw_page(places))) == 1
    monkeypatch.setattr(rows, "MOST_MARKS", 2)
    with pytest.raises(PictureError, match=r"more than 2 marks in the picture \(3\)"):
        find(draw_page(places))
