"""`lenet train --from`: a person's pictures, the errors before and after, and what is refused."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lenet.samples import read_sample
from lenet.training.start import START_FILE


@pytest.fixture
def pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Four pictures of each of four digits, by class."""
    monkeypatch.setenv("LENET_CACHE", str(tmp_path / "cache"))
    random = np.random.default_rng(0)
    for digit in (0, 3, 4, 7):
        folder = tmp_path / "hers" / str(digit)
        folder.mkdir(parents=True)
        for number in range(4):
            noise = random.integers(-8, 9, read_sample(digit).shape)
            picture = np.clip(read_sample(digit).astype(int) + noise, 0, 255).astype(np.uint8)
            Image.fromarray(picture).save(folder / f"{number}.png")
    return tmp_path / "hers"


def train(lenet, pictures, *words):
    return lenet(
        "train", "--from", "best", "--data", pictures, "--epochs", 2, "--out", pictures.parent / "run", *words
    )


def test_both_errors_are_said_and_what_was_not_measured(lenet, pictures):
    answer = train(lenet, pictures)
    assert answer.code == 0, answer.err
    assert "Held-out pictures: 0.00% misread before (0 of 4), 0.00% after (0)." in answer.out
    assert "was not measured: MNIST is neither in $LENET_DATA nor in the cache" in answer.out
    assert "With 4 held-out pictures, one more or one fewer misread is 25.0 points." in answer.out


def test_json_has_the_counts(lenet, pictures):
    found = train(lenet, pictures, "--json").json
    assert found["from"] == "best"
    assert found["recipe"] == "fine-tune"
    counts = {"count": 4, "wrong_before": 0, "wrong_after": 0, "error_before": 0.0, "error_after": 0.0}
    assert found["own"] == counts
    assert found["mnist"] is None
    assert "lenet data fetch mnist" in found["not_measured"]


def test_the_report_has_before_and_after_and_the_command_names_the_start(lenet, pictures):
    train(lenet, pictures)
    report = (pictures.parent / "run" / "report.html").read_text("utf-8")
    assert "Before and after" in report
    assert "--from best" in report
    assert (pictures.parent / "run" / START_FILE).exists()


def test_chinese_says_the_same(lenet, pictures):
    assert "留出的图片：训练前误识 0.00%（4 张中 0 张）" in train(lenet, pictures, "--lang", "zh").out


@pytest.mark.parametrize("words", [("--architecture", "modern"), ("--pooling", "max"), ("--output", "rbf")])
def test_an_option_of_the_architecture_is_refused(lenet, pictures, words):
    answer = train(lenet, pictures, *words)
    assert answer.code == 2
    assert f"so {words[0]} would have no effect" in answer.err


def test_it_wants_data(lenet, tmp_path):
    answer = lenet("train", "--from", "best", "--out", tmp_path / "run")
    assert answer.code == 2
    assert "add --data FOLDER" in answer.err


def test_a_foreign_class_is_named_and_nothing_is_written(lenet, pictures):
    (pictures / "7").rename(pictures / "seven")
    answer = train(lenet, pictures)
    assert answer.code == 2
    assert "does not have: seven" in answer.err
    assert not (pictures.parent / "run").exists()


def test_the_recipe_without_a_start_is_refused(lenet, pictures):
    answer = lenet("train", "--recipe", "fine-tune", "--data", pictures, "--out", pictures.parent / "run")
    assert answer.code == 2
    assert "Add --from NETWORK" in answer.err


def test_from_beside_resume_is_refused_by_its_name(lenet, pictures):
    train(lenet, pictures)
    answer = lenet("train", "--resume", pictures.parent / "run", "--from", "best")
    assert answer.code == 2
    assert "so --from would have no effect" in answer.err
