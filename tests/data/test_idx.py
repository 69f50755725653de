import gzip
import io
import tracemalloc
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from lenet.data.idx import MAX_BYTES, format_idx, read_idx
from lenet.errors import DataError, FileError

DTYPES = ["u1", "i1", "i2", "i4", "f4", "f8"]
# by hand: 2 x 3 bytes
HAND = bytes([0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 255])


def test_a_file_written_by_hand_is_read() -> None:
    array = read_idx(HAND)
    assert array.dtype == np.uint8
    assert array.tolist() == [[1, 2, 3], [4, 5, 255]]


def test_numbers_of_several_bytes_are_big_endian_in_the_file_and_native_in_memory() -> None:
    array = read_idx(bytes([0, 0, 0x0B, 1, 0, 0, 0, 2, 0x01, 0x02, 0xFF, 0xFE]))
    assert array.tolist() == [258, -2]
    assert array.dtype == np.dtype("int16")
    assert array.dtype.isnative


@given(
    st.sampled_from(DTYPES).flatmap(
        lambda dtype: hnp.arrays(dtype, hnp.array_shapes(min_dims=0, max_dims=6, min_side=0, max_side=4))
    ),
    st.booleans(),
)
def test_every_type_and_rank_comes_back_as_it_was(array: np.ndarray, zipped: bool) -> None:
    content = format_idx(array)
    back = read_idx(gzip.compress(content) if zipped else content)
    assert back.dtype == array.dtype
    assert back.dtype.isnative
    assert back.shape == array.shape
    assert back.tobytes() == array.tobytes()


@pytest.mark.parametrize("rank", [0, 1, 7, 32])
def test_ranks_that_numpy_can_hold_are_read(rank: int) -> None:
    array = np.full((1,) * rank, 7, np.uint8)
    assert read_idx(format_idx(array)).shape == (1,) * rank


@pytest.mark.parametrize("rank", [65, 255])
def test_ranks_that_numpy_cannot_hold_are_refused_by_name(rank: int) -> None:
    content = bytes([0, 0, 8, rank]) + bytes([0, 0, 0, 1]) * rank + b"x"
    with pytest.raises(DataError, match=f"{rank} dimensions"):
        read_idx(content)


def test_gzip_is_told_by_the_first_bytes_and_not_by_the_name(tmp_path: Path) -> None:
    misnamed = tmp_path / "plain.gz"
    misnamed.write_bytes(HAND)
    zipped = tmp_path / "zipped"
    zipped.write_bytes(gzip.compress(HAND))
    assert read_idx(misnamed).tolist() == read_idx(str(zipped)).tolist()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not an IDX file"),
        (b"\0\0\x08", "not an IDX file"),
        (b"\x89PNG", "not an IDX file.*89 50 4e 47"),
        (b"\0\0\x0a\x01\0\0\0\0", "not an IDX file"),
        (HAND[:10], "header ends"),
        (HAND[:-1], "according to the header it holds 2x3 uint8, 6 bytes, but the file has 5"),
        (HAND + b"!", "according to the header it holds 2x3 uint8, 6 bytes, but the file has 7"),
        (gzip.compress(HAND[:-1]), "but the file has 5"),
        (gzip.compress(HAND + b"!"), "but the file has > 6"),
        (gzip.compress(HAND)[:-1], "gzip"),
        (gzip.compress(HAND)[:14], "gzip"),
        (gzip.compress(HAND)[:-8] + bytes(8), "gzip"),
    ],
    ids=map(str, range(12)),
)
def test_damaged_files_are_refused_in_one_line(content: bytes, message: str) -> None:
    with pytest.raises(DataError, match=message) as caught:
        read_idx(content)
    assert "\n" not in str(caught.value)


def _claim(*shape: int, kind: int = 8) -> bytes:
    return bytes([0, 0, kind, len(shape)]) + np.array(shape, ">u4").tobytes()


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize(
    "header",
    [
        _claim(2**32 - 1, 1000),
        _claim(2**31, 2**31, 2**31, kind=0x0E),
        _claim(*[2**32 - 1] * 255),
        _claim(MAX_BYTES + 1),
        _claim(MAX_BYTES),
        _claim(0, 2**32 - 1, 2**32 - 1, 2**32 - 1),
    ],
    ids=map(str, range(6)),
)
def test_a_header_that_claims_terabytes_is_refused_before_anything_is_allocated(
    header: bytes, zipped: bool
) -> None:
    content = header + bytes(1000)
    content = gzip.compress(content) if zipped else content
    tracemalloc.start()
    try:
        with pytest.raises(DataError) as caught:
            read_idx(content)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 4_000_000
    assert len(str(caught.value)) < 4000


def test_a_gzip_bomb_is_unpacked_no_further_than_its_header_claims() -> None:
    packer = zlib.compressobj(9, wbits=31)
    bomb = packer.compress(HAND) + b"".join(packer.compress(bytes(1 << 20)) for _ in range(256))
    tracemalloc.start()
    try:
        with pytest.raises(DataError, match="> 6"):
            read_idx(bomb + packer.flush())
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 8_000_000


def test_an_absent_file_and_a_folder_are_file_errors(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="no such file"):
        read_idx(tmp_path / "absent")
    with pytest.raises(FileError, match="cannot be read"):
        read_idx(tmp_path)


def test_a_type_that_idx_does_not_have_is_not_written() -> None:
    with pytest.raises(DataError, match="int64"):
        format_idx(np.zeros(3, np.int64))


def test_several_gzip_members_in_one_file_are_one_stream() -> None:
    content = gzip.compress(HAND[:9]) + gzip.compress(HAND[9:])
    assert read_idx(content).tolist() == read_idx(HAND).tolist()
    assert gzip.GzipFile(fileobj=io.BytesIO(content)).read() == HAND
