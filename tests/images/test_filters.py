"""The filters of the clean-up against NumPy's own."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from lenet.images.filters import find_median, find_upper_quartile, measure_distance, shrink

NUMBERS = arrays(np.float32, st.integers(1, 40), elements=st.floats(-255, 255, width=32))


@given(NUMBERS)
def test_the_median_is_numpys(values):
    assert find_median(values) == np.median(values)


@given(NUMBERS)
def test_the_upper_quartile_is_numpys(values):
    assert find_upper_quartile(values) == pytest.approx(np.percentile(values, 75), rel=1e-5, abs=1e-5)


@given(st.integers(1, 60), st.integers(1, 60), st.integers(1, 20))
def test_no_side_of_what_was_shrunk_is_longer_than_asked(height, width, longest):
    picture = np.arange(height * width, dtype=np.uint16).reshape(height, width)
    small, factor = shrink(picture, longest)
    assert max(small.shape) <= longest
    assert small.min() >= 0
    assert small[0, 0] == pytest.approx(picture[:factor, :factor].mean(), rel=1e-6)


def test_a_strip_narrower_than_the_factor_is_averaged_across_its_whole_width():
    strip = np.array([[0, 2, 4, 6, 8, 10], [2, 4, 6, 8, 10, 12]], np.uint8)
    small, factor = shrink(strip, 2)
    assert factor == 3
    np.testing.assert_array_equal(small, [[3, 9]])


MASKS = arrays(bool, st.tuples(st.integers(1, 12), st.integers(1, 12)))


def measure_by_hand(mask):
    """The distance to every pixel outside, one after the other."""
    around = np.pad(mask, 1)
    outside = np.argwhere(~around)
    return np.array(
        [
            [np.sqrt(((outside - place) ** 2).sum(1).min()) if around[place] else 0 for place in row]
            for row in [
                [(y, x) for x in range(1, around.shape[1] - 1)] for y in range(1, around.shape[0] - 1)
            ]
        ]
    )


@given(MASKS)
def test_a_distance_is_the_one_to_the_nearest_pixel_outside(mask):
    np.testing.assert_allclose(measure_distance(mask), measure_by_hand(mask), rtol=1e-6)


@given(MASKS, st.integers(0, 6))
def test_a_distance_within_reach_is_exact_and_no_other_is_within_it(mask, reach):
    found, exact = measure_distance(mask, reach), measure_by_hand(mask)
    np.testing.assert_allclose(np.minimum(found, reach), np.minimum(exact, reach), rtol=1e-6)
