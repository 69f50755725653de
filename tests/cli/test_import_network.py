import numpy as np
import pytest
from safetensors.numpy import save_file

from lenet.export import trials
from lenet.export.pytorch_file import export_pytorch
from lenet.export.state_dict import import_network
from lenet.network import load

KINDS = {"conv1": (6, 1, 5, 5), "conv2": (16, 6, 5, 5), "fc1": (120, 400), "fc2": (84, 120), "fc3": (10, 84)}


@pytest.fixture
def theirs(tmp_path):
    chance = np.random.default_rng(0)
    arrays = {}
    for name, shape in KINDS.items():
        arrays[f"{name}.weight"] = chance.normal(size=shape).astype(np.float32) / 10
        arrays[f"{name}.bias"] = np.zeros(shape[0], np.float32)
    arrays["fc3.weight"] *= 10_000  # sure of its answers, as trained networks are
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
    assert "tried" not in found
    assert load(tmp_path / "net.safetensors").labels == tuple("abcdefghij")


@pytest.fixture
def digits(monkeypatch):
    """Two hundred digits in place of MNIST's: noise, labelled by a network of tanh and average pooling."""

    def label_by(network):
        images = np.random.default_rng(1).integers(0, 256, (200, 28, 28), dtype=np.uint8)
        found = trials.Digits(images, network.penalties(images).argmin(axis=1), "mnist")
        monkeypatch.setattr(trials, "find_digits", lambda: found)

    return label_by


def test_a_better_reading_is_pointed_out(lenet, theirs, tmp_path, digits):
    digits(import_network(theirs, "tanh", "average", 0.5, 0.5))
    answer = lenet("import", theirs, "-o", tmp_path / "net.safetensors")
    assert "0 of these 200 digits" in answer.out.replace("only 0", "0")
    assert "--activation tanh --pooling average --mean 0.5 --std 0.5" in answer.out


def test_nothing_is_advised_against_what_was_told(lenet, theirs, tmp_path, digits):
    digits(import_network(theirs, "tanh", "average", 0.5, 0.5))
    told = ("--activation", "relu", "--mean", 0)
    found = lenet("import", theirs, "-o", tmp_path / "net.safetensors", *told, "--json").json
    assert found.get("better", {}).get("activation", "relu") == "relu"
    assert found.get("better", {}).get("mean", 0) == 0


def test_where_the_reading_fits_nothing_is_advised(lenet, theirs, tmp_path, digits):
    digits(import_network(theirs))
    found = lenet("import", theirs, "-o", tmp_path / "net.safetensors", "--json").json
    assert (found["wrong"], found["count"], found["tried"]) == (0, 200, "mnist")
    assert not found.keys() & {"better", "resized", "fits"}


def test_labels_that_no_reading_gives_are_said_to_be_other_classes(lenet, theirs, tmp_path, monkeypatch):
    images = np.random.default_rng(1).integers(0, 256, (200, 28, 28), dtype=np.uint8)
    labels = np.random.default_rng(2).integers(0, 10, 200)
    monkeypatch.setattr(trials, "find_digits", lambda: trials.Digits(images, labels, "mnist"))
    assert "may not be the digits" in lenet("import", theirs, "-o", tmp_path / "net.safetensors").out


def test_a_network_for_resized_digits_is_recognized(lenet, theirs, tmp_path, monkeypatch):
    images = np.random.default_rng(1).integers(0, 256, (200, 28, 28), dtype=np.uint8)
    labels = import_network(theirs).penalties(trials.resize_digits(images)).argmin(axis=1)
    monkeypatch.setattr(trials, "find_digits", lambda: trials.Digits(images, labels, "mnist"))
    assert "Resize((32, 32))" in lenet("import", theirs, "-o", tmp_path / "net.safetensors").out


def test_the_settings_of_a_network_for_resized_digits_are_not_those_that_suit_padded_ones(
    lenet, theirs, tmp_path, digits, monkeypatch
):
    digits(import_network(theirs, "tanh", "average", 0.5, 0.5))

    def make_trial(activation, resized, misread):
        settings = {"activation": activation, "pooling": "average", "mean": 0.5, "std": 0.5}
        return trials.Trial(settings, resized, np.arange(200) < misread, np.full(200, misread / 200))

    made = [
        *(make_trial("tanh", True, 2), make_trial("scaled-tanh", True, 30)),
        *(make_trial("tanh", False, 50), make_trial("scaled-tanh", False, 30)),
    ]
    monkeypatch.setattr(trials, "try_all", lambda *_: iter(made))
    answer = lenet("import", theirs, "-o", tmp_path / "net.safetensors")
    assert "misreads 30 of 200 padded digits, but only 2 resized ones" in answer.out
    assert "--activation tanh --pooling average --mean 0.5 --std 0.5" in answer.out


def test_ten_samples_are_too_few_to_advise(lenet, theirs, tmp_path, monkeypatch):
    monkeypatch.setenv("LENET_CACHE", str(tmp_path))
    answer = lenet("import", theirs, "-o", tmp_path / "net.safetensors")
    assert "too few to tell" in answer.out


def test_what_was_exported_reads_the_samples_as_before(lenet, tmp_path):
    export_pytorch(load(), tmp_path / "net.py")
    found = lenet("import", tmp_path / "net.safetensors", "-o", tmp_path / "back.safetensors", "--json").json
    assert found["wrong"] == 0


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
