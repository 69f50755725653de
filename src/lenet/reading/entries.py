"""One picture of many: what names it in its source, and what is found there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Protocol, TypeAlias

import numpy as np

from lenet.errors import FileError, LenetError, PictureError
from lenet.images.files import PICTURE_SUFFIXES
from lenet.images.read import MAX_FILE_BYTES
from lenet.storage import read_at_most, read_bytes

# What JSON can hold and what `Source.read` needs to find the picture: a name, a number, an offset.
Entry: TypeAlias = list[Any]
Content: TypeAlias = tuple[str, "bytes | np.ndarray | LenetError"]


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


def is_picture(name: str) -> bool:
    """Whether a file of a folder or an archive is a picture by its name, and not hidden."""
    last = name.rpartition("/")[2]
    return not last.startswith(".") and Path(last).suffix.lower() in PICTURE_SUFFIXES


def read_file(path: str) -> bytes | LenetError:
    """A file's content, or why it cannot be had."""
    try:
        return read_bytes(Path(path), MAX_FILE_BYTES)
    except LenetError as fault:
        return fault
    except ValueError as error:  # a path with a zero byte
        return FileError("file.unreadable", path=path, reason=error)


def read_member(file: Any, name: str) -> bytes | LenetError:
    """The content of an archive's member, or why it cannot be had: unpacked it may be too large."""
    content = read_at_most(file, MAX_FILE_BYTES + 1)
    if len(content) > MAX_FILE_BYTES:
        return PictureError("picture.too_many_bytes", name=name, limit=MAX_FILE_BYTES // 1024**2)
    return content
