import numpy as np
import pytest
from safetensors.numpy import save_file

from lenet.export.pytorch_file import export_pytorch
from lenet.network import load

KINDS = {"conv1": (6, 1, 5, 5), "conv2": (16, 6, 5, 5), "fc1": (120, 400), "fc2": (84, 120), "fc3": (10, 84)}


@pytest.fixture
def theirs(tmp_path):
    chance = np.random.default_rng(0)
    arrays = {}
    for name, shape in KINDS.items():
        arrays[f"{name}.weight"] = chance.normal(size=shape).astype(np.float32) / 10
        arrays[f"{name}.bias"] = np.zeros(shape[0], np.float32)
    del arrays["conv1.bias"]
    save_file(arrays, tmp_path / "theirs.safetensors")
    return tmp_path / "theirs.safetensors"


def test_an_imported_network_can_be_used_by_the_other_verbs(lenet, theirs, tmp_path):
    answer = lenet("import", theirs, "-o", tmp_path / "net.safetensors")
    assert answer.code == 0
    for words in (
        "conv2.weight",
        "none: 0",
        "activation relu, pooling max",
        "61,706 parameters",
        "sample digits",
    ):
        assert words in answer.out
    assert "pads by 2" not in answer.out
    assert lenet("explain", "--sample", "3", "--network", tmp_path / "net.safetensors", "--json").code == 0


def test_the_caveat_of_the_border_is_said_where_it_holds(lenet, theirs, tmp_path):
    told = ("--mean", 0.1307, "--std", 0.3081)
    assert "grey 33 of 255" in lenet("import", theirs, "-o", tmp_path / "n.safetensors", *told).out


def test_json_says_what_became_what(lenet, theirs, tmp_path):
    told = ("--activation", "tanh", "--pooling", "average", "--labels", "a,b,c,d,e,f,g,h,i,j")
    found = lenet("import", theirs, "-o", tmp_path / "net.safetensors", *told, "--json").json
    assert found["tensors"]["c5.weight"] == "fc1.weight"
    assert found["architecture"]["activation"] == "tanh"
    assert "samples_right" not in found
    assert load(tmp_path / "net.safetensors").labels == tuple("abcdefghij")


def test_a_better_reading_is_pointed_out(lenet, tmp_path, monkeypatch):
    from lenet.cli import import_network

    counts = iter([3, *[2] * 5, 9, 4])
    monkeypatch.setattr(import_network, "_count_right", lambda network: next(counts, 0))
    path = tmp_path / "theirs.safetensors"
    save_file({f"{n}.weight": np.ones(s, np.float32) for n, s in KINDS.items()}, path)
    out = lenet("import", path, "-o", tmp_path / "net.safetensors").out
    assert "3 of the ten" in out
    assert "With --activation sigmoid --pooling average it would read 9 of them correctly." in out


def test_what_was_exported_reads_the_samples_as_before(lenet, tmp_path):
    export_pytorch(load(), tmp_path / "net.py")
    found = lenet("import", tmp_path / "net.safetensors", "-o", tmp_path / "back.safetensors", "--json").json
    assert found["samples_right"] == 10


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["absent.pt", "-o", "net.safetensors"], 1, "absent.pt"),
        (["theirs.safetensors", "-o", "net.pt"], 2, ".safetensors"),
        (["theirs.safetensors", "-o", "net.safetensors", "--activation", "elu"], 2, "relu, tanh, sigmoid"),
        (["theirs.safetensors", "-o", "net.safetensors", "--std", "0"], 2, "--std"),
        (["theirs.safetensors", "-o", "net.safetensors", "--labels", "a,b"], 2, "10 different labels"),
    ],
)
def test_a_mistake_is_named(lenet, theirs, words, code, said, monkeypatch):
    monkeypatch.chdir(theirs.parent)
    answer = lenet("import", *words)
    assert answer.code == code
    assert said in answer.err
    assert [path.name for path in theirs.parent.iterdir()] == ["theirs.safetensors"]
