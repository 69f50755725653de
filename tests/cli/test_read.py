"""`lenet read`: the numbers in pictures, in every form of output."""

import csv
import io
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from lenet.samples import read_sample, sample_path


@pytest.fixture
def row_picture(tmp_path):
    """A picture of the samples 3, 8 and 2 in a row."""
    row = np.concatenate([read_sample(digit) for digit in (3, 8, 2)], axis=1)
    path = tmp_path / "row.png"
    Image.fromarray(row).save(path)
    return path


def test_a_number_is_a_line_with_its_confidence(lenet, row_picture):
    answer = lenet("read", row_picture)
    assert (answer.code, answer.err) == (0, "")
    (line,) = [line.split() for line in answer.out.splitlines() if "row.png" in line]
    assert line[1:3] == ["1", "382"]
    assert line[3].endswith("%")


def test_a_form_is_named_as_a_condition_of_the_confidence(lenet, row_picture):
    condition = "if it has the form that --format gives"
    assert condition in lenet("read", row_picture, "--format", "ddd").out
    assert condition not in lenet("read", row_picture).out


def test_all_lists_every_digit_with_its_box(lenet, row_picture):
    lines = [line.split() for line in lenet("read", row_picture, "--all").out.splitlines()]
    digits = [line for line in lines if line and line[0].endswith("row.png")]
    assert [line[2] for line in digits] == ["3", "8", "2"]
    assert all(len(line) == 9 for line in digits)


def test_json_has_rows_digits_and_boxes(lenet, row_picture):
    answer = lenet("read", row_picture, "--json")
    (picture,) = answer.json["pictures"]
    (row,) = picture["rows"]
    assert (row["number"], row["verdict"]) == ("382", "number")
    assert [digit["label"] for digit in row["digits"]] == ["3", "8", "2"]
    left, top, width, height = row["box"]
    with Image.open(row_picture) as image:
        assert 0 <= left < left + width <= image.width
        assert 0 <= top < top + height <= image.height
    assert all(0 <= other["confidence"] <= 1 for other in row["others"])


@pytest.mark.parametrize(("options", "count"), [([], 1), (["--all"], 3)])
def test_csv_has_a_line_for_each_number_or_digit(lenet, row_picture, options, count):
    lines = list(csv.DictReader(io.StringIO(lenet("read", row_picture, "--csv", *options).out)))
    assert len(lines) == count
    assert "".join(line["label"] if options else line["number"] for line in lines) == "382"
    assert all(int(line["width"]) > 0 and line["row"] == "1" for line in lines)


def test_a_single_digit_is_what_recognize_says(lenet):
    read = lenet("read", sample_path(7), "--json").json["pictures"][0]["rows"][0]
    recognized = lenet("recognize", sample_path(7), "--json").json["pictures"][0]
    assert (read["number"], read["confidence"]) == (recognized["label"], recognized["confidence"])


def test_a_form_excludes_other_numbers(lenet, row_picture):
    assert "382" in lenet("read", row_picture, "--format", "d{3}").out
    answer = lenet("read", row_picture, "--format", "d{30}")
    assert answer.code == 0
    assert "no number of the form d{30}" in answer.out


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("form", ["d{2", "", "abc", "d{9,1}"])
def test_what_is_no_form_is_a_mistake_before_any_picture_is_read(lenet, lang, form):
    answer = lenet("read", "absent.png", "--format", form, "--lang", lang)
    assert (answer.code, answer.out, answer.err.count("\n")) == (2, "", 1)
    assert "absent.png" not in answer.err


def test_blank_paper_is_said_to_have_no_digits(lenet, tmp_path):
    Image.new("L", (200, 80), 235).save(tmp_path / "blank.png")
    answer = lenet("read", tmp_path / "blank.png")
    assert answer.code == 0
    assert "no digits found" in answer.out
    assert lenet("read", tmp_path / "blank.png", "--json").json["pictures"][0]["rows"] == []


def test_a_file_that_cannot_be_read_does_not_stop_the_rest(lenet, row_picture):
    answer = lenet("read", "absent.png", row_picture)
    assert answer.code == 1
    assert "382" in answer.out
    assert "absent.png" in answer.err
    lines = list(csv.DictReader(io.StringIO(lenet("read", "absent.png", row_picture, "--csv").out)))
    assert "absent.png" in lines[0]["error"]
    assert lines[1]["number"] == "382"


def test_standard_input_is_read(lenet, row_picture, monkeypatch):
    stream = SimpleNamespace(buffer=io.BytesIO(row_picture.read_bytes()))
    monkeypatch.setattr("sys.stdin", stream)
    assert lenet("read", "-", "--json").json["pictures"][0]["rows"][0]["number"] == "382"


@pytest.mark.parametrize("suffix", [".svg", ".png"])
def test_boxes_draws_the_picture(lenet, row_picture, tmp_path, suffix):
    path = tmp_path / f"boxes{suffix}"
    answer = lenet("read", row_picture, "--boxes", path)
    assert answer.code == 0
    assert path.stat().st_size > 1000
    assert str(path) in answer.err.replace("\n", "")


@pytest.mark.parametrize(
    "words",
    [
        (sample_path(3), sample_path(4), "--boxes", "b.svg"),
        ("-", "--boxes", "b.svg"),
        (sample_path(3), "--boxes", "b.txt"),
        (sample_path(3), "--json", "--csv"),
        ("",),
    ],
)
def test_what_cannot_be_done_is_a_mistake_of_the_command(lenet, words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    answer = lenet("read", *words)
    assert (answer.code, answer.out, answer.err.count("\n")) == (2, "", 1)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_recognize_points_to_read_where_it_sees_several_marks(lenet, row_picture, lang):
    assert "lenet read" in lenet("recognize", row_picture, "--lang", lang).out
    assert "lenet read" not in lenet("recognize", sample_path(3), "--lang", lang).out
