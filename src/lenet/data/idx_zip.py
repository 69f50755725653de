"""IDX files in a zip, as EMNIST is released."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

import numpy as np

from lenet.data.idx import MAX_BYTES, read_idx
from lenet.data.idx_names import turn_upright
from lenet.errors import DataError, FileError
from lenet.storage import read_at_most

DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, KeyError, NotImplementedError, RuntimeError)


def read_zip(path: Path, members: Sequence[str]) -> list[np.ndarray]:
    """Read IDX files, gzipped or not, from a zip without unpacking it to the disk.

    Args:
        path: of the zip.
        members: the files' names in it.
    Returns:
        One array per member; images of EMNIST are turned upright.
    Raises:
        FileError: absent or unreadable.
        DataError: damaged, not a zip, without one of the members, or a member that is not IDX.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            return [_read_member(archive, name) for name in members]
    except DAMAGE as error:
        raise DataError("data.zip", path=path, reason=error) from error
    except OSError as error:
        raise FileError("file.unreadable", path=path, reason=error.strerror or error) from error


def _read_member(archive: zipfile.ZipFile, name: str) -> np.ndarray:
    with archive.open(name) as file:
        content = read_at_most(file, MAX_BYTES)
    return turn_upright(PurePosixPath(name).name, read_idx(content))
