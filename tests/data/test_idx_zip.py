import gzip
import hashlib
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lenet.data import sources
from lenet.data.dataset import load_dataset
from lenet.data.idx import format_idx
from lenet.data.idx_zip import read_zip
from lenet.data.sources import EMNIST, SourceFile
from lenet.errors import DataError, FileError

IMAGES = np.arange(4 * 28 * 28, dtype=np.uint64).reshape(4, 28, 28).astype(np.uint8)
LABELS = np.arange(4, dtype=np.uint8)


def write_zip(path: Path) -> Path:
    """A zip as EMNIST's: gzipped IDX files, the images with rows and columns exchanged."""
    with zipfile.ZipFile(path, "w") as archive:
        for name in EMNIST.members:
            array = IMAGES.transpose(0, 2, 1) if "images" in name else LABELS
            archive.writestr(name, gzip.compress(format_idx(array)))
        archive.writestr("gzip/emnist-letters-mapping.txt", "1 65 97")
    return path


def test_images_of_emnist_come_upright(tmp_path: Path) -> None:
    arrays = read_zip(write_zip(tmp_path / "gzip.zip"), EMNIST.members)
    np.testing.assert_array_equal(arrays[0], IMAGES)
    np.testing.assert_array_equal(arrays[2], IMAGES)
    np.testing.assert_array_equal(arrays[1], LABELS)


def test_a_zip_without_a_member_is_a_data_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="missing"):
        read_zip(write_zip(tmp_path / "gzip.zip"), ("gzip/missing.gz",))


def test_a_damaged_zip_is_a_data_error(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "gzip.zip")
    content = bytearray(path.read_bytes())
    content[60:90] = bytes(30)  # within the first member
    path.write_bytes(content)
    with pytest.raises(DataError):
        read_zip(path, EMNIST.members)
    path.write_bytes(content[:100])
    with pytest.raises(DataError, match=r"gzip\.zip"):
        read_zip(path, EMNIST.members)


def test_an_absent_zip_is_a_file_error(tmp_path: Path) -> None:
    with pytest.raises(FileError):
        read_zip(tmp_path / "gzip.zip", EMNIST.members)


def test_emnist_is_loaded_by_its_name_from_the_data_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "emnist"
    folder.mkdir()
    content = write_zip(folder / "gzip.zip").read_bytes()
    file = SourceFile("gzip.zip", len(content), hashlib.sha256(content).hexdigest())
    monkeypatch.setitem(sources.SOURCES, "emnist", replace(EMNIST, files=(file,)))
    monkeypatch.setenv("LENET_DATA", str(tmp_path))
    dataset = load_dataset("emnist")
    assert (dataset.name, len(dataset.train), len(dataset.test)) == ("emnist", 4, 4)
    np.testing.assert_array_equal(dataset.test.images, IMAGES)
