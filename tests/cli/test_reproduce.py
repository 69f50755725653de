"""`lenet reproduce`: what it writes, what it says, and that it goes on where it was stopped."""

import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lenet.architecture import ORIGINAL
from lenet.cli.reproduce import write_results
from lenet.codes import DIGITS
from lenet.data.examples import Dataset, Examples
from lenet.data.idx import format_idx
from lenet.data.sources import MNIST
from lenet.network import Network
from lenet.parameters import initialize_parameters
from lenet.reproduction.trainings import Shelf, Trained, Training

pytest.importorskip("sklearn")  # whose digits are trained on

QUICK = ("reproduce", "--quick", "--data", "digits", "--limit", 120)
FILES = {"figure-5.svg", "figure-6.svg", "rejection.svg", "robustness.svg"}
FILES |= {"report.html", "results.json", "trainings"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A quick experiment that nobody stopped."""
    folder = tmp_path_factory.mktemp("reproduce") / "whole"
    words = [sys.executable, "-m", "lenet", *map(str, QUICK), "--out", str(folder), "--json"]
    answer = subprocess.run(words, capture_output=True, text=True, timeout=120, check=False)
    assert answer.returncode == 0, answer.stderr
    (folder.parent / "answer.json").write_text(answer.stdout, "utf-8")
    (folder.parent / "errors.txt").write_text(answer.stderr, "utf-8")
    return folder


def read_results(folder: Path) -> dict:
    """Without the times."""
    results = json.loads((folder / "results.json").read_text("utf-8"))
    for kind in results["kinds"].values():
        for run in kind["runs"]:
            del run["seconds"]
    return results


def test_quick_writes_results_pictures_and_a_page_that_needs_nothing_else(folder: Path) -> None:
    assert {path.name for path in folder.iterdir() if path.name != ".lock"} == FILES
    answer = json.loads((folder.parent / "answer.json").read_text("utf-8"))
    assert answer["finished"] is True
    assert answer["kinds"].keys() == {"1998", "1998-distorted", "1998-1/2", "1998-1/4", "1998-noise"}
    for kind in answer["kinds"].values():
        assert [len(run["test"]) for run in kind["runs"]] == [4]
    assert answer["figure_8"] is None  # these are not MNIST's digits
    page = (folder / "report.html").read_text("utf-8")
    assert page.count("<svg") == 4
    assert not re.search(r"(?:src|href)=\"(?!data:|#)", page)


def test_quick_says_how_long_it_takes_and_where_it_is(folder: Path) -> None:
    errors = (folder.parent / "errors.txt").read_text("utf-8")
    assert "5 of 5 trainings to do, about" in errors
    for number in range(1, 6):
        assert f"[{number}/5]" in errors


def test_the_same_command_again_trains_nothing_and_gives_the_same(lenet, folder: Path) -> None:
    before = read_results(folder)
    answer = lenet(*QUICK, "--out", folder)
    assert answer.code == 0
    assert answer.err.count("already done") == 5
    assert "images/s" not in answer.err
    assert "a preview, not a reproduction" in answer.out
    assert read_results(folder) == before


def test_a_stopped_experiment_goes_on_and_ends_in_the_same(
    lenet, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make = Shelf.make

    def interrupt(shelf, training, *rest):
        if training.part == 2:
            os.kill(os.getpid(), signal.SIGINT)
        return make(shelf, training, *rest)

    with monkeypatch.context() as patch:
        patch.setattr(Shelf, "make", interrupt)
        answer = lenet(*QUICK, "--out", tmp_path / "mine", "--json")
    assert answer.code == 130
    assert answer.json == {"finished": False, "trainings": 3, "folder": str(tmp_path / "mine")}
    assert "The same command continues" in answer.err
    answer = lenet(*QUICK, "--out", tmp_path / "mine")
    assert answer.code == 0
    assert answer.err.count("already done") == 3
    assert read_results(tmp_path / "mine") == read_results(folder)


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no SIGKILL")
def test_a_killed_experiment_goes_on_and_ends_in_the_same(lenet, folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "killed"
    words = [sys.executable, "-m", "lenet", *map(str, QUICK), "--out", str(out)]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        deadline = time.monotonic() + 60
        while not list(out.glob("trainings/*.json")) and time.monotonic() < deadline:
            time.sleep(0.005)
        process.kill()
    kept = len(list(out.glob("trainings/*.json")))
    assert 1 <= kept <= 5
    answer = lenet(*QUICK, "--out", out)
    assert answer.code == 0
    assert answer.err.count("already done") == kept
    assert read_results(out) == read_results(folder)


def test_chinese_readers_are_served(lenet, folder: Path) -> None:
    answer = lenet("--lang", "zh", *QUICK, "--out", folder)
    assert "已经有了" in answer.err
    assert "论文" in (folder / "figure-5.svg").read_text("utf-8")


@pytest.mark.parametrize("mnist", [False, True])
def test_figure_8_is_drawn_where_the_test_digits_are_mnists_whatever_the_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mnist: bool
) -> None:
    # blank: what is read in them does not matter
    digits = Examples(np.zeros((10_000, 28, 28), np.uint8), np.arange(10_000) % 10)
    dataset = Dataset("mine" if mnist else "mnist", "by hand", DIGITS, digits.first(10), digits)
    if mnist:
        images, labels = (
            replace(file, content=hashlib.sha256(format_idx(array)).hexdigest())
            for file, array in zip(MNIST.files[2:], (digits.images, digits.labels.astype("u1")), strict=True)
        )
        released = replace(MNIST, files=(*MNIST.files[:2], images, labels))
        monkeypatch.setattr("lenet.data.dataset.MNIST", released)
    network = Network(ORIGINAL, initialize_parameters(ORIGINAL, 0), DIGITS)
    trained = Trained(Training("1998-distorted", 0, epochs=1), (0.0,), (0.0,), 1.0, network)
    monkeypatch.setattr("lenet.reproduction.results.CHANGES", {"noise": (0.0,)})
    monkeypatch.setattr("lenet.reproduction.pictures.list_drawings", lambda *_: {})
    results = write_results([trained], dataset, "reference", tmp_path)
    assert (results["figure_8"] is not None) == (results["labels"] is not None) == mnist


@pytest.mark.parametrize(("words", "said"), [(("--seeds", 0), "--seeds 0"), (("--threads", 0), "0")])
def test_numbers_out_of_range_are_refused(lenet, words: tuple, said: str) -> None:
    answer = lenet(*QUICK, *words)
    assert answer.code == 2
    assert said in answer.err
