"""`lenet bulk`: its summary, its exit codes, and one line for each mistake."""

import shutil

import pytest

from lenet.samples import sample_path


@pytest.fixture
def pictures(tmp_path):
    folder = tmp_path / "pictures"
    folder.mkdir()
    for digit in range(5):
        shutil.copy(sample_path(digit), folder / f"{digit}.png")
    return folder


def test_the_summary_counts_digits_and_names_the_table(lenet, pictures, tmp_path):
    answer = lenet("bulk", pictures, "-o", tmp_path / "all.csv")
    assert answer.code == 0
    assert "0: 1  1: 1  2: 1  3: 1  4: 1" in answer.out
    assert str(tmp_path / "all.csv") in answer.out


def test_a_picture_that_cannot_be_read_is_counted_and_ends_with_1(lenet, pictures, tmp_path):
    (pictures / "bad.png").write_bytes(b"no picture")
    answer = lenet("bulk", pictures, "-o", tmp_path / "all.csv", "--json")
    assert answer.code == 1
    assert answer.json["errors"] == 1
    assert answer.json["verdicts"] == {"digit": 5}
    assert answer.json["labels"] == dict.fromkeys("01234", 1)


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["absent", "-o", "all.csv"], 1, "absent"),
        (["pictures", "-o", "all.txt"], 2, ".csv"),
        (["pictures"], 2, "--output"),
        (["pictures", "-o", "all.csv", "--part", "0"], 2, "--part 0"),
        (["pictures", "-o", "all.csv", "--column", "image"], 2, "--column image"),
        (["pictures", "-o", "all.csv", "--network", "absent"], 2, "absent"),
    ],
)
def test_a_mistake_is_one_line(lenet, pictures, tmp_path, monkeypatch, words, code, said):
    monkeypatch.chdir(tmp_path)
    answer = lenet("bulk", *words)
    assert answer.code == code
    assert said in answer.err
    assert answer.err.count("\n") == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["pictures"]


def test_ctrl_c_says_how_to_continue(lenet, pictures, tmp_path, monkeypatch):
    monkeypatch.setattr("lenet.cli.interrupt.Interrupt.__call__", lambda self: True)
    answer = lenet("bulk", pictures, "-o", tmp_path / "all.csv")
    assert answer.code == 130
    assert "--resume" in answer.err
    monkeypatch.undo()
    assert lenet("bulk", pictures, "-o", tmp_path / "all.csv", "--resume").code == 0
