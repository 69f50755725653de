import pytest

from lenet.network import Network
from lenet.reading.frames import recognize_bytes
from lenet.reading.recognize import recognize_pictures
from lenet.reading.rows import COLUMNS, describe_reading
from lenet.samples import sample_path


def test_the_columns_are_those_of_recognize():
    paths = [str(sample_path(digit)) for digit in range(10)]
    rows = [describe_reading(reading) for reading in recognize_pictures(Network.load("best"), paths)]
    columns = recognize_bytes([sample_path(digit).read_bytes() for digit in range(10)], paths)
    assert columns == {name: [row.get(name) for row in rows] for name in COLUMNS}


def test_what_is_no_picture_has_an_error_that_names_it():
    columns = recognize_bytes([b"none", sample_path(7).read_bytes()], ["x.png", "y.png"])
    assert "x.png" in columns["error"][0]
    assert columns["label"] == [None, "7"]


def test_without_names_pictures_are_numbered():
    assert recognize_bytes([b"", b""])["file"] == ["0", "1"]


def test_names_and_contents_belong_together():
    with pytest.raises(ValueError, match="zip"):
        recognize_bytes([b"", b""], ["x.png"])
