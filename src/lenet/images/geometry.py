"""MNIST's geometry: the digit in a box of 20 pixels, its centre of mass in the middle of 28x28."""

from __future__ import annotations

import numpy as np

from lenet.architecture import BOX, STORED
from lenet.errors import PictureError, ShapeError

FARTHEST = 0.53  # pixels from the middle to the centre of mass, the most in all of MNIST's training set


def is_normal(ink: np.ndarray) -> bool:
    """Whether a picture already has MNIST's form: 28x28, ink on zeros, in a box of 20, centred by mass."""
    if ink.shape != (STORED, STORED) or not ink.any():
        return False
    box = crop(ink)
    if not BOX - 2 <= max(box.shape) <= BOX:
        return False
    off = max(abs(middle - STORED / 2) for middle in _find_center(ink))
    return off <= FARTHEST or np.array_equal(center_by_mass(box), ink)


def crop(ink: np.ndarray) -> np.ndarray:
    """Cut the smallest box that holds everything above zero."""
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def fit_box(ink: np.ndarray) -> np.ndarray:
    """Scale a digit so that its longer side is 20 pixels, the aspect kept, anti-aliased.

    Args:
        ink: (H, W) float32, 0 to 255.
    Returns:
        (h, w) uint8, the longer of them 20.
    """
    from PIL import Image

    scale = BOX / max(ink.shape)
    height, width = (max(1, round(side * scale)) for side in ink.shape)
    filter_ = Image.Resampling.BOX if scale < 0.5 else Image.Resampling.BILINEAR
    scaled = np.asarray(Image.fromarray(ink.astype(np.float32)).resize((width, height), filter_))
    box: np.ndarray = np.rint(np.clip(scaled, 0, 255)).astype(np.uint8)
    return box


def center_by_mass(box: np.ndarray) -> np.ndarray:
    """Place a digit in 28x28 so that its centre of mass is at (14, 14), or as near as the edge allows.

    Args:
        box: (h, w) uint8, at most 28 x 28, ink up to 255 on 0.
    Returns:
        (28, 28) uint8: the box, moved by whole pixels.
    Raises:
        ShapeError: the box is larger than 28 x 28, or not uint8.
        PictureError: the box is blank.
    Source:
        MNIST: the centres of mass of its training images are within half a pixel of (14, 14).
    """
    if box.ndim != 2 or box.dtype != np.uint8:
        raise ShapeError("picture.shape", shape=box.shape, dtype=box.dtype)
    height, width = box.shape
    if max(height, width) > STORED:
        raise ShapeError("picture.box", height=height, width=width)
    if not box.any():
        raise PictureError("picture.no_mark")
    top, left = (
        int(np.clip(np.floor(STORED / 2 - middle + 0.5), 0, STORED - side))
        for middle, side in zip(_find_center(box), box.shape, strict=True)
    )
    picture = np.zeros((STORED, STORED), np.uint8)
    picture[top : top + height, left : left + width] = box
    return picture


def _find_center(ink: np.ndarray) -> tuple[float, float]:
    mass = ink.sum(dtype=np.float64)
    rows, columns = (ink.sum(axis=axis, dtype=np.float64) for axis in (1, 0))
    return float(np.arange(len(rows)) @ rows / mass), float(np.arange(len(columns)) @ columns / mass)
