"""scikit-learn's bundled digits, 1,797 real ones of 8x8, in MNIST's geometry: data that is always at hand."""

from __future__ import annotations

import numpy as np

from lenet.data.examples import Examples
from lenet.errors import MissingExtra
from lenet.images.geometry import center_by_mass

TRAIN = 1_437


def read_digits() -> tuple[Examples, Examples]:
    """Scale the digits to 20x20 (bicubic) and center each by its mass in 28x28.

    Returns:
        The first 1,437 to train on and the last 360 to test with, unshuffled.
    Raises:
        MissingExtra: scikit-learn is not installed.
    Source:
        E. Alpaydin and C. Kaynak, "Optical Recognition of Handwritten Digits", UCI, 1998: the test part.
    """
    try:
        from sklearn.datasets import load_digits
    except ImportError as error:
        raise MissingExtra("extra.missing", package="scikit-learn", extra="sklearn") from error
    bunch = load_digits()
    images = np.stack([_enlarge(image) for image in bunch.images])
    labels = bunch.target.astype(np.int64)
    assert len(images) == 1_797
    return Examples(images[:TRAIN], labels[:TRAIN]), Examples(images[TRAIN:], labels[TRAIN:])


def _enlarge(image: np.ndarray) -> np.ndarray:
    """(8, 8) from 0 to 16, ink high, to (28, 28) uint8."""
    from PIL import Image

    ink = np.round(image * (255 / 16)).astype(np.uint8)
    box = Image.fromarray(ink).resize((20, 20), Image.Resampling.BICUBIC)
    return center_by_mass(np.asarray(box))
