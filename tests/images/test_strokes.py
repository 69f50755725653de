"""Strokes and their width: by hand."""

import numpy as np
import pytest

from lenet.images.strokes import THICKEST, THINNEST, find_strokes, measure_width, set_width


@pytest.mark.parametrize("level", [0.3, 0.6, 1.0])
def test_a_pale_stroke_is_as_wide_as_a_dark_one(level):
    ink = np.zeros((40, 40), np.float32)
    ink[5:35, 15:23] = level
    np.testing.assert_array_equal(find_strokes(ink), ink > 0)


def test_the_halo_of_a_dark_stroke_is_not_the_stroke():
    ink = np.zeros((40, 40), np.float32)
    ink[5:35, 14:24] = 0.3
    ink[5:35, 16:22] = 1
    np.testing.assert_array_equal(find_strokes(ink), ink == 1)


def test_at_half_black_a_pale_stroke_is_none():
    ink = np.full((9, 9), 0.4, np.float32)
    assert not find_strokes(ink, 1.0).any()


@pytest.mark.parametrize("width", [8, 16, 24])
def test_a_long_bar_is_as_wide_as_drawn(width):
    ink = np.zeros((400, 60), np.float32)
    ink[:, 20 : 20 + width] = 1
    # the centre of a pixel is half a pixel inside of its edge, and the ends of the bar count a little
    assert measure_width(ink) == pytest.approx(width + 1, abs=0.04 * width)


@pytest.mark.parametrize(("width", "wanted"), [(3, THINNEST), (60, THICKEST)])
def test_a_bar_is_brought_to_the_nearest_width_of_mnist(width, wanted):
    redrawn = set_width(np.ones((160, width), np.float32))
    height = np.count_nonzero(redrawn.max(axis=1) > 0.5)
    across = float(redrawn[len(redrawn) // 2].sum())
    assert 20 * across / height == pytest.approx(wanted, rel=0.25)
