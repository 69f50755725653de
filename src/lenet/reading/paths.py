"""Pictures in files of their own: of a folder, of a pattern, of a list."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from lenet.errors import FileError
from lenet.reading.entries import Content, Entry, is_picture, read_file


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
