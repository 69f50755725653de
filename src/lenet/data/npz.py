"""Keras's own MNIST file, `mnist.npz`: four arrays in a zip, read without trusting what it claims."""

from __future__ import annotations

import math
import warnings
import zipfile
from pathlib import Path
from typing import IO, NoReturn

import numpy as np

from lenet.data.idx import DEFLATE_RATIO, MAX_BYTES, fill_array
from lenet.errors import DataError, FileError, LenetError

# in the order of a source's files: training images, training labels, test images, test labels
NAMES = ("x_train", "y_train", "x_test", "y_test")
# as others call them, in the same order; case does not count
OTHER_NAMES = (
    ("train_images", "train_labels", "test_images", "test_labels"),
    ("training_images", "training_labels", "test_images", "test_labels"),
    ("train_x", "train_y", "test_x", "test_y"),
    ("train_data", "train_labels", "test_data", "test_labels"),
)


def read_npz(path: Path) -> list[np.ndarray]:
    """Read the four arrays of an archive as Keras makes it; never a pickle.

    Args:
        path: the archive.
    Returns:
        x_train, y_train, x_test, y_test.
    Raises:
        FileError: absent or unreadable.
        DataError: no such archive, damaged, or an array that claims more than the file can hold.
    """
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            return _read_archive(file, size, path)
    except FileNotFoundError as error:
        raise FileError("file.absent", path=path) from error
    except OSError as error:
        raise FileError("file.unreadable", path=path, reason=error.strerror or error) from error


def _read_archive(file: IO[bytes], size: int, path: Path) -> list[np.ndarray]:
    try:
        with zipfile.ZipFile(file) as archive:
            members = {info.filename.removesuffix(".npy").lower(): info for info in archive.infolist()}
            names = next((each for each in (NAMES, *OTHER_NAMES) if members.keys() >= set(each)), None)
            if names is None:
                missing = ", ".join(name for name in NAMES if name not in members)
                found = ", ".join(sorted(members)[:8]) or "-"
                raise DataError("data.npz_names", path=path, missing=missing, found=found)
            return [_read_member(archive, members[name], size, path) for name in names]
    except LenetError:
        raise
    except Exception as error:  # damaged bytes make zipfile and NumPy's header parser raise nearly anything
        reason = " ".join(str(error).split())[:100]  # NumPy quotes the whole header
        raise DataError("data.npz_damaged", path=path, reason=reason or type(error).__name__) from error


def _read_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, size: int, path: Path) -> np.ndarray:
    def refuse(reason: str) -> NoReturn:
        raise DataError("data.npz_damaged", path=path, reason=f"{info.filename}: {reason}")

    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        refuse(f"compression {info.compress_type}")
    if info.file_size > min(MAX_BYTES, size * DEFLATE_RATIO):
        refuse(f"{info.file_size} bytes > {min(MAX_BYTES, size * DEFLATE_RATIO)}")
    with archive.open(info) as member:
        shape, fortran, dtype = _read_header(member)
        claimed = math.prod(shape) * dtype.itemsize
        if dtype.kind not in "biuf" or claimed != info.file_size - member.tell():
            refuse(f"{dtype} {shape}")
        array = np.empty(shape[::-1] if fortran else shape, dtype)
        if fill_array(array, member) != claimed or member.read(1):
            refuse(f"!= {claimed} bytes")
    return array.T if fortran else array


def _read_header(member: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype]:
    readers = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
    version = np.lib.format.read_magic(member)
    if version not in readers:
        raise ValueError(f"npy version {version}")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of Python 2's numbers; they are read all the same
        shape, fortran, dtype = readers[version](member, max_header_size=10_000)
    return shape, fortran, dtype
