"""The filters of the clean-up against NumPy's own."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from lenet.images.filters import find_median, find_upper_quartile

NUMBERS = arrays(np.float32, st.integers(1, 40), elements=st.floats(-255, 255, width=32))


@given(NUMBERS)
def test_the_median_is_numpys(values):
    assert find_median(values) == np.median(values)


@given(NUMBERS)
def test_the_upper_quartile_is_numpys(values):
    assert find_upper_quartile(values) == pytest.approx(np.percentile(values, 75), rel=1e-5, abs=1e-5)
