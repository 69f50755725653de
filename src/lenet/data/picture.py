"""One picture file as an image to learn from."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from lenet.errors import DataError, PictureError
from lenet.images.normalize import normalize_digit
from lenet.images.read import read_picture


def read_example(source: Path | bytes, name: str | None = None) -> np.ndarray:
    """Read one picture in MNIST's form.

    Args:
        source: its path, or the content of its file.
        name: what a message calls it; None for its path.
    Returns:
        (28, 28) uint8, ink bright. A picture of 28x28 stays as it is, inverted where its border is bright;
        any other is cleaned up as `lenet recognize` does.
    Raises:
        PictureError: not a picture.
        DataError: no digit in it.
    """
    picture = read_picture(source)
    if picture.shape != (28, 28):
        try:
            return normalize_digit(picture)
        except PictureError as error:
            raise DataError("data.picture", path=name or source, reason=error) from error
    border = np.concatenate([picture[0], picture[-1], picture[:, 0], picture[:, -1]])
    return picture if np.median(border) < 128 else 255 - picture
