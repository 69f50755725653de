"""Files are written whole or not at all, and read back as they were."""

import json
import os
import struct
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lenet import storage
from lenet.errors import FileError, NetworkFileError
from lenet.storage import load_arrays, open_whole, read_bytes, save_arrays, write_bytes, write_text

ARRAYS = {
    "b": np.arange(6, dtype=np.float32).reshape(2, 3),
    "a": np.array([1.5, -2], np.float64),
    "order": np.array([[1, 2], [3, 4]], np.int32),
    "steps": np.array([2**40]),
    "pixels": np.array([0, 255], np.uint8),
    "empty": np.zeros((0, 5), np.float32),
    "number": np.array(3, np.int64),
}
METADATA = {"labels": ["0", "数"], "architecture": {"classes": 10}, "error": 1.25, "none": None}


class Mishap(Exception):
    pass


def make_file(path: Path, header: object, body: bytes = b"") -> Path:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + body)
    return path


def test_arrays_and_metadata_come_back_as_they_were(tmp_path: Path) -> None:
    save_arrays(tmp_path / "net.safetensors", ARRAYS, METADATA)
    arrays, metadata = load_arrays(tmp_path / "net.safetensors")
    assert metadata == METADATA
    assert set(arrays) == set(ARRAYS)
    for name, array in ARRAYS.items():
        assert arrays[name].dtype == array.dtype
        np.testing.assert_array_equal(arrays[name], array)
        arrays[name][...] = 0  # theirs to change


def test_equal_content_gives_equal_bytes(tmp_path: Path) -> None:
    save_arrays(tmp_path / "1", ARRAYS, METADATA)
    backwards = {name: ARRAYS[name] for name in reversed(ARRAYS)}
    save_arrays(tmp_path / "2", backwards, {key: METADATA[key] for key in reversed(METADATA)})
    strided = {name: np.asfortranarray(array) for name, array in ARRAYS.items()}
    save_arrays(tmp_path / "3", strided, METADATA)
    assert (tmp_path / "1").read_bytes() == (tmp_path / "2").read_bytes() == (tmp_path / "3").read_bytes()


def test_the_file_is_an_ordinary_safetensors_file(tmp_path: Path) -> None:
    from safetensors.numpy import load_file

    save_arrays(tmp_path / "net.safetensors", ARRAYS, METADATA)
    np.testing.assert_array_equal(load_file(tmp_path / "net.safetensors")["b"], ARRAYS["b"])


@pytest.mark.parametrize("before", [None, b"the old content"])
def test_a_mishap_while_writing_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, before: bytes | None
) -> None:
    path = tmp_path / "net.safetensors"
    if before is not None:
        path.write_bytes(before)

    def write_half() -> None:
        with open_whole(path) as part:
            part.write_bytes(b"half of")
            raise Mishap

    with pytest.raises(Mishap):
        write_half()
    assert {found.name: found.read_bytes() for found in tmp_path.iterdir()} == (
        {} if before is None else {path.name: before}
    )


@pytest.mark.parametrize("step", ["fsync", "replace", "chmod"])
def test_a_full_disk_at_any_step_is_one_error_and_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    path = tmp_path / "report.html"
    path.write_bytes(b"old")

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(*((os, "fsync") if step == "fsync" else (Path, step)), fail)
    with pytest.raises(FileError, match=r"report\.html.*No space left"):
        write_text(path, "new")
    monkeypatch.undo()
    assert [found.name for found in tmp_path.iterdir()] == ["report.html"]
    assert path.read_bytes() == b"old"


def test_the_file_appears_only_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "down" / "file"
    with open_whole(path) as part:
        part.write_text("whole")
        assert not path.exists()
        assert part.parent == path.parent  # the same file system, so that it can be moved at once
    assert path.read_text() == "whole"


@pytest.mark.skipif(os.name == "nt", reason="POSIX permissions")
def test_others_may_read_what_we_write(tmp_path: Path) -> None:
    old = os.umask(0o022)
    try:
        write_bytes(tmp_path / "file", b"")
    finally:
        os.umask(old)
    assert (tmp_path / "file").stat().st_mode & 0o777 == 0o644


def test_text_has_the_same_bytes_everywhere(tmp_path: Path) -> None:
    write_text(tmp_path / "file", "一\nline\n")
    assert (tmp_path / "file").read_bytes() == b"\xe4\xb8\x80\nline\n"


def test_a_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(FileError, match="cannot be written"):
        write_text(tmp_path / "file" / "inside", "")


def test_reading_says_what_is_wrong(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="no such file"):
        read_bytes(tmp_path / "absent")
    with pytest.raises(FileError, match="cannot be read"):
        read_bytes(tmp_path)
    (tmp_path / "large").write_bytes(bytes(11))
    with pytest.raises(FileError, match=r"large: too large.* at most 10 bytes"):
        read_bytes(tmp_path / "large", limit=10)
    assert read_bytes(tmp_path / "large", limit=11) == bytes(11)


def test_a_file_of_terabytes_is_refused_before_it_is_read(tmp_path: Path) -> None:
    with (tmp_path / "huge").open("wb") as file:
        file.truncate(2**40)  # a hole, no bytes
    with pytest.raises(FileError, match="at most 67108864 bytes"):
        load_arrays(tmp_path / "huge")


@pytest.mark.skipif(os.name == "nt", reason="devices of POSIX")
@pytest.mark.parametrize("name", ["/dev/zero", "link"])
def test_a_device_without_an_end_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "link").symlink_to("/dev/zero")
    with pytest.raises(FileError, match="at most 67108864 bytes"):
        load_arrays(tmp_path / name)
    with pytest.raises(FileError, match="at most 10 bytes"):
        read_bytes(tmp_path / name, limit=10)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_values_that_are_no_numbers_are_counted_and_refused(tmp_path: Path, value: float) -> None:
    path = tmp_path / "net.safetensors"
    save_arrays(path, {"c1.bias": np.array([1, value, value], np.float32)}, {})
    with pytest.raises(NetworkFileError, match=r"c1\.bias holds 2 values"):
        load_arrays(path)


@pytest.mark.parametrize("dtype", ["BF16", "F16", "BOOL", "I8"])
def test_a_type_that_we_do_not_write_is_named(tmp_path: Path, dtype: str) -> None:
    size = 1 if dtype in ("BOOL", "I8") else 2
    header = {"c1.bias": {"dtype": dtype, "shape": [1], "data_offsets": [0, size]}}
    with pytest.raises(NetworkFileError, match=f"c1.bias is {dtype}.*F32"):
        load_arrays(make_file(tmp_path / "net", header, bytes(size)))


@pytest.mark.parametrize(
    "header",
    [
        {},
        {"__metadata__": {}},
        {"__metadata__": {"format": "pt"}},
        {"__metadata__": {"lenet": "not json"}},
        {"__metadata__": {"lenet": "[1, 2]"}},
        {"__metadata__": {"lenet": "[" * 5_000}},
        {"__metadata__": {"lenet": "9" * 5_000}},
    ],
    ids=lambda header: json.dumps(header)[:40],
)
def test_a_file_of_another_program_is_told_so(tmp_path: Path, header: dict) -> None:
    with pytest.raises(NetworkFileError, match="lenet did not write"):
        load_arrays(make_file(tmp_path / "net", header))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x80\x04\x95",  # a pickle
        struct.pack("<Q", 2**63),
        struct.pack("<Q", 2) + b"[]",
        struct.pack("<Q", 8) + b"{" * 8,
        struct.pack("<Q", 3) + b"\xff\xff\xff",
    ],
    ids=lambda content: content[:11].hex() or "empty",
)
def test_a_damaged_file_is_told_so(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "net").write_bytes(content)
    with pytest.raises(NetworkFileError, match="not a readable safetensors file"):
        load_arrays(tmp_path / "net")


@pytest.mark.parametrize("shape", [[2**62, 4], [-1], [3], [2**64], [1, 2.5], "1"], ids=str)
def test_a_shape_that_is_a_lie_is_refused_before_anything_is_allocated(tmp_path: Path, shape: object) -> None:
    header = {"c1.bias": {"dtype": "F32", "shape": shape, "data_offsets": [0, 4]}}
    with pytest.raises(NetworkFileError):
        load_arrays(make_file(tmp_path / "net", header, bytes(4)))


def test_an_empty_array_of_more_dimensions_than_numpy_has_is_refused(tmp_path: Path) -> None:
    header = {"c1.bias": {"dtype": "F32", "shape": [0] * 70, "data_offsets": [0, 0]}}
    with pytest.raises(NetworkFileError, match="not a readable safetensors file"):
        load_arrays(make_file(tmp_path / "net", header))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats(allow_nan=False) | st.text(),
    lambda parts: st.lists(parts, max_size=3) | st.dictionaries(st.text(), parts, max_size=3),
    max_leaves=6,
)


@given(metadata=st.dictionaries(st.text(), JSON, max_size=4))
def test_any_metadata_comes_back(tmp_path_factory: pytest.TempPathFactory, metadata: dict) -> None:
    path = tmp_path_factory.mktemp("any") / "net"
    save_arrays(path, {"a": np.zeros(1)}, metadata)
    assert load_arrays(path)[1] == metadata


WRITE_AND_WAIT = """
import sys
from pathlib import Path
from lenet.storage import open_whole
with open_whole(Path(sys.argv[1])) as part:
    part.write_text("half")
    print(part, flush=True)
    sys.stdin.read()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sweeps by age")
def test_what_a_killed_process_left_goes_with_the_next_write_and_what_another_writes_stays(tmp_path):
    path = tmp_path / "a[b]"  # which is a pattern, too
    other = tmp_path / ".a[b].other.part"
    other.touch()
    command = [sys.executable, "-c", WRITE_AND_WAIT, str(path)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, **pipes) as killed, subprocess.Popen(command, **pipes) as alive:
        remains, working = (Path(each.stdout.readline().rstrip()) for each in (killed, alive))
        killed.kill()
        killed.wait(10)
        write_text(path, "whole")
        assert not remains.exists()
        assert working.exists()
        alive.communicate("", timeout=10)
    assert path.read_text() == "half"  # the last one to finish
    assert sorted(each.name for each in tmp_path.iterdir()) == [other.name, path.name]


@pytest.mark.skipif(sys.platform == "win32", reason="permissions are POSIX's")
@pytest.mark.parametrize("mode", [0o600, 0o640, 0o444])
def test_a_file_that_is_replaced_keeps_its_permissions(tmp_path, mode):
    path = tmp_path / "file"
    path.write_text("old")
    path.chmod(mode)
    write_text(path, "new")
    assert path.stat().st_mode & 0o777 == mode
    assert path.read_text() == "new"


def test_remains_are_swept_by_age_where_nothing_is_locked(tmp_path, monkeypatch):
    monkeypatch.setattr(storage, "lock_file", lambda handle: False)
    old, new = tmp_path / ".file.abcdefgh.part", tmp_path / ".file.12345678.part"
    for part in (old, new):
        part.touch()
    past = time.time() - 2 * storage.STALE
    os.utime(old, (past, past))
    write_text(tmp_path / "file", "whole")
    assert sorted(each.name for each in tmp_path.iterdir()) == [new.name, "file"]
