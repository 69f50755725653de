from __future__ import annotations

import numpy as np
import pytest

from lenet.errors import UsageError
from lenet.images.normalize import normalize_digit
from lenet.samples import read_sample, sample_path
from tools.draw_samples import STROKES, draw_digit


@pytest.mark.parametrize("digit", range(10))
def test_a_sample_is_what_the_script_draws(digit):
    drawn = draw_digit(STROKES[digit], seed=digit)
    # one grey level for the last bit of sin and hypot on another machine
    np.testing.assert_allclose(read_sample(digit).astype(int), drawn, atol=1)


@pytest.mark.parametrize("digit", range(10))
def test_a_sample_is_dark_ink_on_light_paper(digit):
    sample = read_sample(digit)
    assert sample.shape == (112, 112)
    assert sample.min() < 70
    assert np.median(sample) > 220
    assert normalize_digit(sample).max() > 200


@pytest.mark.parametrize("digit", [-1, 10])
def test_there_are_ten_samples(digit):
    with pytest.raises(UsageError, match=f"no sample {digit}"):
        sample_path(digit)
