import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lenet.architecture import ORIGINAL
from lenet.cli.main import run
from lenet.data.dataset import load_dataset
from lenet.network import Network
from lenet.parameters import initialize_parameters

Captured = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def _english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LENET_LANG", raising=False)
    monkeypatch.setenv("COLUMNS", "100")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten classes of noise, two test pictures each."""
    folder = tmp_path_factory.mktemp("data")
    random = np.random.default_rng(0)
    for part, count in (("train", 3), ("test", 2)):
        for name in "0123456789":
            (folder / part / name).mkdir(parents=True)
            for number in range(count):
                pixels = random.integers(0, 256, (28, 28), np.uint8)
                Image.fromarray(pixels).save(folder / part / name / f"{number}.png")
    return folder


def save_network(folder: Path, labels: str = "0123456789") -> str:
    path = folder / "network.safetensors"
    Network(ORIGINAL, initialize_parameters(ORIGINAL, 0), tuple(labels)).save(path)
    return str(path)


def test_json_is_one_object_whose_numbers_agree(tmp_path: Path, data: Path, capsys: Captured) -> None:
    network = save_network(tmp_path)
    assert (
        run(["evaluate", "--network", network, "--data", str(data), "--engine", "reference", "--json"]) == 0
    )
    shown = capsys.readouterr()
    result = json.loads(shown.out)
    assert result["network"] == network
    assert result["data"] == data.name
    assert result["count"] == 20
    assert result["wrong"] == len(result["misread"]) > 0
    assert result["error"] == pytest.approx(100 * result["wrong"] / 20)
    assert result["accuracy"] == pytest.approx(100 - result["error"])
    assert np.sum(result["confusion"]) == 20
    assert 20 - np.trace(result["confusion"]) == result["wrong"]
    labels = load_dataset(data).test.labels
    margins = [entry["margin"] for entry in result["misread"]]
    assert margins == sorted(margins, reverse=True)
    for entry in result["misread"]:
        assert set(entry) == {"index", "label", "answer", "margin"}
        assert entry["label"] != entry["answer"]
        assert entry["label"] == str(labels[entry["index"]])
    assert "rejected_for_half_percent" in result
    assert "pictures by class" in shown.err


def test_the_tables_say_what_the_json_says(tmp_path: Path, data: Path, capsys: Captured) -> None:
    arguments = [
        "evaluate",
        "--network",
        save_network(tmp_path),
        "--data",
        str(data),
        "--engine",
        "reference",
    ]
    run([*arguments, "--json"])
    result = json.loads(capsys.readouterr().out)
    assert run(arguments) == 0
    shown = capsys.readouterr().out
    assert f"Test error {result['error']:.2f}% ({result['wrong']} of 20 misread)" in shown
    low, high = result["interval"]
    assert f"{low:.2f}% to {high:.2f}%" in shown
    for entry in result["misread"]:
        assert f"{entry['index']:>2}  {entry['label']} -> {entry['answer']}" in shown
    assert "…" not in shown


def test_chinese_has_the_same_tables(tmp_path: Path, data: Path, capsys: Captured) -> None:
    network = save_network(tmp_path)
    assert run(["--lang", "zh", "evaluate", "--network", network, "--data", str(data)]) == 0
    shown = capsys.readouterr().out
    assert "\u9519\u8bef\u7387" in shown
    assert "misread" not in shown


def test_a_network_of_other_classes_is_refused(tmp_path: Path, data: Path, capsys: Captured) -> None:
    network = save_network(tmp_path, "abcdefghij")
    assert run(["evaluate", "--network", network, "--data", str(data)]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "a, b, c" in shown.err
    assert "0, 1, 2" in shown.err
    assert "lenet train --data" in shown.err


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--network", "nobody"], 2),
        (["--network", "absent.safetensors"], 1),
        (["--engine", "steam"], 2),
        (["--data", "no/such/folder"], 2),
    ],
)
def test_a_mistake_is_one_line(
    tmp_path: Path, data: Path, capsys: Captured, words: list[str], code: int
) -> None:
    arguments = ["--network", save_network(tmp_path), "--data", str(data), *words]
    assert run(["evaluate", *arguments]) == code
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "error:" in shown.err
    assert "Traceback" not in shown.err
