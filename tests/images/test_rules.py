"""Ruled lines and strokes that look like them: by hand."""

import numpy as np
import pytest

from lenet.images.rules import remove_page_rules, remove_rules

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


def draw_columns(rule=False):
    """Darkness of a page with a column of rings, one a row, and lines under them if asked for."""
    darkness = np.zeros((800, 300), np.float32)
    for top in range(20, 760, 60):
        darkness[top : top + 40, 130:160] = 0.8
        darkness[top + 6 : top + 34, 136:154] = 0
    if rule:
        darkness[52:760:60] = np.maximum(darkness[52:760:60], 0.4)
        darkness[53:760:60] = np.maximum(darkness[53:760:60], 0.4)
    return darkness


def test_a_column_of_digits_is_no_upright_line_of_a_page():
    darkness = draw_columns()
    np.testing.assert_array_equal(remove_page_rules(darkness, 20), darkness)


def test_a_row_of_digits_from_edge_to_edge_is_no_level_line_of_a_page():
    darkness = np.zeros((800, 300), np.float32)
    for left in range(0, 300, 25):
        darkness[300:340, left : left + 18] = 0.8
        darkness[306:334, left + 6 : left + 12] = 0
    np.testing.assert_array_equal(remove_page_rules(darkness, 20), darkness)


def test_the_lines_of_a_page_go_and_its_digits_stay():
    clean = remove_page_rules(draw_columns(rule=True), 20)
    assert clean[:, :120].max() < 0.1
    assert clean[:, 170:].max() < 0.1
    # most of the digits' ink is still there
    assert clean.sum() > 0.85 * draw_columns().sum()


def test_upright_lines_of_a_page_go_if_they_are_asked_for():
    darkness = draw_columns()
    darkness[:, 40:43] = 0.5
    assert remove_page_rules(darkness, 20)[:, 40:43].max() < 0.1
    assert remove_page_rules(darkness, 20, upright=False)[:, 40:43].min() == 0.5


def test_a_tiny_page_has_no_room_for_lines():
    darkness = np.full((20, 200), 0.5, np.float32)
    assert remove_page_rules(darkness, 6) is darkness
