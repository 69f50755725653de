"""The marks on a page, and those that make up the digit: by hand."""

import numpy as np
import pytest

from lenet.images.marks import Mark, chain_dots, choose_marks, count_others, find_marks, join_marks

SHAPE = (200, 200)


def make_mark(top, left, bottom, right, level=0.8):
    return Mark(top, left, bottom, right, mass=level * (bottom - top) * (right - left) / 3, level=level)


DIGIT = make_mark(50, 80, 130, 120)


def test_a_mark_has_its_box_its_mass_and_its_own_level():
    darkness = np.zeros((60, 60), np.float32)
    darkness[10:30, 10:14] = 0.9
    darkness[40:44, 20:50] = 0.3
    labels, marks = find_marks(darkness)
    assert [(mark.top, mark.left, mark.bottom, mark.right) for mark in marks] == [
        (10, 10, 30, 14),
        (40, 20, 44, 50),
    ]
    assert [mark.mass for mark in marks] == pytest.approx([72, 36], rel=1e-5)
    assert [mark.level for mark in marks] == pytest.approx([0.9, 0.3], rel=1e-5)
    assert set(labels[10:30, 10:14].ravel()) == {1}


def test_a_stroke_near_the_digit_belongs_to_it():
    bar = make_mark(40, 85, 46, 125)
    assert choose_marks([DIGIT, bar], SHAPE) == (1, 2)


def test_a_digit_beside_it_does_not():
    other = make_mark(52, 124, 128, 160)
    assert choose_marks([DIGIT, other], SHAPE) == (1,)
    assert count_others([DIGIT, other], (1,), SHAPE) == 1


def test_a_speck_and_a_pale_shadow_do_not():
    speck, shadow = make_mark(60, 122, 62, 124), make_mark(50, 60, 130, 78, level=0.2)
    assert choose_marks([DIGIT, speck, shadow], SHAPE) == (1,)
    assert count_others([DIGIT, speck, shadow], (1,), SHAPE) == 0


def test_what_lies_at_the_edge_weighs_less_than_a_smaller_mark_that_does_not():
    table = make_mark(0, 0, 200, 30)
    assert choose_marks([table, DIGIT], SHAPE) == (2,)


def test_a_known_box_decides():
    larger = make_mark(20, 5, 180, 30)
    assert choose_marks([larger, DIGIT], SHAPE) == (1,)
    assert choose_marks([larger, DIGIT], SHAPE, DIGIT) == (2,)


def test_dots_in_a_chain_are_one_stroke():
    dots = [Mark(10 * k, 50, 10 * k + 5, 55, 25 * 0.8, 0.8) for k in range(1, 12)]
    far = Mark(150, 150, 155, 155, 25 * 0.8, 0.8)
    assert choose_marks([*dots, far], SHAPE) == tuple(range(1, 12))
    assert chain_dots([dots[0], far], 0) == {0}


def test_strokes_are_no_dots():
    assert not make_mark(10, 10, 60, 14).is_dot  # too long
    assert not make_mark(10, 10, 40, 35).is_dot  # too thin: a third of its box is ink


def test_marks_joined_have_the_box_around_them():
    joined = join_marks([DIGIT, make_mark(40, 85, 46, 125)])
    assert (joined.top, joined.left, joined.bottom, joined.right) == (40, 80, 130, 125)
