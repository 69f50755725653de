import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

import lenet
from benchmarks.people import Outcome, Picture, count_outcomes, list_people, read_all
from lenet.samples import read_sample

ROOT = Path(__file__).parents[2]


@pytest.fixture
def folder(tmp_path):
    from PIL import Image

    (tmp_path / "people").mkdir()
    (tmp_path / "cells").mkdir()
    (tmp_path / "people" / "labels.tsv").write_text("file\tlabel\tkind\na.png\t3\tdrawn\n")
    Image.fromarray(read_sample(3)).save(tmp_path / "people" / "a.png")
    Image.fromarray(read_sample(7)).save(tmp_path / "cells" / "inside_1_0001.png")
    return tmp_path


def test_pictures_have_the_labels_of_the_table_and_of_their_names(folder):
    pictures = list(list_people(folder))
    assert [(p.path.name, p.group, p.label) for p in pictures] == [
        ("a.png", "people, drawn", "3"),
        ("inside_1_0001.png", "cells, inside", "1"),
    ]


def test_a_wrong_label_is_undoubted_where_no_doubt_is_said(folder):
    right, wrong = read_all(list(list_people(folder)), "best", 1)
    assert (right.wrong, right.undoubted) == (False, False)
    assert (wrong.answer.label, wrong.wrong, wrong.undoubted) == ("7", True, True)


@pytest.mark.parametrize(
    ("label", "verdict", "wrong", "undoubted"),
    [("3", "unsure", False, False), ("3", "none", True, False), ("5", "unsure", True, False)],
)
def test_the_verdict_none_is_wrong_and_a_doubt_is_not_sure(label, verdict, wrong, undoubted):
    answer = lenet.Answer("3", 1.0, "5", 1.0, {}, read_sample(3), 0.5, verdict, "between")
    outcome = Outcome(Picture(Path("a.png"), "people, drawn", label), answer)
    assert (outcome.wrong, outcome.undoubted) == (wrong, undoubted)


def test_the_outcomes_are_counted():
    answer = lenet.Answer("3", 1.0, "5", 1.0, {}, read_sample(3), 0.5, "digit", None)
    right, wrong = (Outcome(Picture(Path("a.png"), "people", label), answer) for label in "35")
    refused = right._replace(answer=replace(answer, verdict="unsure", reason="between"))
    assert count_outcomes([right, wrong, wrong, refused]) == {
        "pictures": 4, "wrong": 2, "undoubted": 2, "refused": 1
    }  # fmt: skip


def fail(*words):
    command = [sys.executable, "-m", "benchmarks.people", *map(str, words)]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert answer.returncode == 2
    assert "Traceback" not in answer.stderr
    return answer.stderr


def test_a_folder_without_labels_is_a_mistake_in_words(tmp_path):
    assert "labels.tsv" in fail(tmp_path)


def test_a_network_that_does_not_exist_is_a_mistake_in_words(folder):
    assert "nosuch" in fail(folder, "--network", "nosuch")
