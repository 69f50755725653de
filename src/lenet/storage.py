"""Files: written whole or not at all, and arrays in safetensors with one sorted JSON of metadata."""

from __future__ import annotations

import glob
import json
import os
import stat
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

import numpy as np

from lenet.errors import FileError, NetworkFileError
from lenet.locks import is_same_file, lock_file

# A network is 240 kB, a checkpoint a few times that; even float64 with states stays far below.
MAX_BYTES = 64 * 1024 * 1024
PIECE = 1024 * 1024
PART_SUFFIX = ".part"
STALE = 24 * 3600.0  # seconds after which the remains of a killed process are swept where nothing is locked
DTYPES = {"F32": np.float32, "F64": np.float64, "I64": np.int64, "I32": np.int32, "U8": np.uint8}


@contextmanager
def open_whole(path: Path) -> Iterator[Path]:
    """Give a temporary path beside `path`; on success it becomes `path`, on failure it vanishes.

    Args:
        path: where the finished file belongs; its folder is made.
    Returns:
        A context manager yielding the path to write to.
    Raises:
        FileError: the folder or the file cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _sweep_parts(path)
        handle, part = _begin_part(path)
    except OSError as error:
        raise FileError("file.unwritable", path=path, reason=error.strerror or error) from error
    try:
        yield part
        with part.open("rb+") as written:
            os.fsync(written.fileno())
        part.chmod(_choose_mode(path))
        part.replace(path)
    except OSError as error:
        raise FileError("file.unwritable", path=path, reason=error.strerror or error) from error
    finally:
        part.unlink(missing_ok=True)
        if handle is not None:
            os.close(handle)


def _begin_part(path: Path) -> tuple[int | None, Path]:
    """Make a temporary file beside a path, and lock it where a lock does not block the writer."""
    while True:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=PART_SUFFIX, dir=path.parent)
        if os.name == "nt":  # where a lock keeps the very writer out that it is for
            os.close(handle)
            return None, Path(name)
        with suppress(BlockingIOError):
            lock_file(handle)
            if is_same_file(handle, name):
                return handle, Path(name)
        os.close(handle)  # another process took it for a remnant before it was locked


def _sweep_parts(path: Path) -> None:
    """Remove what killed processes have left of the same file: unlocked, or old where there are no locks."""
    for part in path.parent.glob(f".{glob.escape(path.name)}.{'?' * 8}{PART_SUFFIX}"):
        with suppress(OSError):  # another process is writing it, or was quicker
            handle = os.open(part, os.O_RDWR)
            try:
                locked = os.name != "nt" and lock_file(handle)
                if locked or time.time() - os.fstat(handle).st_mtime > STALE:
                    part.unlink()
            finally:
                os.close(handle)


def _choose_mode(path: Path) -> int:
    """The permissions of the file that is replaced; of a new one, those that the user's umask leaves."""
    try:
        return stat.S_IMODE(path.stat().st_mode)
    except OSError:
        return 0o666 & ~_umask()  # mkstemp gives 0600; others read our results, too


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def write_text(path: Path, text: str) -> None:
    """Write a UTF-8 file whole or not at all, with the same bytes on every platform."""
    write_bytes(path, text.encode("utf-8"))


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    with open_whole(path) as part:
        part.write_bytes(content)


def read_bytes(path: Path, limit: int = MAX_BYTES) -> bytes:
    """Read a file of at most `limit` bytes.

    Raises:
        FileError: absent, unreadable or larger than `limit`.
    """
    try:
        with path.open("rb") as file:
            content = read_at_most(file, limit + 1)
    except FileNotFoundError as error:
        raise FileError("file.absent", path=path) from error
    except OSError as error:
        raise FileError("file.unreadable", path=path, reason=error.strerror or error) from error
    if len(content) > limit:
        raise FileError("file.too_large", path=path, limit=limit)
    return content


def read_at_most(file: IO[bytes], count: int) -> bytes:
    """Read a stream to its end, or `count` bytes of it; a device or a pipe does not say how long it is.

    Args:
        file: what is read.
        count: one more than is allowed tells the caller that there is too much.
    """
    parts = []
    # by pieces: one large request would take its room in memory at once
    while count and (part := file.read(min(count, PIECE))):
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


def save_arrays(path: Path, arrays: Mapping[str, np.ndarray], metadata: Mapping[str, Any]) -> None:
    """Write named arrays and their metadata; equal content gives equal bytes.

    Args:
        path: a `.safetensors` file.
        arrays: float32, float64, int64, int32 or uint8 arrays by name.
        metadata: what JSON can hold; stored sorted in the one key `lenet`.
    Raises:
        FileError: the file cannot be written.
    """
    from safetensors.numpy import save

    text = json.dumps(metadata, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    # safetensors orders several metadata keys at random: one key keeps the bytes the same
    content = save({name: np.ascontiguousarray(a) for name, a in arrays.items()}, {"lenet": text})
    write_bytes(path, content)


def load_arrays(path: Path) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Read named arrays and their metadata, every value checked to be finite.

    Args:
        path: a file written by `save_arrays`.
    Returns:
        The arrays by name, and the metadata.
    Raises:
        FileError: absent, too large, damaged, of another program, or with values that are not finite.
    """
    from safetensors import SafetensorError, deserialize

    content = read_bytes(path)
    try:
        entries = deserialize(content)
    except SafetensorError as error:
        raise NetworkFileError("tensors.damaged", path=path, reason=error) from error
    arrays = {name: _view_array(path, name, entry) for name, entry in entries}
    return arrays, _read_metadata(path, content)


def _view_array(path: Path, name: str, entry: Mapping[str, Any]) -> np.ndarray:
    dtype = DTYPES.get(entry["dtype"])
    if dtype is None:
        expected = ", ".join(DTYPES)
        raise NetworkFileError("tensors.type", path=path, name=name, found=entry["dtype"], expected=expected)
    try:
        array: np.ndarray = np.frombuffer(entry["data"], dtype=dtype).reshape(entry["shape"]).copy()
    except ValueError as error:  # a shape beyond NumPy's limits, which an empty array may claim
        raise NetworkFileError("tensors.damaged", path=path, reason=error) from error
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        count = int((~np.isfinite(array)).sum())
        raise NetworkFileError("tensors.not_finite", path=path, name=name, count=count)
    return array


def _read_metadata(path: Path, content: bytes) -> dict[str, Any]:
    # the layout of a safetensors file: 8 bytes of header length, the JSON header, the arrays
    length = int.from_bytes(content[:8], "little")
    try:
        metadata = json.loads(json.loads(content[8 : 8 + length])["__metadata__"]["lenet"])
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise NetworkFileError("tensors.foreign", path=path) from error
    if not isinstance(metadata, dict):
        raise NetworkFileError("tensors.foreign", path=path)
    return metadata
