"""Locks on files, which end with the process that holds them."""

from __future__ import annotations

import errno
import os
import sys

HELD = (errno.EAGAIN, errno.EACCES, errno.EDEADLK)  # what systems answer where another one holds the lock


def lock_file(handle: int) -> bool:
    """Lock an open file for this process, or fail at once.

    Args:
        handle: its descriptor.
    Returns:
        Whether it is locked: False on a file system without locks, as some of a network are.
    Raises:
        BlockingIOError: another process holds the lock.
    """
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in HELD:
            raise BlockingIOError(error.errno, error.strerror) from error
        return False
    return True


def is_same_file(handle: int, path: str | os.PathLike[str]) -> bool:
    """Whether a path still leads to an open file, which another process may have removed."""
    try:
        return os.path.samestat(os.fstat(handle), os.stat(path))  # noqa: PTH116
    except FileNotFoundError:
        return False
