import gzip
import hashlib
from pathlib import Path

import numpy as np
import pytest

from lenet.data import find, sources
from lenet.data.find import find_files, get_cache_folder, is_released
from lenet.data.idx import format_idx
from lenet.data.sources import FASHION, MNIST, Source, SourceFile
from lenet.errors import DataError


def describe(name: str, content: bytes, known: bool = True) -> SourceFile:
    zipped = gzip.compress(content, mtime=0)
    plain = hashlib.sha256(content).hexdigest() if known else None
    return SourceFile(name, len(zipped), hashlib.sha256(zipped).hexdigest(), plain)


ONE = format_idx(np.arange(50, dtype=np.uint8))
OTHER = format_idx(np.arange(60, dtype=np.uint8))
SET = Source("mnist", "One", (), 0, 0, "", (describe("a-idx1-ubyte.gz", ONE),), (), ("", "raw"))
RIVAL_FILE = describe("a-idx1-ubyte.gz", OTHER, known=False)
RIVAL = Source("rival", "Rival", (), 0, 0, "", (RIVAL_FILE,), (), ("rival", ""))


@pytest.fixture(autouse=True)
def _two_sets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(find, "SOURCES", {"mnist": SET, "rival": RIVAL})


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LENET_DATA", str(tmp_path / "data"))
    (tmp_path / "data" / "raw").mkdir(parents=True)
    return tmp_path / "data"


def test_the_checksums_of_the_two_sets_have_nothing_in_common() -> None:
    sums = [file.sha256 for source in (MNIST, FASHION) for file in source.files]
    assert len(set(sums)) == 8
    assert all(len(one) == 64 for one in sums)
    assert (MNIST.bytes, FASHION.bytes) == (11_594_722, 30_878_645)
    assert list(sources.SOURCES) == ["mnist", "fashion", "kmnist", "qmnist", "emnist", "digits"]


@pytest.mark.parametrize("place", ["", "raw"])
@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a-idx1-ubyte.gz", gzip.compress(ONE, mtime=0)),
        ("a-idx1-ubyte.gz", gzip.compress(ONE, 1, mtime=99)),
        ("a-idx1-ubyte", ONE),
    ],
)
def test_a_released_file_is_found_gzipped_or_not(data: Path, place: str, name: str, content: bytes) -> None:
    (data / place / name).write_bytes(content)
    assert find_files(SET) == {SET.files[0]: data / place / name}


def test_a_set_is_known_by_content_so_that_one_is_never_taken_for_another(data: Path) -> None:
    (data / "a-idx1-ubyte.gz").write_bytes(gzip.compress(ONE, mtime=0))
    assert find_files(RIVAL) == {RIVAL.files[0]: None}
    (data / "rival").mkdir()
    (data / "rival" / "a-idx1-ubyte.gz").write_bytes(gzip.compress(OTHER, mtime=0))
    assert find_files(RIVAL) == {RIVAL.files[0]: data / "rival" / "a-idx1-ubyte.gz"}
    assert find_files(SET) == {SET.files[0]: data / "a-idx1-ubyte.gz"}


def test_a_damaged_copy_in_the_data_folder_is_named(data: Path) -> None:
    (data / "a-idx1-ubyte").write_bytes(ONE[:-1])
    with pytest.raises(DataError, match=r"a-idx1-ubyte: not the released file of One"):
        find_files(SET)


def test_a_data_folder_that_does_not_exist_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LENET_DATA", str(tmp_path / "nowhere"))
    with pytest.raises(DataError, match="nowhere: no such folder"):
        find_files(SET)


def test_the_cache_comes_after_the_data_folder_and_only_with_whole_files(data: Path) -> None:
    cached = get_cache_folder() / "mnist" / "a-idx1-ubyte.gz"
    cached.parent.mkdir(parents=True)
    cached.write_bytes(gzip.compress(ONE, mtime=0)[:-1])
    assert find_files(SET) == {SET.files[0]: None}
    cached.write_bytes(gzip.compress(ONE, mtime=0))
    assert find_files(SET) == {SET.files[0]: cached}
    (data / "a-idx1-ubyte").write_bytes(ONE)
    assert find_files(SET) == {SET.files[0]: data / "a-idx1-ubyte"}


def test_without_a_setting_the_cache_is_the_one_of_the_system(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LENET_CACHE")
    assert "lenet" in get_cache_folder().parts


def test_a_file_that_is_no_idx_is_not_a_released_one(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"something else")
    assert not is_released(tmp_path / "x", SET.files[0])
