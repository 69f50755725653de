"""A picture in whatever form a caller has it: a path, a PIL image, an array."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from lenet.errors import PictureError, ShapeError
from lenet.images.read import read_sized
from lenet.texts import say

if TYPE_CHECKING:
    from PIL.Image import Image

CHANNELS = (1, 3, 4)
PNG_MODES = ("1", "L", "LA", "I;16", "P", "RGB", "RGBA")

Picture: TypeAlias = "str | Path | np.ndarray | Image"


def is_one(pictures: Any) -> bool:
    """Whether this is one picture, not a collection of them."""
    if isinstance(pictures, list | tuple) and not _holds_numbers(pictures):
        return False
    if isinstance(pictures, np.ndarray | list | tuple) or is_tensor(pictures):
        shape = np.shape(take_array(pictures))
        channels = len(shape) == 3 and (shape[2] in CHANNELS or shape[0] == 1)
        return len(shape) <= 2 or channels
    return isinstance(pictures, str | Path) or hasattr(pictures, "getexif")


def _holds_numbers(rows: Any) -> bool:
    """Whether a list holds rows of numbers, as of one picture, not pictures."""
    first = rows[0] if rows else None
    row = isinstance(first, list | tuple) and first and isinstance(first[0], bool | int | float)
    return bool(row)


def is_tensor(value: Any) -> bool:
    """Whether this is a tensor of PyTorch or of a library that is like it, without importing one."""
    return hasattr(value, "__array__") and not isinstance(value, np.ndarray) and not hasattr(value, "getexif")


def take_array(value: Any) -> np.ndarray:
    """An array, a tensor on any device, or rows of numbers, as an array.

    Raises:
        ShapeError: rows of different lengths, or what is no array at all.
    """
    try:
        if hasattr(value, "detach"):
            value = value.detach().cpu()
        return np.asarray(value)
    except (TypeError, ValueError, RuntimeError) as error:
        raise ShapeError("picture.shape", shape="?", dtype=type(value).__name__) from error


def scale_greys(picture: np.ndarray) -> np.ndarray:
    """Grey levels as uint8, 0 to 255: of whole numbers in this range, of floats from 0 to 1, of truth values.

    Raises:
        ShapeError: other numbers.
    """
    if picture.dtype == np.uint8:
        return picture
    if picture.dtype == bool:
        return picture.astype(np.uint8) * np.uint8(255)
    if picture.dtype.kind in "iuf" and picture.size and np.isfinite(picture).all():
        least, most = float(picture.min()), float(picture.max())
        factor = 255 if picture.dtype.kind == "f" and most <= 1 else 1
        if least >= 0 and most <= 255:
            return np.rint(picture * factor).astype(np.uint8)
    raise ShapeError("picture.shape", shape=picture.shape, dtype=picture.dtype)


def open_picture(picture: Any) -> np.ndarray:
    """A path, a PIL image or an array as (H, W) luminance.

    Args:
        picture: a path, a PIL image, or an array, (H, W) or (H, W, 1, 3 or 4): of uint8, of whole numbers
            from 0 to 255, of floats from 0 to 1, of truth values; also a tensor of PyTorch, or rows of
            numbers.
    Returns:
        (H, W) uint8, 0 black to 255 white.
    Raises:
        PictureError: a file that is no picture.
        ShapeError: an array that is no picture.
    """
    return open_sized(picture)[0]


def open_sized(picture: Any) -> tuple[np.ndarray, tuple[int, int]]:
    """A picture as `open_picture` gives it, and its own height and width, where it was reduced.

    Args:
        picture: see `open_picture`.
    Raises:
        PictureError, ShapeError: see `open_picture`.
    """
    if isinstance(picture, str | Path):
        return read_sized(picture)
    if isinstance(picture, np.ndarray | list | tuple) or is_tensor(picture):
        picture = take_array(picture)
        if picture.ndim == 3 and picture.shape[0] in CHANNELS and picture.shape[2] not in CHANNELS:
            picture = np.moveaxis(picture, 0, 2)  # PyTorch's order
        if picture.ndim == 3 and picture.shape[2] == 1:
            picture = picture[:, :, 0]
        if picture.ndim != 2 and (picture.ndim != 3 or picture.shape[2] not in CHANNELS):
            raise ShapeError("picture.shape", shape=picture.shape, dtype=picture.dtype)
        picture = scale_greys(picture)
        if picture.ndim == 2:
            return picture, picture.shape
    elif not hasattr(picture, "getexif"):
        raise ShapeError("picture.shape", shape=np.shape(picture), dtype=type(picture).__name__)
    from io import BytesIO

    from PIL import Image

    if isinstance(picture, np.ndarray):
        picture = Image.fromarray(picture)
    # through a file's content: one path for palettes, transparency, depth and orientation
    content = BytesIO()
    try:
        if picture.mode not in PNG_MODES:
            picture = picture.convert("I;16" if picture.mode == "I" else "RGB")
        picture.save(content, "PNG", exif=picture.getexif())
    except (OSError, ValueError, SyntaxError) as error:  # read only now, and damaged
        raise PictureError("picture.damaged", name=say("picture.given"), reason=error) from error
    return read_sized(content.getvalue())
