"""IDX, the format of the MNIST files: a type, a shape, then the numbers, big-endian; gzipped or not."""

from __future__ import annotations

import gzip
import io
import math
import zlib
from pathlib import Path
from typing import IO, NoReturn, Protocol

import numpy as np

from lenet.errors import DataError, FileError

# The largest set in this format that we know, EMNIST ByClass, has 547,182,024 bytes.
MAX_BYTES = 640 * 1024 * 1024
# Deflate cannot do better than 1032:1 (zlib's technical notes): a larger claim is false.
DEFLATE_RATIO = 1032
TYPES = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}


class Readable(Protocol):
    """What can be read in pieces: a file, a gzip stream, a member of a zip."""

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes, none at the end."""
        ...


def read_idx(source: Path | str | bytes) -> np.ndarray:
    """Read one IDX file, gzipped or not (told by its first bytes, not by its name).

    The size that the header claims is checked before anything is allocated.

    Args:
        source: a path, or the content of a file.
    Returns:
        An array of the file's rank (0 to NumPy's limit of 64) in the machine's byte order: uint8, int8,
        int16, int32, float32 or float64.
    Raises:
        FileError: absent or unreadable.
        DataError: not IDX, truncated, damaged, with bytes left over, or more than `MAX_BYTES` of numbers.
    Source:
        The MNIST page of LeCun, Cortes and Burges, "The IDX file format".
    """
    if isinstance(source, bytes):
        return _read_stream(io.BytesIO(source), len(source), "IDX")
    path = Path(source)
    try:
        with path.open("rb") as file:
            return _read_stream(file, path.stat().st_size, str(path))
    except FileNotFoundError as error:
        raise FileError("file.absent", path=path) from error
    except OSError as error:
        raise FileError("file.unreadable", path=path, reason=error.strerror or error) from error


def format_idx(array: np.ndarray) -> bytes:
    """The content of the IDX file that holds an array, not gzipped.

    Args:
        array: uint8, int8, int16, int32, float32 or float64, of any rank up to 64.
    Returns:
        The bytes; MNIST's arrays give the bytes of MNIST's files.
    Raises:
        DataError: the array's type does not exist in IDX.
    """
    dtype = array.dtype.newbyteorder(">")
    for code, name in TYPES.items():
        if dtype == np.dtype(name):
            header = bytes([0, 0, code, array.ndim]) + np.array(array.shape, ">u4").tobytes()
            return header + array.astype(dtype).tobytes()
    raise DataError("data.idx_type", type=array.dtype)


def _read_stream(file: IO[bytes], size: int, path: str) -> np.ndarray:
    zipped = file.read(2) == b"\x1f\x8b"
    file.seek(0)
    if not zipped:
        return _read_numbers(file, path, size, None)
    try:
        with gzip.GzipFile(fileobj=file, mode="rb") as stream:
            return _read_numbers(stream, path, None, size * DEFLATE_RATIO)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError("data.gzip_damaged", path=path, reason=error) from error


def _read_numbers(file: Readable, path: str, size: int | None, most: int | None) -> np.ndarray:
    """Of a plain file the `size` is known; of a gzipped one, before unpacking it, the `most` it can hold."""
    dtype, shape = _read_header(file, path)
    begin = 4 + 4 * len(shape)
    claimed = math.prod(shape) * dtype.itemsize
    if claimed > MAX_BYTES:
        raise DataError("data.idx_too_large", path=path, claimed=_name_count(claimed), limit=MAX_BYTES)

    def refuse(found: str) -> NoReturn:
        form = "x".join(map(str, shape)) or "1"
        raise DataError("data.idx_size", path=path, shape=form, type=dtype.name, claimed=claimed, found=found)

    if size is not None and begin + claimed != size:
        refuse(str(size - begin))
    if most is not None and begin + claimed > most:
        refuse(f"<= {most - begin}")
    try:
        array = np.empty(shape, dtype)
    except ValueError as error:
        raise DataError("data.idx_rank", path=path, rank=len(shape), reason=error) from error
    got = fill_array(array, file)
    if got < claimed:
        refuse(str(got))
    if file.read(1):
        refuse(f"> {claimed}")
    if dtype.isnative:
        return array
    return array.byteswap(inplace=True).view(dtype.newbyteorder("="))


def _read_header(file: Readable, path: str) -> tuple[np.dtype, tuple[int, ...]]:
    magic = file.read(4)
    if len(magic) < 4 or magic[:2] != b"\0\0" or magic[2] not in TYPES:
        raise DataError("data.idx_magic", path=path, found=magic.hex(" ") or "-")
    sizes = file.read(4 * magic[3])
    if len(sizes) < 4 * magic[3]:
        raise DataError("data.idx_header", path=path, rank=magic[3])
    return np.dtype(TYPES[magic[2]]), tuple(np.frombuffer(sizes, ">u4").tolist())


def fill_array(array: np.ndarray, file: Readable) -> int:
    """Fill a contiguous array from a stream, without a second copy in memory.

    Returns:
        The bytes that the stream gave; fewer than `array.nbytes` where it ended early.
    """
    view = array.reshape(-1).view(np.uint8).data
    got = 0
    while got < len(view):
        piece = file.read(min(1 << 20, len(view) - got))
        if not piece:
            break
        view[got : got + len(piece)] = piece
        got += len(piece)
    return got


def _name_count(count: int) -> str:
    return str(count) if count < 10**15 else f"10^{len(str(count)) - 1}"
