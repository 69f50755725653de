from __future__ import annotations

import runpy
from pathlib import Path

import numpy as np
import pytest

from lenet.errors import UsageError
from lenet.images.normalize import normalize_digit
from lenet.samples import read_sample, sample_path

DRAW_SAMPLES = Path(__file__).parents[2] / "tools/draw_samples.py"


@pytest.mark.parametrize("digit", range(10))
def test_a_sample_is_what_the_script_draws(digit):
    script = runpy.run_path(str(DRAW_SAMPLES))
    drawn = script["draw_digit"](script["STROKES"][digit], seed=digit)
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
