"""Ruled lines and strokes that look like them: by hand."""

import numpy as np
import pytest

from lenet.images.rules import remove_rules

SHAPE = (120, 160)


def lay_lines(level=(), upright=(), darkness=0.5):
    page = np.zeros(SHAPE, np.float32)
    for row in level:
        page[row : row + 2] = darkness
    for column in upright:
        page[:, column : column + 2] = darkness
    return page


def test_the_lines_of_a_grid_go():
    page = lay_lines(level=(20, 60, 100), upright=(30, 130))
    assert remove_rules(page).max() == 0


def test_a_stroke_that_crosses_a_line_stays():
    page = lay_lines(level=(20, 60, 100))
    page[30:90, 78:86] = 0.9
    clean = remove_rules(page)
    assert (clean[30:90, 80:84] > 0.8).all()
    assert clean[:, :70].max() == 0


def test_a_single_bar_that_is_all_there_is_stays():
    page = np.zeros(SHAPE, np.float32)
    page[:, 76:84] = 0.8
    np.testing.assert_array_equal(remove_rules(page), page)


def test_the_bar_of_a_7_stays_where_its_leg_reaches_the_edge():
    page = np.zeros(SHAPE, np.float32)
    page[:6] = 0.8
    for row in range(120):
        page[row, 150 - row : 158 - row] = 0.8
    np.testing.assert_array_equal(remove_rules(page), page)


def test_one_line_under_a_free_digit_goes():
    page = lay_lines(level=(90,))
    page[30:80, 70:78] = 0.9
    clean = remove_rules(page)
    assert clean[88:94].max() == 0
    np.testing.assert_array_equal(clean[30:80], page[30:80])


@pytest.mark.parametrize("side", [8, 31])
def test_a_small_picture_has_no_room_for_lines(side):
    page = np.zeros((side, side), np.float32)
    page[side // 2] = 0.8
    np.testing.assert_array_equal(remove_rules(page), page)


def test_a_stroke_that_ends_before_the_edges_stays():
    page = np.zeros(SHAPE, np.float32)
    page[60:64, 30:130] = 0.8
    np.testing.assert_array_equal(remove_rules(page), page)
