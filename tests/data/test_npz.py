import io
import zipfile
from pathlib import Path

import numpy as np
import pytest

from lenet.data.npz import NAMES, read_npz
from lenet.errors import DataError, FileError


def _save(path: Path, arrays: list[np.ndarray], packed: bool = False) -> Path:
    save = np.savez_compressed if packed else np.savez
    save(path, **dict(zip(NAMES, arrays, strict=True)))
    return path


@pytest.mark.parametrize("packed", [False, True])
def test_an_archive_of_keras_is_read_as_numpy_reads_it(
    tmp_path: Path, arrays: list[np.ndarray], packed: bool
) -> None:
    path = _save(tmp_path / "mnist.npz", arrays, packed)
    for got, expected in zip(read_npz(path), arrays, strict=True):
        np.testing.assert_array_equal(got, expected)
        assert got.dtype == expected.dtype


def test_an_array_in_fortran_order_comes_back_in_shape(tmp_path: Path, arrays: list[np.ndarray]) -> None:
    arrays[0] = np.asfortranarray(arrays[0])
    np.testing.assert_array_equal(read_npz(_save(tmp_path / "m.npz", arrays))[0], arrays[0])


def test_a_pickle_in_the_archive_is_never_opened(tmp_path: Path, arrays: list[np.ndarray]) -> None:
    class Trap:
        def __reduce__(self) -> tuple[object, ...]:
            return (Path.touch, (tmp_path / "sprung",))

    arrays[1] = np.array([Trap()], dtype=object)
    with pytest.raises(DataError, match="y_train"):
        read_npz(_save(tmp_path / "m.npz", arrays))
    assert not (tmp_path / "sprung").exists()


def _npy(shape: tuple[int, ...]) -> bytes:
    stream = io.BytesIO()
    np.lib.format.write_array_header_1_0(stream, {"descr": "|u1", "fortran_order": False, "shape": shape})
    return stream.getvalue()


@pytest.mark.parametrize("shape", [(2**40,), (2**31, 2**31), (10**9,), (-5, -3)])
def test_an_array_that_claims_more_than_the_file_has_is_refused(
    tmp_path: Path, arrays: list[np.ndarray], shape: tuple[int, ...]
) -> None:
    path = _save(tmp_path / "m.npz", arrays)
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members["x_train.npy"] = _npy(shape) + b"123456789012345"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    with pytest.raises(DataError, match=r"x_train\.npy|negative"):
        read_npz(path)


def test_an_archive_without_the_four_names_says_which_are_missing(tmp_path: Path) -> None:
    np.savez(tmp_path / "m.npz", x_train=np.zeros(3), other=np.zeros(3))
    with pytest.raises(DataError, match="y_train, x_test, y_test"):
        read_npz(tmp_path / "m.npz")


def test_what_is_no_zip_is_refused(tmp_path: Path) -> None:
    (tmp_path / "m.npz").write_bytes(b"PK\x03\x04 and no more")
    with pytest.raises(DataError, match="damaged"):
        read_npz(tmp_path / "m.npz")
    with pytest.raises(FileError, match="no such file"):
        read_npz(tmp_path / "absent.npz")
