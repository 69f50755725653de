"""A picture in whatever form a caller has it: a path, a PIL image, an array."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from lenet.errors import PictureError, ShapeError
from lenet.images.read import read_picture
from lenet.texts import say

if TYPE_CHECKING:
    from PIL.Image import Image

CHANNELS = (1, 3, 4)
PNG_MODES = ("1", "L", "LA", "I;16", "P", "RGB", "RGBA")

Picture: TypeAlias = "str | Path | np.ndarray | Image"


def is_one(pictures: Any) -> bool:
    """Whether this is one picture, not a collection of them."""
    if isinstance(pictures, np.ndarray):
        return pictures.ndim <= 2 or (pictures.ndim == 3 and pictures.shape[2] in CHANNELS)
    return isinstance(pictures, str | Path) or hasattr(pictures, "getexif")


def open_picture(picture: Any) -> np.ndarray:
    """A path, a PIL image or an array as (H, W) luminance.

    Args:
        picture: a path, a PIL image, or an array of uint8, (H, W) or (H, W, 1, 3 or 4).
    Returns:
        (H, W) uint8, 0 black to 255 white.
    Raises:
        PictureError: a file that is no picture.
        ShapeError: an array that is no picture.
    """
    if isinstance(picture, str | Path):
        return read_picture(picture)
    if isinstance(picture, np.ndarray):
        if picture.ndim == 3 and picture.shape[2] == 1:
            picture = picture[:, :, 0]
        if picture.ndim == 2:
            return picture
        if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] not in CHANNELS:
            raise ShapeError("picture.shape", shape=picture.shape, dtype=picture.dtype)
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
    return read_picture(content.getvalue())
