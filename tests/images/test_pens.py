"""Digits redrawn with another pen: as thick as asked for, but no thicker than MNIST's, and in its form."""

import numpy as np
import pytest

from lenet.images.geometry import BOX, crop, is_normal
from lenet.images.normalize import normalize_digit
from lenet.images.pens import redraw_digit
from lenet.images.strokes import THICKEST, THINNEST, measure_width
from lenet.samples import read_sample


def draw_bar(width: int) -> np.ndarray:
    """An upright bar in MNIST's form: 20 high."""
    digit = np.zeros((28, 28), np.uint8)
    digit[4:24, 14 - width // 2 : 14 - width // 2 + width] = 255
    return digit


def measure_bar(digit: np.ndarray) -> float:
    return float(digit[14].sum() / 255)


@pytest.mark.parametrize(
    ("width", "factor", "expected"), [(2, 1.5, 3), (3, 1, 3), (4, 0.5, 2), (3, 0.75, 2.25)]
)
def test_a_bar_becomes_as_wide_as_computed(width: int, factor: float, expected: float) -> None:
    # the height changes with the pen, too, and is brought back to 20
    scale = BOX / (BOX + (factor - 1) * width)
    assert measure_bar(redraw_digit(draw_bar(width), factor)) == pytest.approx(expected * scale, abs=0.3)


def test_a_pen_that_mnist_does_not_have_is_brought_to_its_nearest() -> None:
    assert measure_bar(redraw_digit(draw_bar(4), 2)) == pytest.approx(THICKEST, abs=0.5)
    assert measure_bar(redraw_digit(draw_bar(2), 0.5)) == pytest.approx(THINNEST, abs=0.5)


@pytest.mark.parametrize("factor", [0.5, 0.8, 1.3, 2.0])
@pytest.mark.parametrize("digit", range(10))
def test_a_sample_keeps_mnists_form(digit: int, factor: float) -> None:
    redrawn = redraw_digit(normalize_digit(read_sample(digit)), factor)
    assert redrawn.dtype == np.uint8
    assert is_normal(redrawn)
    assert max(crop(redrawn).shape) == BOX


@pytest.mark.parametrize("digit", range(10))
def test_a_thicker_pen_gives_thicker_strokes(digit: int) -> None:
    image = normalize_digit(read_sample(digit))
    widths = [measure_width(redraw_digit(image, factor) / 255) for factor in (0.5, 1, 1.5)]
    assert widths[0] < widths[1] < widths[2]


def test_a_blank_image_stays_blank() -> None:
    blank = np.zeros((28, 28), np.uint8)
    np.testing.assert_array_equal(redraw_digit(blank, 2), blank)
