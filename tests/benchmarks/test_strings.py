"""The generator of numbers: its key alone decides, and its gaps are what they are called."""

import numpy as np
import pytest

pytest.importorskip("scipy", reason="benchmarks draw with SciPy, which comes with scikit-learn")

from benchmarks.strings import GAPS, KINDS, SOLID, Digits, draw_number, draw_sheet, place_digits
from lenet.images.read import read_picture
from lenet.samples import read_sample

DIGITS = Digits(
    np.stack([np.pad(255 - read_sample(digit)[::5, ::5], ((2, 3), (2, 3))) for digit in range(10)]),
    np.arange(10, dtype=np.uint8),
)


@pytest.mark.parametrize("kind", KINDS)
def test_a_number_depends_on_its_key_alone(kind):
    number, content = draw_number(DIGITS, kind, 4, 7)
    assert draw_number(DIGITS, kind, 4, 7) == (number, content)
    assert draw_number(DIGITS, kind, 4, 8)[1] != content
    assert len(number) == 4
    picture = read_picture(content)
    assert picture.ndim == 2
    assert np.ptp(picture) > 80


@pytest.mark.parametrize("gap", [5, 0, -2])
def test_neighbours_are_as_near_as_their_gap_says(gap):
    bars = [np.full((20, 4), 255.0), np.full((20, 6), 255.0)]
    left, right = (np.flatnonzero(layer.any(axis=0)) for layer in place_digits(bars, [gap], [0, 0]))
    assert right[0] - left[-1] - 1 == gap
    assert SOLID < 255


def test_the_kinds_are_those_of_the_document():
    assert [GAPS[kind] for kind in ("touch", "over1", "over4")] == [(0, 0), (-1, -1), (-4, -4)]


def test_a_sheet_has_its_rows():
    numbers, content = draw_sheet(DIGITS, 0, 3)
    assert [len(number) for number in numbers] == [6, 6, 6]
    assert draw_sheet(DIGITS, 0, 3) == (numbers, content)
    assert read_picture(content).shape[0] == 3 * 64 + 120
