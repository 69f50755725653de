"""Which files of a folder are pictures: one answer for `lenet recognize FOLDER` and for `--data FOLDER`."""

from __future__ import annotations

import os
from pathlib import Path

# what `read_picture` reads; a file that is named by itself is read whatever its suffix
PICTURE_SUFFIXES = {
    ".png",
    ".jpg",
    ".jpeg",
    ".webp",
    ".tif",
    ".tiff",
    ".bmp",
    ".gif",
    ".pgm",
    ".ppm",
    ".avif",
    ".heic",
    ".heif",
}


def list_pictures(folder: str | Path) -> list[Path]:
    """The picture files directly in a folder, sorted by name.

    Args:
        folder: an existing folder; its subfolders are not searched.
    Returns:
        The paths whose suffix, in any case, is one of `PICTURE_SUFFIXES`, without hidden files. macOS writes
        `._3.png` beside `3.png` on foreign disks (AppleDouble): hidden, and no picture.
    Raises:
        OSError: the folder cannot be listed.
    """
    return sorted(path for path in Path(folder).iterdir() if _is_picture(path))


def _is_picture(path: Path) -> bool:
    if path.suffix.lower() not in PICTURE_SUFFIXES or path.name.startswith("."):
        return False
    # os.path, which never raises: a dangling link is listed, so that its reader can say that it is broken
    return os.path.isfile(path) or not os.path.exists(path)  # noqa: PTH110, PTH113
