"""A network as an object: what it needs, what equals it, how it travels, how a notebook shows it."""

import base64
import copy
import pickle
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import lenet
from lenet.architecture import ORIGINAL, Architecture
from lenet.codes import DIGITS
from lenet.errors import ShapeError
from lenet.network import Network
from lenet.parameters import Parameters, initialize_parameters

CARD = {"data": "noise", "recipe": "none", "test_error": 90.0}


def make_network(architecture: Architecture = ORIGINAL, seed: int = 0, dtype: Any = np.float32) -> Network:
    labels = tuple(map(str, range(architecture.classes)))
    parameters = initialize_parameters(architecture, seed, dtype, scheme="variance")
    return Network(architecture, parameters, labels, CARD, "reference")


NETWORK = make_network()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "network.safetensors"


def test_a_network_needs_one_label_for_each_class() -> None:
    for labels in (DIGITS[:9], (*DIGITS, "a"), ("0", *DIGITS[:9])):
        with pytest.raises(ShapeError, match="expected 10 different labels"):
            Network(ORIGINAL, NETWORK.parameters, labels)


def test_a_network_needs_the_parameters_of_its_architecture() -> None:
    with pytest.raises(ShapeError, match="another architecture"):
        Network(Architecture(connections="full"), NETWORK.parameters, DIGITS)


def test_a_network_is_equal_to_itself_and_can_be_a_key() -> None:
    assert NETWORK in [make_network(), NETWORK]
    assert NETWORK not in [make_network()]
    assert len({NETWORK, make_network()}) == 2


def test_what_an_engine_holds_does_not_travel_with_a_network() -> None:
    network = lenet.load()
    network.penalties(np.zeros((1, 28, 28), np.uint8))
    assert "model" in vars(network)
    assert "model" not in vars(pickle.loads(pickle.dumps(network)))


def test_a_network_can_be_copied_and_pickled(path: Path) -> None:
    NETWORK.save(path)
    for twin in (copy.deepcopy(NETWORK), pickle.loads(pickle.dumps(NETWORK))):
        twin.save(path.with_name("twin"))
        assert path.with_name("twin").read_bytes() == path.read_bytes()


def test_parameters_of_a_network_are_those_that_it_was_given() -> None:
    parameters = Parameters(ORIGINAL, {name: array + 1 for name, array in NETWORK.parameters.items()})
    assert Network(ORIGINAL, parameters, DIGITS).parameters is parameters


def test_a_notebook_shows_the_layers_and_what_was_measured() -> None:
    page = NETWORK._repr_html_()
    assert "60,000 parameters, 90.00% test error on noise" in page
    for name in ("c1", "s2", "c3", "s4", "c5", "f6", "output", "340,908"):
        assert name in page


@pytest.mark.parametrize("card", [{}, {"test_error": "bad"}, {"test_error": None}, {"data": "<script>"}])
def test_a_notebook_shows_a_network_whatever_its_card_says(card: dict[str, Any]) -> None:
    page = Network(ORIGINAL, NETWORK.parameters, DIGITS, card)._repr_html_()
    assert "60,000 parameters" in page
    assert "<script>" not in page


def test_a_card_cannot_put_anything_into_a_notebook() -> None:
    card = {"data": "<script>alert(1)</script>", "test_error": 1.0}
    assert "<script>" not in Network(ORIGINAL, NETWORK.parameters, DIGITS, card)._repr_html_()


def test_the_pictures_in_a_notebook_are_pictures() -> None:
    page = NETWORK.trace(np.zeros((28, 28), np.uint8))._repr_html_()
    for part in page.split('src="data:image/png;base64,')[1:]:
        Image.open(BytesIO(base64.b64decode(part.split('"')[0]))).verify()
