"""Pictures in tar and zip files, read without unpacking anything to the disk."""

from __future__ import annotations

import tarfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from lenet.errors import DataError, FileError, LenetError
from lenet.reading.entries import Content, Entry, is_picture, read_member

UNREADABLE = (tarfile.TarError, EOFError, zlib.error, OSError, ValueError, RuntimeError, NotImplementedError)


class _DamagedHeader(Exception):
    """A member's header is neither one nor the end mark."""


class _StrictInfo(tarfile.TarInfo):
    """A header that is refused where tarfile would take a damaged one for the end of the archive."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> _StrictInfo:
        try:
            return super().frombuf(buf, encoding, errors)
        except tarfile.HeaderError as error:
            # no block at all or one of zeros is how a tar ends
            if not buf or not any(buf):
                raise
            raise _DamagedHeader(str(error)) from error


class Tar:
    """The pictures in a tar file, compressed or not, in their order there.

    Args:
        path: of the tar file.
    Raises:
        FileError: it cannot be opened.
        DataError: it is no tar file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._stream: Iterator[tuple[int, tarfile.TarInfo | None]] = iter(())
        self._archive: tarfile.TarFile | None = None
        self._next = 0

    def _open(self) -> tarfile.TarFile:
        try:
            # as a stream: no list of all members in memory, and compressed ones are never read backward
            return tarfile.open(self.path, "r|*", tarinfo=_StrictInfo)
        # TypeError: of tarfile, where a gzip header is cut off
        except (tarfile.TarError, EOFError, zlib.error, TypeError, _DamagedHeader) as error:
            raise DataError("bulk.archive", path=self.path, reason=error) from error
        except OSError as error:
            raise FileError("file.unreadable", path=self.path, reason=error.strerror or error) from error

    def _walk(self, archive: tarfile.TarFile) -> Iterator[tuple[int, tarfile.TarInfo | None]]:
        """Number and header of each member; at last a number without a header where the file is damaged."""
        number = 0
        while True:
            try:
                member = archive.next()
            except (*UNREADABLE, _DamagedHeader):
                yield number, None
                return
            if member is None:
                return
            archive.members.clear()  # type: ignore[attr-defined]  # which tarfile keeps, however many there are
            yield number, member
            number += 1

    def list(self) -> Iterator[Entry]:
        """Number and name of each picture; a last entry without a name where the file is damaged."""
        with self._open() as archive:
            for number, member in self._walk(archive):
                if member is None:
                    yield [number, None]
                elif member.isreg() and is_picture(member.name):
                    yield [number, member.name]

    def read(self, entries: Iterable[Entry]) -> Iterator[Content]:
        """Each picture's path in the archive and its content.

        A tar is read from its beginning: entries after those of the call before are reached without starting
        again.
        """
        for number, name in entries:
            if name is None:
                yield str(self.path), DataError("bulk.damaged_member", path=self.path, number=number + 1)
                continue
            place = f"{self.path}/{name}"
            yield place, self._read(number, place)

    def _read(self, number: int, place: str) -> bytes | LenetError:
        if self._archive is None or number < self._next:
            if self._archive:
                self._archive.close()
            self._archive, self._next = self._open(), 0
            self._stream = self._walk(self._archive)
        try:
            for found, member in self._stream:
                self._next = found + 1
                if member is None:
                    break
                if found == number:
                    file = self._archive.extractfile(member)
                    return read_member(file, place) if file else _fault(place, "-")
        except UNREADABLE as error:
            return _fault(place, error)
        return _fault(place, "-")


class Zip:
    """The pictures in a zip file, sorted as in its directory.

    Args:
        path: of the zip file.
    Raises:
        FileError: it cannot be opened.
        DataError: it is no zip file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._opened: zipfile.ZipFile | None = None

    @property
    def _archive(self) -> zipfile.ZipFile:
        if self._opened is None:
            try:
                self._opened = zipfile.ZipFile(self.path)
            except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
                raise DataError("bulk.archive", path=self.path, reason=error) from error
            except OSError as error:
                raise FileError("file.unreadable", path=self.path, reason=error.strerror or error) from error
        return self._opened

    def list(self) -> Iterator[Entry]:
        """Number, name and checksum of each picture."""
        for number, member in enumerate(self._archive.infolist()):
            if not member.is_dir() and is_picture(member.filename):
                yield [number, member.filename, member.CRC]

    def read(self, entries: Iterable[Entry]) -> Iterator[Content]:
        """Each picture's path in the archive and its content."""
        members = self._archive.infolist()
        for number, name, _ in entries:
            place = f"{self.path}/{name}"
            try:
                with self._archive.open(members[number]) as file:
                    yield place, read_member(file, place)
            except (zipfile.BadZipFile, *UNREADABLE) as error:
                yield place, _fault(place, error)


def _fault(place: str, reason: Any) -> FileError:
    return FileError("file.unreadable", path=place, reason=reason)
