"""A person's picture file, read safely into luminance: whatever it holds, a picture or one clear sentence."""

from __future__ import annotations

import importlib
import io
import logging
import os
import threading
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from lenet.errors import PictureError
from lenet.storage import read_at_most
from lenet.texts import say

if TYPE_CHECKING:
    from PIL.Image import Image

MAX_PIXELS = 64_000_000
MAX_FILE_BYTES = 256 * 1024 * 1024  # 64 megapixels of 8-bit colour, uncompressed, with room to spare
WORKING_SIDE = 1024  # larger pictures are reduced while the shorter side keeps at least this many pixels

PLUGINS = ("Png", "Jpeg", "WebP", "Tiff", "Bmp", "Gif", "Ppm", "Avif")
KINDS = "PNG, JPEG, WebP, TIFF, BMP, GIF, PGM, PPM"
HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}

# EXIF's tag 0x0112: how the stored rows must be turned to stand upright
ORIENTATION_TAG = 0x0112
TURNS: dict[int, Callable[[np.ndarray], np.ndarray]] = {
    2: np.fliplr,
    3: lambda rows: np.rot90(rows, 2),
    4: np.flipud,
    5: np.transpose,
    6: lambda rows: np.rot90(rows, -1),
    7: lambda rows: np.rot90(rows, 2).T,
    8: np.rot90,
}
SIDEWAYS = (5, 6, 7, 8)  # those that exchange height and width

_SILENT = logging.NullHandler()  # else Python prints Pillow's log records on standard error


def read_picture(source: str | Path | bytes) -> np.ndarray:
    """Read one picture as luminance, upright, on white paper.

    Args:
        source: a file's path, or a file's content: PNG, JPEG, WebP, TIFF, BMP, PGM, PPM, the first frame of a
            GIF; AVIF where Pillow has it, HEIC where pillow-heif is installed.
    Returns:
        (H, W) uint8, 0 black to 255 white. A picture whose shorter side has 2 x 1024 pixels or more
        comes back reduced by a whole factor.
    Raises:
        PictureError: absent, unreadable, damaged, not a picture, or more than 64 megapixels.
    Assumption:
        Transparency lies on white, as on a page; a picture that would vanish there (white ink) lies on black.
    """
    return read_sized(source)[0]


def read_sized(source: str | Path | bytes) -> tuple[np.ndarray, tuple[int, int]]:
    """Read one picture as `read_picture` does, and say how large it is in its file.

    Args:
        source: see `read_picture`.
    Returns:
        What `read_picture` returns; and height and width of the upright picture before it was reduced.
    Raises:
        PictureError: see `read_picture`.
    """
    name = say("picture.given") if isinstance(source, bytes) else str(source)
    content = source if isinstance(source, bytes) else _read_content(Path(source))
    if not content:
        raise PictureError("picture.empty", name=name)
    try:
        with _QUIET:
            return _decode(content, name)
    except PictureError:
        raise
    except MemoryError as error:
        raise PictureError("picture.memory", name=name) from error
    except Exception as error:  # a damaged file makes Pillow raise nearly anything
        raise _name_fault(name, error) from error


def _read_content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:  # a pipe has no size: read one byte past the limit instead of asking
            content = read_at_most(file, MAX_FILE_BYTES + 1)
    except FileNotFoundError as error:
        raise PictureError("file.absent", path=path) from error
    except (OSError, ValueError) as error:  # ValueError: a path with a zero byte
        reason = getattr(error, "strerror", None) or error
        raise PictureError("file.unreadable", path=path, reason=reason) from error
    if len(content) > MAX_FILE_BYTES:
        raise PictureError("picture.too_many_bytes", name=path, limit=MAX_FILE_BYTES // 1024**2)
    return content


class _Quiet:
    """Keeps Pillow's warnings and log records from the reader's screen while any thread reads a picture.

    Warning filters belong to the whole process: the first thread that reads sets them aside, the last one
    puts them back. What libtiff itself prints of a damaged file stays: only the standard error of the whole
    process could be taken away.
    """

    def __init__(self) -> None:
        self._begin()

    def _begin(self) -> None:
        self._process, self._lock, self._readers = os.getpid(), threading.Lock(), 0
        self._filters = warnings.catch_warnings()

    def __enter__(self) -> None:
        logging.getLogger("PIL").addHandler(_SILENT)
        if (
            self._process != os.getpid()
        ):  # a fork may have taken the lock and the filters of a reading thread along
            if self._readers:
                self._filters.__exit__(None, None, None)
            self._begin()
        with self._lock:
            self._readers += 1
            if self._readers == 1:
                self._filters = warnings.catch_warnings()
                self._filters.__enter__()
                warnings.simplefilter("ignore")

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._readers -= 1
            if not self._readers:
                self._filters.__exit__(None, None, None)


_QUIET = _Quiet()


def _decode(content: bytes, name: str) -> tuple[np.ndarray, tuple[int, int]]:
    image = _open(content, name)
    width, height = image.size
    _shrink_while_decoding(image)
    if image.width * image.height > MAX_PIXELS:
        limit = MAX_PIXELS // 1_000_000
        raise PictureError("picture.too_large", name=name, width=width, height=height, limit=limit)
    image.load()
    orientation = _read_orientation(image)
    upright = TURNS.get(orientation, np.asarray)
    size = (width, height) if orientation in SIDEWAYS else (height, width)
    return np.ascontiguousarray(upright(_take_luminance(image))), size


def _open(content: bytes, name: str) -> Image:
    from PIL import Image

    for plugin in PLUGINS:  # else Pillow loads all of its forty at the first unknown name
        importlib.import_module(f"PIL.{plugin}ImagePlugin")
    formats = [plugin.upper() for plugin in PLUGINS]
    if content[4:8] == b"ftyp" and content[8:12] in HEIC_BRANDS:
        formats = [_add_heic(name)]
    if content.startswith(b"\xff\xd8\xff"):
        # not by Image.open, which refuses 200 megapixels before they can be decoded at 1/8
        from PIL.JpegImagePlugin import JpegImageFile

        return JpegImageFile(io.BytesIO(content))
    return Image.open(io.BytesIO(content), formats=formats)


def _add_heic(name: str) -> str:
    try:
        importlib.import_module("pillow_heif").register_heif_opener()
    except ImportError as error:
        raise PictureError("picture.heic", name=name) from error
    return "HEIF"


def _shrink_while_decoding(image: Image) -> None:
    # Only JPEG can: at 1/2, 1/4 or 1/8, and straight to luminance. A progressive one is held whole in memory
    # all the same, so its full size has to pass the limit.
    whole = image.info.get("progressive") and image.width * image.height > MAX_PIXELS
    if image.format == "JPEG" and not whole:
        image.draft("L", (min(image.width, WORKING_SIDE), min(image.height, WORKING_SIDE)))


def _read_orientation(image: Image) -> int:
    try:
        return int(image.getexif().get(ORIENTATION_TAG, 1))
    except Exception:  # damaged EXIF is no reason to refuse a picture that is whole
        return 1


def _take_luminance(image: Image) -> np.ndarray:
    from PIL import Image

    if image.mode.startswith(("I", "F")):
        image = Image.fromarray(_scale_depth(np.asarray(image)))
    elif image.has_transparency_data and not _is_invisible(image):
        return _lay_on_paper(_reduce(image.convert("RGBA")))
    elif image.mode == "LAB":  # which Pillow cannot convert; its first band is lightness
        image = image.getchannel(0)
    return np.asarray(_reduce(image.convert("L")))


def _is_invisible(image: Image) -> bool:
    """Whether every pixel is transparent, as where a program filled four channels with three colours."""
    alpha = image.convert("RGBA").getchannel("A")
    return alpha.getextrema() == (0, 0)


def _reduce(image: Image) -> Image:
    factor = min(image.width, image.height) // WORKING_SIDE
    return image.reduce(factor) if factor > 1 else image


def _scale_depth(values: np.ndarray) -> np.ndarray:
    """Bring 10- to 32-bit integers or floats to 0 to 255, by the smallest usual depth that holds them."""
    values = np.nan_to_num(values, posinf=0, neginf=0) if values.dtype.kind == "f" else values
    brightest = values.max()
    depths = (255, 1023, 4095, 16383, 65535)
    top = next((depth for depth in depths if brightest <= depth), brightest)
    if values.dtype.kind == "f" and brightest <= 1:
        top = 1
    scaled: np.ndarray = np.rint(np.clip(values, 0, top) * np.float32(255 / top)).astype(np.uint8)
    return scaled


def _lay_on_paper(image: Image) -> np.ndarray:
    from PIL import Image

    on_white = np.asarray(Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("L"))
    if np.ptp(on_white) >= 16:
        return on_white
    on_black = np.asarray(Image.alpha_composite(Image.new("RGBA", image.size, "black"), image).convert("L"))
    return on_black if np.ptp(on_black) >= 16 else on_white


def _name_fault(name: str, error: Exception) -> PictureError:
    from PIL import Image, UnidentifiedImageError

    if isinstance(error, Image.DecompressionBombError):
        return PictureError("picture.bomb", name=name, limit=MAX_PIXELS // 1_000_000)
    if isinstance(error, UnidentifiedImageError):
        return PictureError("picture.unknown", name=name, kinds=KINDS)
    reason = " ".join(str(error).split())[:120] or type(error).__name__
    return PictureError("picture.damaged", name=name, reason=reason)
