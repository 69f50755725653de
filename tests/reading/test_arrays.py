import sys

import numpy as np
import pytest

from lenet.data.idx import format_idx
from lenet.errors import DataError, FileError, MissingExtra, UsageError
from lenet.reading.sources import open_source


def test_an_idx_file_gives_its_images(tmp_path):
    images = np.arange(3 * 28 * 28, dtype=np.uint8).reshape(3, 28, 28)
    path = tmp_path / "images-idx3-ubyte"
    path.write_bytes(format_idx(images))
    source = open_source(str(path))
    names, contents = zip(*source.read(source.list()), strict=True)
    assert names == tuple(f"{path}#{number}" for number in range(3))
    np.testing.assert_array_equal(contents, images)


def test_idx_labels_are_no_images(tmp_path):
    path = tmp_path / "labels-idx1-ubyte"
    path.write_bytes(format_idx(np.zeros(5, np.uint8)))
    with pytest.raises(DataError, match=r"\(5,\)"):
        list(open_source(str(path)).list())


@pytest.fixture
def write_parquet(tmp_path):
    """Write columns to a parquet file of small row groups; gives its path."""
    pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")

    def write(**columns):
        path = tmp_path / "pictures.parquet"
        pq.write_table(pa.table(columns), path, row_group_size=5)
        return path

    return write


def test_a_parquet_file_gives_the_bytes_of_its_column(write_parquet):
    contents = [b"%d" % number for number in range(12)]
    path = write_parquet(number=list(range(12)), image=contents)
    source = open_source(str(path))
    entries = list(source.list())
    assert list(source.read(entries)) == [(f"{path}#{n}", content) for n, content in enumerate(contents)]
    # other rows than the next ones, before and after those read last
    assert [content for _, content in source.read([[11], [2], [3], [9]])] == [b"11", b"2", b"3", b"9"]


def test_a_damaged_group_costs_its_own_rows_only(write_parquet):
    import pyarrow.parquet as pq

    contents = [b"%d" % number for number in range(12)]
    path = write_parquet(image=contents)
    column = pq.ParquetFile(path).metadata.row_group(1).column(0)
    content = bytearray(path.read_bytes())
    begin = column.dictionary_page_offset or column.data_page_offset
    content[begin : begin + 12] = b"\xff" * 12
    path.write_bytes(content)
    source = open_source(str(path))
    found = list(source.read(source.list()))
    assert [item for _, item in found[:5] + found[10:]] == contents[:5] + contents[10:]
    assert [name for name, _ in found] == [f"{path}#{number}" for number in range(12)]
    assert all(isinstance(item, FileError) for _, item in found[5:10])


def test_a_column_of_structs_names_its_pictures(write_parquet):
    path = write_parquet(image=[{"bytes": b"1", "path": "one.png"}, {"bytes": None, "path": "two.png"}])
    source = open_source(str(path))
    (name, content), (other, fault) = source.read(source.list())
    assert (name, content, other) == ("one.png", b"1", "two.png")
    assert fault.key == "picture.empty"


@pytest.mark.parametrize("column", [None, "number", "absent"])
def test_without_one_clear_column_its_names_are_listed(write_parquet, column):
    path = write_parquet(number=[1], first=[b"1"], second=[b"2"])
    with pytest.raises(UsageError, match="number, first, second"):
        open_source(str(path), column)


def test_parquet_asks_for_pyarrow(tmp_path, monkeypatch):
    path = tmp_path / "pictures.parquet"
    path.write_bytes(b"PAR1")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingExtra, match=r"lenet\[bulk\]"):
        open_source(str(path))


def test_a_damaged_parquet_file_is_refused(tmp_path):
    pytest.importorskip("pyarrow")
    path = tmp_path / "pictures.parquet"
    path.write_bytes(b"PAR1" * 10)
    with pytest.raises(DataError, match=path.name):
        open_source(str(path))
