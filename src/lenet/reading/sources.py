"""Where many pictures come from: one entry a picture, in a fixed order, read again from any entry on."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Protocol, TypeAlias

import numpy as np

from lenet.errors import FileError, LenetError, PictureError, UsageError
from lenet.images.files import SUFFIXES
from lenet.images.read import MAX_FILE_BYTES
from lenet.storage import read_at_most, read_bytes

# What JSON can hold and what `Source.read` needs to find the picture: a name, a number, an offset.
Entry: TypeAlias = list[Any]
Content: TypeAlias = tuple[str, "bytes | np.ndarray | LenetError"]

TAR_ENDINGS = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")
IDX_STARTS = (b"\0\0", b"\x1f\x8b")


class Source(Protocol):
    """Many pictures in a fixed order."""

    def list(self) -> Iterator[Entry]:
        """One entry per picture, the same ones in the same order each time.

        Raises:
            LenetError: the source cannot be read at all.
        """
        ...

    def read(self, entries: Iterable[Entry]) -> Iterator[Content]:
        """Name and content of the pictures of some entries, as `list` gave them, in their order.

        Yields:
            For each entry the picture's name, and its file's content, its luminance, or why it cannot be had.
        """
        ...


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


def is_picture(name: str) -> bool:
    """Whether a file of a folder or an archive is a picture by its name, and not hidden."""
    last = name.rpartition("/")[2]
    return not last.startswith(".") and Path(last).suffix.lower() in SUFFIXES


def read_file(path: str) -> bytes | LenetError:
    """A file's content, or why it cannot be had."""
    try:
        return read_bytes(Path(path), MAX_FILE_BYTES)
    except LenetError as fault:
        return fault
    except ValueError as error:  # a path with a zero byte
        return FileError("file.unreadable", path=path, reason=error)


class Folder:
    """The pictures of a folder and of the folders in it, sorted by path; links to folders are not followed.

    Args:
        path: of the folder.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def list(self) -> Iterator[Entry]:
        """The path of each picture below the folder."""
        return self._walk("")

    def _walk(self, inner: str) -> Iterator[Entry]:
        try:
            with os.scandir(self.path / inner) as found:
                files = sorted((each.name, each.is_dir(follow_symlinks=False)) for each in found)
        except OSError as error:
            raise FileError(
                "file.unreadable", path=self.path / inner, reason=error.strerror or error
            ) from error
        for name, is_folder in files:
            if is_folder and not name.startswith("."):
                yield from self._walk(f"{inner}{name}/")
            elif not is_folder and is_picture(name):
                yield [inner + name]

    def read(self, entries: Iterable[Entry]) -> Iterator[Content]:
        """Each picture's path and content."""
        for (inner,) in entries:
            name = str(self.path / inner)
            yield name, read_file(name)


class Pattern:
    """The files that match a pattern of the shell, sorted; `**` also reaches into folders.

    Args:
        pattern: such as `scans/*.png`.
    """

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern

    def list(self) -> Iterator[Entry]:
        """The path of each file."""
        # not Path.glob, which takes no pattern from the root
        found = glob.iglob(self.pattern, recursive=True)  # noqa: PTH207
        names = sorted(name for name in found if Path(name).is_file())
        return ([name] for name in names)

    def read(self, entries: Iterable[Entry]) -> Iterator[Content]:
        """Each file's path and content."""
        for (name,) in entries:
            yield name, read_file(name)


class PathList:
    """The paths in a text file, one a line, relative to the current folder; empty lines do not count.

    Args:
        path: of the text file, in UTF-8.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def list(self) -> Iterator[Entry]:
        """The path on each line."""
        try:
            with self.path.open(encoding="utf-8-sig", errors="surrogateescape") as lines:
                for line in lines:
                    name = line.rstrip("\r\n")
                    if name.strip():
                        yield [name]
        except OSError as error:
            raise FileError("file.unreadable", path=self.path, reason=error.strerror or error) from error

    def read(self, entries: Iterable[Entry]) -> Iterator[Content]:
        """Each file's path and content."""
        for (name,) in entries:
            yield name, read_file(name)


def read_member(file: Any, name: str) -> bytes | LenetError:
    """The content of an archive's member, or why it cannot be had: unpacked it may be too large."""
    content = read_at_most(file, MAX_FILE_BYTES + 1)
    if len(content) > MAX_FILE_BYTES:
        return PictureError("picture.too_many_bytes", name=name, limit=MAX_FILE_BYTES // 1024**2)
    return content
