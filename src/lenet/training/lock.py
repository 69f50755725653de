"""One process at a time in a run's folder: a lock that ends with the process that holds it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from lenet.errors import FileError, RunError
from lenet.locks import is_same_file, lock_file

LOCK_FILE = ".lock"


@contextmanager
def hold_folder(folder: Path) -> Iterator[None]:
    """Keep every other process out of a run's folder, which is made, and goes again if it stays empty.

    A killed process leaves an empty file behind, but no lock.

    Args:
        folder: of the run.
    Raises:
        RunError: another training is under way in it.
        FileError: it cannot be made or written.
    """
    made = not folder.exists()
    path = folder / LOCK_FILE
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = _claim(path)
    except OSError as error:
        raise FileError("file.unwritable", path=folder, reason=error.strerror or error) from error
    try:
        yield
    finally:
        with suppress(OSError):  # Windows removes no open file: there it stays, empty
            path.unlink()
        os.close(handle)
        if made:
            with suppress(OSError):  # not empty: the run lies in it
                folder.rmdir()


def _claim(path: Path) -> int:
    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            lock_file(handle)
        except BlockingIOError as error:
            os.close(handle)
            raise RunError("run.held", path=path.parent) from error
        if is_same_file(handle, path):
            return handle
        os.close(handle)  # its last holder removed it meanwhile: this lock would keep nobody out
