"""Networks in files: saved and loaded to the bit; what is none is refused."""

import copy
import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import lenet
from lenet.architecture import MODERN, ORIGINAL, Architecture
from lenet.codes import DIGITS
from lenet.errors import FileError, NetworkFileError, UsageError
from lenet.network import Network
from lenet.parameters import initialize_parameters
from lenet.storage import load_arrays, save_arrays

CARD = {"data": "noise", "recipe": "none", "test_error": 90.0}


def make_network(architecture: Architecture = ORIGINAL, seed: int = 0, dtype: Any = np.float32) -> Network:
    labels = tuple(map(str, range(architecture.classes)))
    parameters = initialize_parameters(architecture, seed, dtype, scheme="variance")
    return Network(architecture, parameters, labels, CARD, "reference")


NETWORK = make_network()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "network.safetensors"


VARIANTS = [
    ORIGINAL,
    MODERN,
    Architecture("logistic", "average", "full", "rbf", 95),
    Architecture("relu", "max", "table", "linear", 2),
]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("architecture", VARIANTS)
def test_a_network_comes_back_from_its_file_as_it_was(
    path: Path, architecture: Architecture, dtype: Any
) -> None:
    network = make_network(architecture, dtype=dtype)
    network.save(path)
    loaded = Network.load(path)
    assert loaded.architecture == architecture
    assert (loaded.labels, loaded.card) == (network.labels, CARD)
    assert loaded.parameters.dtype == dtype
    assert all(loaded.parameters[name].tobytes() == a.tobytes() for name, a in network.parameters.items())


def test_equal_networks_have_equal_bytes_also_after_loading(path: Path, tmp_path: Path) -> None:
    NETWORK.save(path)
    make_network().save(tmp_path / "same")
    Network.load(path).save(tmp_path / "again")
    assert path.read_bytes() == (tmp_path / "same").read_bytes() == (tmp_path / "again").read_bytes()
    make_network(seed=1).save(tmp_path / "other")
    assert path.read_bytes() != (tmp_path / "other").read_bytes()


def test_a_file_holds_no_date_and_no_name_of_a_place(path: Path) -> None:
    NETWORK.save(path)
    _, metadata = load_arrays(path)
    assert metadata == {"architecture": ORIGINAL.to_dict(), "labels": list(DIGITS), "card": CARD}


def write(path: Path, change: Callable[[dict[str, np.ndarray], dict[str, Any]], None]) -> Path:
    """A network's file with something changed."""
    arrays = {name: array.copy() for name, array in NETWORK.parameters.items()}
    metadata = copy.deepcopy(NETWORK.metadata)
    change(arrays, metadata)
    save_arrays(path, arrays, metadata)
    return path


def set_value(name: str, value: float) -> Callable[[dict[str, np.ndarray], dict[str, Any]], None]:
    return lambda arrays, _: arrays[name].__setitem__((0,) * arrays[name].ndim, value)


REFUSALS: dict[str, tuple[Callable[[dict[str, Any], dict[str, Any]], Any], str]] = {
    "missing array": (lambda a, _: a.pop("c3.bias"), r"expected .*c3\.bias"),
    "extra array": (lambda a, _: a.update(extra=np.zeros(1, np.float32)), "extra"),
    "wrong shape": (
        lambda a, _: a.update({"c1.bias": np.zeros(7, np.float32)}),
        r"c1\.bias has shape \(7,\)",
    ),
    "transposed": (lambda a, _: a.update({"f6.weight": a["f6.weight"].T.copy()}), r"f6\.weight has shape"),
    "mixed types": (
        lambda a, _: a.update({"c1.bias": np.zeros(6)}),
        r"c1\.bias is float64, expected .* the same",
    ),
    "whole numbers": (lambda a, _: a.update({"c1.bias": np.zeros(6, np.int32)}), r"c1\.bias is int32"),
    "NaN": (set_value("c5.weight", np.nan), r"c5\.weight holds 1 values that are not finite"),
    "infinity": (set_value("s2.bias", -np.inf), r"s2\.bias holds 1 values"),
    "labels not unique": (lambda _, m: m.update(labels=["0"] * 10), "expected 10 different labels"),
    "too few labels": (lambda _, m: m.update(labels=list("012")), "expected 10 different labels"),
    "labels of numbers": (lambda _, m: m.update(labels=list(range(10))), "not a network"),
    "labels of lists": (lambda _, m: m.update(labels=[[n] for n in range(10)]), "not a network"),
    "no labels": (lambda _, m: m.pop("labels"), "not a network"),
    "labels null": (lambda _, m: m.update(labels=None), "not a network"),
    "no card": (lambda _, m: m.pop("card"), "not a network"),
    "card of text": (lambda _, m: m.update(card="good"), "not a network"),
    "no architecture": (lambda _, m: m.pop("architecture"), "not a network"),
    "architecture of text": (lambda _, m: m.update(architecture="original"), "not a network"),
    "unknown activation": (lambda _, m: m["architecture"].update(activation="sine"), "'sine'"),
    "missing field": (lambda _, m: m["architecture"].pop("pooling"), "with the fields"),
    "unknown field": (lambda _, m: m["architecture"].update(depth=5), "depth"),
    "mixed field names": (lambda _, m: m.update(architecture={"a": 1, "b": [1]}), "with the fields"),
    "another architecture": (lambda _, m: m.update(architecture=MODERN.to_dict()), "parameters"),
    "fractional classes": (lambda _, m: m["architecture"].update(classes=10.0), "classes 10.0"),
    "true classes": (lambda _, m: m["architecture"].update(classes=True), "classes True"),
    "foreign metadata": (lambda _, m: m.clear(), "not a network"),
}


@pytest.mark.parametrize("kind", REFUSALS)
def test_a_file_that_is_no_network_is_refused_in_one_line(path: Path, kind: str) -> None:
    change, words = REFUSALS[kind]
    with pytest.raises(NetworkFileError, match=words) as caught:
        Network.load(write(path, change))
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code == 1


def test_the_file_that_the_refusals_change_is_sound(path: Path) -> None:
    assert Network.load(write(path, lambda *_: None)).parameters.count == 60_000


def test_a_safetensors_file_of_another_program_is_refused(path: Path) -> None:
    from safetensors.numpy import save_file

    save_file(dict(NETWORK.parameters), path)
    with pytest.raises(NetworkFileError, match="lenet did not write"):
        Network.load(path)
    save_file(dict(NETWORK.parameters), path, {"lenet": "[1, 2]"})
    with pytest.raises(NetworkFileError, match="lenet did not write"):
        Network.load(path)
    save_file(dict(NETWORK.parameters), path, {"lenet": "{}"})
    with pytest.raises(NetworkFileError, match="its metadata has no architecture"):
        Network.load(path)


def test_half_precision_is_refused_with_what_is_expected(path: Path) -> None:
    from safetensors.numpy import save_file

    save_file({"a": np.zeros(3, np.float16)}, path, {"lenet": json.dumps(NETWORK.metadata)})
    with pytest.raises(NetworkFileError, match="F16, expected one of F32"):
        Network.load(path)


def test_a_pickle_is_refused_and_not_opened(path: Path) -> None:
    path.write_bytes(pickle.dumps(NETWORK.parameters))
    with pytest.raises(NetworkFileError, match="not a readable safetensors file"):
        Network.load(path)


@pytest.mark.parametrize("content", [b"", b"\x00", b"\xff" * 8, b"\xff" * 100, (2**62).to_bytes(8, "little")])
def test_what_is_no_safetensors_file_is_refused(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(NetworkFileError, match="not a readable safetensors file"):
        Network.load(path)


def test_a_file_that_is_absent_or_a_folder_or_too_large_is_refused(tmp_path: Path, path: Path) -> None:
    with pytest.raises(FileError, match="no such file"):
        Network.load(path)
    with pytest.raises(FileError, match="cannot be read"):
        Network.load(tmp_path)
    with path.open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(FileError, match="at most"):
        Network.load(path)


@pytest.mark.parametrize("ending", ["", ".safetensors"])
def test_a_name_that_is_too_long_is_an_unreadable_file(ending: str) -> None:
    with pytest.raises(FileError, match="cannot be read"):
        Network.load("a" * 300 + ending)


@pytest.mark.parametrize("kind", [str, Path])
def test_a_name_that_is_no_network_shows_those_that_are(kind: Callable[[str], Any]) -> None:
    with pytest.raises(UsageError, match=r"^network '2098'.*1998.*\.safetensors"):
        lenet.load(kind("2098"))
