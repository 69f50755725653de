"""`lenet recognize`: what cannot be read is named, whatever the shell hands over."""

import csv
import io
import re
import shutil
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from lenet.architecture import MODERN, ORIGINAL
from lenet.network import Network
from lenet.parameters import initialize_parameters
from lenet.reading import recognize as reading
from lenet.samples import sample_path
from lenet.texts import load_texts


@pytest.fixture
def save_network(tmp_path):
    """Write an untrained network of an architecture; gives its path."""

    def save(architecture, labels=tuple("0123456789")):
        path = tmp_path / "network.safetensors"
        Network(architecture, initialize_parameters(architecture, 0), labels).save(path)
        return path

    return save


@pytest.fixture
def set_input(monkeypatch):
    """Put bytes on standard input."""

    def put(content):
        stream = io.BytesIO(content) if isinstance(content, bytes) else content
        monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=stream))

    return put


@pytest.mark.parametrize(
    ("architecture", "language", "heading", "other"),
    [
        (ORIGINAL, "en", "penalty_rbf", "penalty_linear"),
        (MODERN, "en", "penalty_linear", "penalty_rbf"),
        (ORIGINAL, "zh", "penalty_rbf", "penalty_linear"),
        (MODERN, "zh", "penalty_linear", "penalty_rbf"),
    ],
)
def test_the_heading_says_what_the_output_computes(
    lenet, save_network, architecture, language, heading, other
):
    answer = lenet("recognize", sample_path(3), "--network", save_network(architecture), "--lang", language)
    assert answer.code == 0
    texts = load_texts(language)
    assert texts[f"recognize.{heading}"] in answer.out
    assert texts[f"recognize.{other}"] not in answer.out


@pytest.mark.parametrize("language", ["en", "zh"])
def test_an_empty_path_is_not_the_current_folder(lenet, tmp_path, monkeypatch, language):
    shutil.copy(sample_path(3), tmp_path)
    monkeypatch.chdir(tmp_path)
    answer = lenet("recognize", "", "--lang", language)
    assert (answer.code, answer.out, answer.err.count("\n")) == (2, "", 1)
    assert lenet("recognize", ".").code == 0


def test_a_name_that_is_too_long_does_not_stop_the_rest(lenet):
    answer = lenet("recognize", "a" * 300, sample_path(3), "--json")
    assert answer.code == 1
    assert [picture.get("label") for picture in answer.json["pictures"]] == [None, "3"]
    assert "cannot be read" in answer.err
    assert answer.err.count("\n") == 1


def test_standard_input_is_read_to_its_limit(lenet, set_input, monkeypatch):
    content = sample_path(3).read_bytes()
    set_input(content)
    assert lenet("recognize", "-", "--json").json["pictures"][0]["label"] == "3"
    monkeypatch.setattr(reading, "MAX_FILE_BYTES", len(content))
    set_input(content)
    assert lenet("recognize", "-").code == 0
    stream = io.BytesIO(content + b"y" * 100)
    set_input(stream)
    answer = lenet("recognize", "-")
    assert (answer.code, answer.err.count("\n")) == (1, 1)
    assert "too large for a picture" in answer.err
    assert stream.tell() == len(content) + 1


def test_an_input_that_cannot_be_read_is_named(lenet, set_input):
    class Broken(io.RawIOBase):
        def read(self, size=-1):
            raise OSError(5, "Input/output error")

    set_input(Broken())
    answer = lenet("recognize", "-")
    assert (answer.code, answer.err) == (1, "error: -: cannot be read (Input/output error).\n")


def test_a_closed_input_is_an_empty_picture(lenet, monkeypatch):
    monkeypatch.setattr("sys.stdin", None)
    assert "empty" in lenet("recognize", "-").err


@pytest.fixture
def save_blank(tmp_path):
    """Write a picture of nothing; gives its path."""
    path = tmp_path / "blank.png"
    Image.fromarray(np.full((80, 60), 250, np.uint8)).save(path)
    return path


def test_a_blank_picture_is_an_answer_and_no_failure(lenet, save_blank):
    answer = lenet("recognize", save_blank, "--json")
    assert (answer.code, answer.err) == (0, "")
    [picture] = answer.json["pictures"]
    assert (picture["verdict"], picture["reason"]) == ("none", "blank")
    table = lenet("recognize", save_blank, sample_path(3)).out
    assert "blank" in table
    assert " - " in table


@pytest.fixture
def save_pair(tmp_path):
    """Write a picture of two digits under a long name; gives its path."""
    path = tmp_path / ("two digits in one picture " * 3 + ".png")
    pair = np.concatenate([np.asarray(Image.open(sample_path(digit))) for digit in (3, 5)], axis=1)
    Image.fromarray(np.pad(pair, 30, constant_values=236)).save(path)
    return path


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_table_says_why_an_answer_is_uncertain_and_what_its_marks_mean(
    lenet, save_pair, save_blank, language
):
    texts = load_texts(language)
    answer = lenet("recognize", save_pair, save_blank, "--lang", language)
    assert answer.code == 0
    pair, blank = (line for line in answer.out.splitlines() if ".png" in line)
    assert re.search(rf" \d\? .*{texts['doubt.marks']}", pair)
    assert re.search(rf" - +- +- +{texts['doubt.blank']}", blank)
    for key in ("confidence", "second", "unsure", "none"):
        assert texts[f"recognize.legend_{key}"] in answer.out
    plain = lenet("recognize", sample_path(3), "--lang", language).out
    assert texts["recognize.legend_unsure"] not in plain
    assert texts["recognize.legend_none"] not in plain
    assert texts["recognize.note"] not in plain


def test_names_of_files_are_whole_where_the_output_is_no_terminal(lenet, save_pair, monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    assert str(save_pair) in lenet("recognize", save_pair).out


@pytest.mark.parametrize(("architecture", "sign"), [(ORIGINAL, 1), (MODERN, -1)])
def test_without_a_calibration_the_table_has_the_distance_or_the_logit(
    lenet, save_network, architecture, sign
):
    network = save_network(architecture)
    [picture] = lenet("recognize", sample_path(3), "--network", network, "--json").json["pictures"]
    row = next(
        line
        for line in lenet("recognize", sample_path(3), "--network", network).out.splitlines()
        if "3.png" in line
    )
    assert row.split()[2:] == [
        f"{sign * picture['penalty']:.1f}",
        picture["second"],
        f"{picture['margin']:.1f}",
    ]


def test_csv_has_a_line_for_each_picture(lenet, save_blank):
    answer = lenet("recognize", sample_path(3), save_blank, "absent.png", "--csv")
    assert answer.code == 1
    three, blank, absent = csv.DictReader(io.StringIO(answer.out))
    assert (three["label"], three["verdict"], three["reason"], three["error"]) == ("3", "digit", "", "")
    assert 0.5 < float(three["confidence"]) <= 1
    assert float(three["margin"]) > 0
    assert (blank["verdict"], blank["reason"]) == ("none", "blank")
    assert absent["label"] == ""
    assert "no such file" in absent["error"]


def test_only_one_form_can_be_printed(lenet):
    answer = lenet("recognize", sample_path(3), "--csv", "--json")
    assert (answer.code, answer.out) == (2, "")


@pytest.mark.parametrize("suffix", [".svg", ".png"])
def test_the_steps_are_drawn_into_a_file(lenet, tmp_path, suffix):
    path = tmp_path / f"steps{suffix}"
    answer = lenet("recognize", sample_path(4), "--steps", path, "--json")
    assert answer.code == 0
    assert answer.json["pictures"][0]["label"] == "4"
    assert path.stat().st_size > 10_000
    assert str(path) in answer.err.replace("\n", "")


@pytest.mark.parametrize("images", [[sample_path(1), sample_path(2)], ["-"]], ids=["two", "input"])
def test_the_steps_are_those_of_one_file(lenet, tmp_path, images):
    answer = lenet("recognize", *images, "--steps", tmp_path / "steps.svg")
    assert (answer.code, answer.out, answer.err.count("\n")) == (2, "", 1)


def test_the_steps_of_a_picture_that_cannot_be_read_are_not_drawn(lenet, tmp_path):
    assert lenet("recognize", "absent.png", "--steps", tmp_path / "steps.svg").code == 1
    assert not (tmp_path / "steps.svg").exists()
    assert lenet("recognize", sample_path(1), "--steps", tmp_path / "steps.txt").code == 2


def test_a_name_or_a_label_cannot_reach_the_terminal(lenet, save_network, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    picture = "x\x1b[31m.png"
    shutil.copy(sample_path(3), picture)
    network = save_network(MODERN, tuple(f"{number}\x1b]0;title\x07" for number in range(10)))
    answer = lenet("recognize", picture, "absent\x1b[2J.png", "--network", network)
    assert answer.code == 1
    assert "x\ufffd[31m.png" in answer.out
    assert "\ufffd]0;title\ufffd" in answer.out
    assert "absent\ufffd[2J.png" in answer.err
    assert not set("\x1b\x07") & set(answer.out + answer.err)
