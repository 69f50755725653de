"""One picture file as an image to learn from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeAlias

import numpy as np

from lenet.errors import DataError, PictureError
from lenet.images.normalize import Find, find_digits
from lenet.images.read import read_picture

Pick: TypeAlias = Callable[[Sequence[Find]], np.ndarray]  # chooses the way in which a picture is read


def read_example(source: Path | bytes, name: str | None = None, pick: Pick | None = None) -> np.ndarray:
    """Read one picture in MNIST's form.

    Args:
        source: its path, or the content of its file.
        name: what a message calls it; None for its path.
        pick: chooses among the finds of a picture that can be read in several ways, as `Network.pick` does.
    Returns:
        (28, 28) uint8, ink bright. With `pick` a picture is cleaned up as `lenet recognize` does, which
        leaves MNIST's form as it is. Without, one of 28x28 stays as it is, inverted where its border is
        bright, and any other is cleaned up in the likeliest way.
    Raises:
        PictureError: not a picture.
        DataError: no digit in it.
    """
    picture = read_picture(source)
    small = picture.shape == (28, 28)
    if pick or not small:
        finds = find_digits(picture)
        digit = pick(finds) if pick else finds[0].digit
        if digit.any():
            return digit
        if not small:
            reason = PictureError("picture.no_mark")
            raise DataError("data.picture", path=name or source, reason=reason) from reason
    border = np.concatenate([picture[0], picture[-1], picture[:, 0], picture[:, -1]])
    return picture if np.median(border) < 128 else 255 - picture
