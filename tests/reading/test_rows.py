from hypothesis import given
from hypothesis import strategies as st

from lenet.errors import PictureError
from lenet.network import Network
from lenet.reading.recognize import Reading, recognize_pictures
from lenet.reading.rows import COLUMNS, describe_reading, format_rows, parse_rows
from lenet.samples import sample_path


def test_a_row_has_every_column_and_survives_csv():
    (reading,) = recognize_pictures(Network.load("best"), [str(sample_path(3))])
    row = describe_reading(reading)
    (parsed,) = parse_rows([format_rows([row], header=False)])
    assert tuple(parsed) == COLUMNS
    assert parsed == {name: row.get(name) for name in COLUMNS}
    assert parsed["label"] == "3"


def test_a_picture_that_cannot_be_read_is_a_row_with_its_error():
    row = describe_reading(Reading("x.png", None, PictureError("picture.empty", name="x.png")))
    (parsed,) = parse_rows([format_rows([row], header=False)])
    assert parsed["file"] == "x.png"
    assert "x.png" in parsed["error"]
    assert parsed["label"] is None
    assert parsed["confidence"] is None


@given(st.text(min_size=1))
def test_any_name_stays_on_one_line(name):
    text = format_rows([{"file": name}], header=False)
    assert text.count("\n") == 1
    assert "\r" not in text
    assert not any(ord(letter) < 32 for letter in text.rstrip("\n"))
