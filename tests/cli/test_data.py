import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from lenet.cli.main import run
from lenet.data.idx import format_idx
from lenet.data.sources import MNIST, SOURCES


@pytest.fixture(autouse=True)
def _nothing_here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("LENET_DATA", raising=False)
    monkeypatch.delenv("LENET_LANG", raising=False)
    monkeypatch.setenv("LENET_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    random = np.random.default_rng(0)
    for count, at in ((20, 0), (5, 2)):
        images = random.integers(0, 256, (count, 28, 28), np.uint8)
        (tmp_path / MNIST.files[at].name).write_bytes(gzip.compress(format_idx(images)))
        labels = np.arange(count, dtype=np.uint8) % 10
        (tmp_path / MNIST.files[at + 1].name).write_bytes(gzip.compress(format_idx(labels)))
    return tmp_path


def test_list_shows_every_set_and_how_to_get_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["data", "list"]) == 0
    shown = capsys.readouterr()
    for source in SOURCES:
        assert source in shown.out
    assert shown.err == ""


def test_list_as_json_is_one_object_with_sizes_and_places(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["data", "list", "--json"]) == 0
    rows = {row["name"]: row for row in json.loads(capsys.readouterr().out)["datasets"]}
    assert list(rows) == ["mnist", "fashion", "kmnist", "qmnist", "emnist", "digits"]
    assert (rows["mnist"]["train"], rows["mnist"]["test"], rows["mnist"]["bytes"]) == (
        60_000,
        10_000,
        11_594_722,
    )
    assert rows["mnist"]["found"] is None
    assert rows["mnist"]["fault"] == "to get it: lenet data fetch mnist"


def test_list_tells_a_damaged_copy_without_failing(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LENET_DATA", str(folder))
    assert run(["data", "list", "--json"]) == 0
    assert "not the released file" in json.loads(capsys.readouterr().out)["datasets"][0]["fault"]


def test_verify_counts_the_examples_of_each_class(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["data", "verify", str(folder), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["examples"] == {"train": 20, "test": 5}
    assert report["each_class"] == {"train": [2] * 10, "test": [1] * 5 + [0] * 5}
    assert len(report["fingerprint"]) == 64
    assert run(["data", "verify", str(folder)]) == 0
    shown = capsys.readouterr().out
    assert "not the released MNIST" in shown
    assert report["fingerprint"] in shown


def test_verify_of_damaged_data_is_one_line_and_exit_code_1(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = folder / MNIST.files[0].name
    path.write_bytes(path.read_bytes()[:-100])
    assert run(["data", "verify", str(folder)]) == 1
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.count("\n") == 1
    assert path.name in shown.err


def test_verify_of_what_is_not_there_is_a_mistake_of_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["data", "verify", "mnits"]) == 2
    assert "mnist, fashion, kmnist, qmnist, emnist, digits" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["mnist", "fashion"])
def test_fetch_without_a_connection_shows_three_ways_out(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["data", "fetch", name]) == 1
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.count("\n") == 1
    assert "(3)" in shown.err


@pytest.mark.parametrize("name", ["digits", "cifar"])
def test_fetch_of_what_cannot_be_fetched_names_what_can(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["data", "fetch", name]) == 2
    assert "mnist, fashion" in capsys.readouterr().err


def test_data_alone_shows_its_three_verbs(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["data"]) == 0
    shown = capsys.readouterr().out
    for verb in ("list", "fetch", "verify"):
        assert verb in shown


def test_chinese_is_spoken_on_request(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--lang", "zh", "data", "fetch", "cifar"]) == 2
    assert "没有可下载的内容" in capsys.readouterr().err


def test_inverted_data_are_noticed_when_they_are_verified_and_trained_on(lenet, tmp_path):
    images = np.full((20, 28, 28), 255, np.uint8)
    images[:, 10:20, 12:16] = 0
    labels = np.arange(20) % 10
    path = tmp_path / "inverted.npz"
    np.savez(path, x_train=images, y_train=labels, x_test=images, y_test=labels)
    assert "255 - images" in lenet("data", "verify", path).out
    assert list(lenet("data", "verify", path, "--json").json["suspicions"]) == ["inverted"]
    words = ("--data", path, "--recipe", "demo", "--epochs", "1", "--out", tmp_path / "run")
    assert "255 - images" in lenet("train", *words).err
    assert "255 - images" in lenet("evaluate", "--data", path).err
