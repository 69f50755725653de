"""Files: whole or not at all, the same bytes for the same content, and nothing foreign let in."""

import json
import os
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from lenet.errors import FileError, NetworkFileError
from lenet.storage import load_arrays, open_whole, read_bytes, save_arrays, write_bytes, write_text

SOME = {"a": np.arange(6, dtype=np.float32).reshape(2, 3), "b": np.array([7], np.int64)}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


def write_safetensors(path: Path, header: object, data: bytes = b"") -> Path:
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)
    return path


def test_a_file_appears_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "new" / "file.txt"
    with open_whole(path) as part:
        part.write_text("half")
        assert not path.exists()
    assert path.read_text() == "half"
    assert list(path.parent.iterdir()) == [path]


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "file.txt"
    write_text(path, "old")
    with pytest.raises(UnicodeEncodeError), open_whole(path) as part:
        part.write_text("new, but \ud800", encoding="utf-8")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_others_may_read_what_was_written(tmp_path: Path) -> None:
    mask = os.umask(0o022)
    try:
        write_bytes(tmp_path / "file", b"x")
    finally:
        os.umask(mask)
    assert (tmp_path / "file").stat().st_mode & 0o777 == 0o644


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(FileError, match="cannot be written"):
        write_text(tmp_path / "file" / "below", "x")


def test_text_has_the_same_bytes_everywhere(tmp_path: Path) -> None:
    write_text(tmp_path / "file", "一\n二\n")
    assert (tmp_path / "file").read_bytes() == "一\n二\n".encode()


def test_a_file_above_its_limit_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"12345")
    assert read_bytes(tmp_path / "file", 5) == b"12345"
    with pytest.raises(FileError, match="5 bytes, but a file of this kind has at most 4"):
        read_bytes(tmp_path / "file", 4)
    with pytest.raises(FileError, match="no such file"):
        read_bytes(tmp_path / "nothing")
    with pytest.raises(FileError, match="cannot be read"):
        read_bytes(tmp_path)


@given(
    arrays.arrays(
        st.sampled_from([np.float32, np.float64, np.int64, np.int32, np.uint8]),
        arrays.array_shapes(min_dims=0, min_side=0),
        elements={"min_value": 0, "max_value": 100},
    ),
    st.dictionaries(st.text(max_size=5), JSON, max_size=3),
)
def test_arrays_and_metadata_come_back_and_equal_content_gives_equal_bytes(
    tmp_path_factory: pytest.TempPathFactory, array: np.ndarray, metadata: dict[str, object]
) -> None:
    folder = tmp_path_factory.mktemp("arrays")
    save_arrays(folder / "one", {"x": array, "y": SOME["a"]}, metadata)
    save_arrays(folder / "two", {"y": SOME["a"], "x": array}, dict(reversed(metadata.items())))
    assert (folder / "one").read_bytes() == (folder / "two").read_bytes()
    loaded, described = load_arrays(folder / "one")
    assert described == metadata
    assert loaded["x"].dtype == array.dtype
    np.testing.assert_array_equal(loaded["x"], array)


def test_views_are_stored_as_they_look(tmp_path: Path) -> None:
    save_arrays(tmp_path / "file", {"a": SOME["a"].T[::-1]}, {})
    np.testing.assert_array_equal(load_arrays(tmp_path / "file")[0]["a"], SOME["a"].T[::-1])


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_value_that_is_no_number_is_refused_with_its_array(tmp_path: Path, value: float) -> None:
    save_arrays(tmp_path / "file", {"c1.bias": np.array([0, value, value])}, {})
    with pytest.raises(NetworkFileError, match=r"c1\.bias holds 2 values"):
        load_arrays(tmp_path / "file")


def test_a_type_that_we_never_write_is_refused(tmp_path: Path) -> None:
    header = {"x": {"dtype": "BF16", "shape": [1], "data_offsets": [0, 2]}}
    with pytest.raises(NetworkFileError, match="x is BF16"):
        load_arrays(write_safetensors(tmp_path / "file", header, b"\0\0"))


@pytest.mark.parametrize(
    "metadata", [None, {}, {"lenet": "no json"}, {"lenet": "[1]"}, {"format": "pt"}, {"lenet": "[" * 5000}]
)
def test_a_file_of_another_program_is_told_so(tmp_path: Path, metadata: dict[str, str] | None) -> None:
    header = {"x": {"dtype": "U8", "shape": [1], "data_offsets": [0, 1]}}
    if metadata is not None:
        header["__metadata__"] = metadata
    with pytest.raises(NetworkFileError, match="not one of lenet"):
        load_arrays(write_safetensors(tmp_path / "file", header, b"\0"))


@pytest.mark.parametrize("content", [b"", b"PK\3\4", b"\xff" * 100, struct.pack("<Q", 2**40) + b"{}"])
def test_what_is_no_safetensors_file_is_told_so(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(NetworkFileError, match="not a readable safetensors file"):
        load_arrays(tmp_path / "file")


def test_a_file_that_was_cut_off_is_told_so(tmp_path: Path) -> None:
    save_arrays(tmp_path / "file", SOME, {})
    whole = (tmp_path / "file").read_bytes()
    (tmp_path / "file").write_bytes(whole[:-1])
    with pytest.raises(NetworkFileError, match="not a readable safetensors file"):
        load_arrays(tmp_path / "file")
