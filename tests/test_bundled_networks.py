"""The networks that come with the package: whole, described, and as good as their cards say."""

from pathlib import Path

import numpy as np
import pytest

import lenet
from lenet.architecture import ORIGINAL
from lenet.network import BUNDLED, Answer
from lenet.samples import sample_path

DIGITS = tuple("0123456789")
WEIGHTS = Path(lenet.__file__).parent / "weights"
bundled = pytest.mark.skipif(not (WEIGHTS / "1998.safetensors").exists(), reason="no bundled network yet")


@bundled
@pytest.mark.parametrize("digit", range(10))
def test_the_bundled_network_reads_our_ten_samples(digit: int) -> None:
    answer = lenet.load().recognize(sample_path(digit))
    assert isinstance(answer, Answer)
    assert answer.label == str(digit)
    assert answer.margin > 0


@bundled
@pytest.mark.parametrize("name", BUNDLED)
def test_a_bundled_network_is_whole_and_its_card_complete(name: str) -> None:
    network = lenet.load(name)
    assert network.architecture == ORIGINAL
    assert network.parameters.count == 60_000
    assert network.parameters.dtype == np.float32
    assert network.labels == DIGITS
    assert set(network.card) >= {
        *("data", "recipe", "recipe_hash", "engine", "seed", "passes", "test_error", "test_count"),
    }
    assert network.card["data"] == "mnist"
    assert network.card["test_count"] == 10_000
    assert 0 < network.card["test_error"] <= 1.3


@bundled
@pytest.mark.parametrize("name", BUNDLED)
def test_the_card_of_a_bundled_network_says_what_its_file_says(name: str) -> None:
    card = (WEIGHTS / f"{name}.md").read_text("utf-8")
    network = lenet.load(name)
    assert f"{network.card['test_error']:.2f}%" in card
    assert network.card["recipe_hash"] in card
    assert "Not for" in card


@bundled
def test_the_recipe_of_the_bundled_network_is_the_one_that_comes_with_the_package() -> None:
    assert lenet.load().card["recipe_hash"] == lenet.load_recipe("fast", ORIGINAL).hash


@bundled
@pytest.mark.mnist
def test_the_bundled_network_has_the_error_that_its_card_says() -> None:
    import os

    if not os.environ.get("LENET_DATA"):
        pytest.skip("LENET_DATA is not set")
    network = lenet.load("1998", engine="reference")
    test = lenet.load_dataset("mnist", download=False).test
    # another engine may decide a tie's neighbour otherwise
    found = lenet.evaluate(network, test.images, test.labels)
    assert found.error == pytest.approx(network.card["test_error"], abs=0.02)
