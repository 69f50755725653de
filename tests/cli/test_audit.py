"""`lenet data audit`: the table, the page, and what is refused."""

from pathlib import Path

import pytest

from lenet.images.hands import Jitter, draw_digit

STEADY = Jitter(point=1, slant=0.05, rotation=2, width=0.1)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder of two CSV files with drawn digits; the label of the first test digit is wrong."""
    for name, start, count in (("train", 0, 200), ("test", 1000, 40)):
        rows = []
        for index in range(start, start + count):
            image, digit = draw_digit(index, 4, STEADY)
            label = 7 if index == 1000 else digit
            rows.append(",".join(map(str, [label, *image.ravel().tolist()])))
        (tmp_path / f"{name}.csv").write_text("\n".join(rows) + "\n", "utf-8")
    recipe = 'name = "short"\nepochs = 40\nbatch = 16\nrate = 0.1\nschedule = "one-cycle"\nmomentum = 0.9\n'
    (tmp_path / "short.toml").write_text(recipe + 'initialization = "variance"\n', "utf-8")
    return tmp_path


def test_the_page_and_the_list_name_the_planted_error(lenet, data: Path) -> None:
    page = data / "doubtful.html"
    words = ("data", "audit", "--data", data, "--folds", 2, "--recipe", data / "short.toml")
    answer = lenet(*words, "--count", 30, "-o", page, "--json")
    assert answer.code == 0, answer.err
    found = answer.json
    assert len(found["suspects"]) == 30
    assert (found["folds"], len(found["errors"]), found["lists_of_1998"]) == (2, 2, {})
    test = [suspect for suspect in found["suspects"] if suspect["part"] == "test"]
    assert (test[0]["index"], test[0]["label"], test[0]["reading"]) == (0, "7", "0")
    assert page.read_text("utf-8").count("<img ") == 30


def test_the_table_says_where_to_look(lenet, data: Path) -> None:
    words = ("data", "audit", "--data", data, "--folds", 2, "--recipe", data / "short.toml")
    answer = lenet(*words)
    assert answer.code == 0
    assert "test image 0" in answer.out
    assert "-o PAGE.html" in answer.out


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--folds", 1), "1 folds: expected 2 to 20"),
        (("--count", 0), "--count 0: expected 1 or more"),
        (("-o", "sheet.png"), "sheet.png: the page is HTML"),
    ],
)
def test_what_cannot_be_meant_is_refused(lenet, data: Path, words: tuple, sentence: str) -> None:
    answer = lenet("data", "audit", "--data", data, *words)
    assert answer.code == 2
    assert sentence in answer.err
