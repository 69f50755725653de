import re

import pytest

pytest.importorskip("sklearn")  # whose digits are trained on

QUICK = ["--data", "digits", "--epochs", "1", "--limit", "320", "--engine", "reference", "--seeds", "2"]


def test_json_is_one_object_whose_rates_are_a_list_with_verdict_reason_and_shares(lenet):
    answer = lenet("rates", "--rates", "0.02,1e-9", *QUICK, "--json")
    assert answer.code == 0
    found = answer.json
    assert [trial["rate"] for trial in found["rates"]] == [0.02, 1e-9]
    for trial in found["rates"]:
        assert trial["verdict"] in {"diverges", "oscillates", "smooth", "crawls"}
        assert trial["reason"]
        assert sum(trial["shares"].values()) == pytest.approx(1, abs=1e-3)
        assert trial["shares"].keys() == {"sampling_noise", "step_size", "too_few_points"}
        assert len(trial["losses"]) == found["setting"]["steps"] == 10
        assert trial["seeds"][0]["verdict"] == trial["verdict"]
        assert sum(trial["verdicts"].values()) == len(trial["seeds"]) == 2
        assert trial["error"] == pytest.approx(sum(one["error"] for one in trial["seeds"]) / 2, abs=1e-3)
    assert found["rates"][1]["verdict"] == "crawls"
    assert (found["best"], found["recommended"]) == (0.02, [0.02, 0.02])
    assert found["setting"]["seeds"] == [0, 1]
    assert found["setting"]["held"] == 287
    assert found["setting"]["images"] == 320
    assert "▅" in answer.err


def test_a_loss_that_is_no_number_is_null(lenet):
    found = lenet("rates", "--rates", "1e20", *QUICK, "--architecture", "modern", "--json").json
    assert found["rates"][0]["losses"][-1] is None
    assert found["recommended"] is None
    assert found["try"] == pytest.approx(1e19)


@pytest.mark.parametrize(("language", "words"), [("en", "barely falls"), ("zh", "几乎不动")])
def test_verdicts_are_said_in_words(lenet, tmp_path, language, words):
    picture = tmp_path / "rates.svg"
    answer = lenet("--lang", language, "rates", "--rates", "1e-9", *QUICK, "-o", picture)
    assert answer.code == 0
    assert words in answer.out
    assert words in picture.read_text("utf-8")


def test_the_recommendation_has_the_error_and_the_verdict_beside_it(lenet, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    answer = lenet("rates", "--rates", "0.03", *QUICK, "--then", "0.01")
    assert answer.code == 0
    assert re.search(r"Recommended learning rate here: 0\.03 \(the loss \w[\w ]+\)\. Error on", answer.out)
    assert re.search(r"Error on new images:\s+\d+\.\d% \(\d+\.\d to \d+\.\d\)", answer.out)
    assert "From half of the updates on, the learning rate is 0.01" in answer.out
    assert [line for line in answer.out.splitlines() if len(line) > 80] == []


@pytest.mark.parametrize(
    "words",
    [
        ("--rates", "fast"),
        ("--rates", "0.1,,0.2"),
        ("--rates", "-1"),
        ("--rates", "nan"),
        ("--rates", "0.1", "-o", "picture.gif"),
        ("--every", "100"),
        ("--batch", "5000"),
        ("--epochs", "0"),
        ("--seeds", "0"),
        ("--then", "-1"),
        ("--then", "nan"),
    ],
)
def test_a_mistake_is_one_line(lenet, words):
    answer = lenet("rates", *QUICK, *words)
    assert answer.code == 2
    assert answer.out == ""
    assert "Traceback" not in answer.err
    assert "error:" in answer.err.splitlines()[-1]


def test_training_says_when_something_is_wrong(lenet, tmp_path):
    words = ["--data", "digits", "--limit", "700", "--epochs", "1", "--batch", "32", "--engine", "reference"]
    healthy = lenet("train", *words, "--out", tmp_path / "a", "--json").json
    assert healthy["faults"] == []
    answer = lenet("train", *words, "--rate", "0.9", "--out", tmp_path / "b")
    assert answer.code == 0
    assert "Problem: Training diverged" in answer.out
