"""tools/cases.py: an answer is right only where the pattern is found and nothing broke."""

import subprocess

import pytest

from tools.cases import Case, list_cases


def raise_timeout():
    raise subprocess.TimeoutExpired("lenet", 120)


@pytest.mark.parametrize(
    ("answer", "right"),
    [
        ("7 digit", True),
        ("1 digit", False),
        ("7 digit\nTraceback (most recent call last):", False),
        ("7 digit: this is a fault of lenet", False),
        ("7 digit\nended by signal 11: Segmentation", False),
        ("error: no option --sevens. 7 digit", False),
    ],
)
def test_an_answer_is_right_where_the_pattern_is_found_and_nothing_broke(answer, right):
    assert Case("seven", "7 digit", lambda: answer).judge()[1] == right


def test_no_answer_in_time_is_wrong():
    got, right = Case("slow", "", raise_timeout).judge()
    assert not right
    assert "nothing within" in got


def test_every_case_of_the_folder_is_asked(tmp_path):
    faults = tmp_path / "faults"
    faults.mkdir()
    (faults / "native_threads_abort.py").write_text("")
    (faults / "new.pt").write_bytes(b"")
    names = [case.name for case in list_cases(tmp_path)]
    assert "faults/new.pt" in names
    assert len(names) == len(set(names))
