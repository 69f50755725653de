"""Where many pictures come from: one entry a picture, in a fixed order, read again from any entry on."""

from __future__ import annotations

import glob
from pathlib import Path

from lenet.errors import FileError, UsageError
from lenet.reading.entries import Source
from lenet.reading.paths import Folder, PathList, Pattern

TAR_ENDINGS = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")
IDX_STARTS = (b"\0\0", b"\x1f\x8b")


def open_source(path: str, column: str | None = None) -> Source:
    """Choose how to read a source, by what it is.

    Args:
        path: a folder, a .tar, .zip or .parquet file, an IDX file of images, a .txt file with one path per
            line, or a pattern such as `scans/*.png`.
        column: of a .parquet file: the column with the pictures.
    Raises:
        UsageError: none of these, or a column where there is none.
        FileError: there is no such file.
        MissingExtra: pyarrow is needed, and absent.
    """
    place = Path(path)
    ending = place.name.lower()
    if column is not None and not ending.endswith(".parquet"):
        raise UsageError("bulk.column", column=column, path=path)
    if place.is_dir():
        return Folder(place)
    if not place.exists():
        if glob.has_magic(path):
            return Pattern(path)
        raise FileError("file.absent", path=path)
    if ending.endswith(TAR_ENDINGS):
        from lenet.reading.archives import Tar

        return Tar(place)
    if ending.endswith(".zip"):
        from lenet.reading.archives import Zip

        return Zip(place)
    if ending.endswith(".parquet"):
        from lenet.reading.arrays import Parquet

        return Parquet(place, column)
    if ending.endswith(".txt"):
        return PathList(place)
    if _starts_as_idx(place):
        from lenet.reading.arrays import Idx

        return Idx(place)
    raise UsageError("bulk.source", path=path)


def _starts_as_idx(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(2) in IDX_STARTS
    except OSError as error:
        raise FileError("file.unreadable", path=path, reason=error.strerror or error) from error
