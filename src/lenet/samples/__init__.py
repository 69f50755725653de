"""Ten sample digits drawn by ourselves (tools/draw_samples.py), so that a picture is always at hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from lenet.errors import UsageError
from lenet.images.read import read_picture


def sample_path(digit: int) -> Path:
    """The PNG file of one sample digit.

    Args:
        digit: 0 to 9.
    Raises:
        UsageError: there is no such sample.
    """
    if digit not in range(10):
        raise UsageError("picture.sample", digit=digit)
    return Path(__file__).with_name(f"{digit}.png")


def read_sample(digit: int) -> np.ndarray:
    """The picture of one sample digit.

    Args:
        digit: 0 to 9.
    Returns:
        (112, 112) uint8 luminance, dark ink on light paper.
    Raises:
        UsageError: there is no such sample.
    """
    return read_picture(sample_path(digit))
