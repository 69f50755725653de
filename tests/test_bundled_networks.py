"""The networks that come with the package: whole, described, and as good as their cards say."""

import hashlib
import os
from pathlib import Path

import numpy as np
import pytest

import lenet
from lenet.answer import Answer
from lenet.architecture import MODERN, ORIGINAL
from lenet.calibration import measure_calibration
from lenet.codes import DIGITS, code
from lenet.network import BUNDLED
from lenet.samples import sample_path
from tools.calibrate_network import make_harder
from tools.card_header import format_header

ARCHITECTURES = {"1998": ORIGINAL, "best": MODERN}
# of the arrays alone: cards may change their words, the numbers stay (SHA-256, see `digest_arrays`)
DIGESTS = {
    "1998": "abdfefc415b62e57d3674bf7b2f45825667b77df327441a8fc9e9907a62e4810",
    "best": "2e5cefad24eb7c3be1a3e3827351c7b62dcac96c1c2146c1840f25ebcd4a8b63",
}
WEIGHTS = Path(lenet.__file__).parent / "weights"
bundled = pytest.mark.skipif(not (WEIGHTS / "1998.safetensors").exists(), reason="no bundled network yet")


@bundled
@pytest.mark.parametrize("name", BUNDLED)
@pytest.mark.parametrize("digit", range(10))
def test_the_bundled_network_reads_our_ten_samples(digit: int, name: str) -> None:
    answer = lenet.load(name).recognize(sample_path(digit))
    assert isinstance(answer, Answer)
    assert answer.label == str(digit)
    assert answer.margin > 0


@bundled
@pytest.mark.parametrize("name", BUNDLED)
def test_a_bundled_network_is_whole_and_its_card_complete(name: str) -> None:
    network = lenet.load(name)
    assert network.architecture == ARCHITECTURES[name]
    assert network.parameters.count == {"1998": 60_000, "best": 61_706}[name]
    assert network.parameters.dtype == np.float32
    assert network.labels == DIGITS
    assert set(network.card) >= {
        *("data", "recipe", "recipe_hash", "engine", "seed", "epochs", "test_error", "test_count"),
    }
    assert network.card["data"] == "mnist"
    assert network.card["test_count"] == 10_000
    assert 0 < network.card["test_error"] <= 1.3


def digest_arrays(arrays) -> str:
    digest = hashlib.sha256()
    for name in sorted(arrays):
        digest.update(name.encode())
        digest.update(arrays[name].tobytes())
    return digest.hexdigest()


@bundled
@pytest.mark.parametrize("name", BUNDLED)
def test_the_weights_keep_their_numbers_whatever_their_card_says(name: str) -> None:
    assert digest_arrays(lenet.load(name).parameters) == DIGESTS[name]


@bundled
@pytest.mark.parametrize("name", BUNDLED)
def test_the_card_of_a_bundled_network_says_what_its_file_says(name: str) -> None:
    card = (WEIGHTS / f"{name}.md").read_text("utf-8")
    network = lenet.load(name)
    assert f"{network.card['test_error']:.2f}%" in card
    assert network.card["recipe_hash"] in card
    assert "Not for" in card


@bundled
@pytest.mark.parametrize("name", BUNDLED)
def test_a_bundled_network_is_sure_of_our_samples_and_not_of_letters(name: str) -> None:
    network = lenet.load(name)
    assert network.calibration, "calibrate it: python -m tools.calibrate_network"
    for digit in range(10):
        answer = network.recognize(sample_path(digit))
        assert answer.verdict == "digit", digit
        assert answer.confidence is not None
        assert answer.confidence >= network.calibration.sure
    letters = [np.pad(np.kron(code(letter).reshape(12, 7) > 0, np.ones((9, 9))), 30) for letter in "AEHKMRWX"]
    pictures = [(235 - 180 * letter).astype(np.uint8) for letter in letters]
    answers = network.recognize(pictures)
    assert isinstance(answers, list)
    assert all(answer.verdict != "digit" for answer in answers)


@bundled
@pytest.mark.mnist
@pytest.mark.parametrize("name", BUNDLED)
def test_the_calibration_of_a_bundled_network_is_what_validation_gives(name: str) -> None:
    if not os.environ.get("LENET_DATA"):
        pytest.skip("LENET_DATA is not set")
    network = lenet.load(name)
    digits = lenet.load_dataset("mnist", download=False).train
    images, labels = digits.images[-5000:], digits.labels[-5000:]
    if not network.card["calibration"].get("twin"):  # a twin's is found anew by `make weights` only
        harder = make_harder(images, labels) if name == "best" else None
        found = lenet.calibrate(network, images, labels, harder=harder)
        stored = {key: value for key, value in network.card["calibration"].items() if key != "error"}
        assert found.card["calibration"] == pytest.approx(stored, rel=0.03)
    answers = network.answer(images)
    right = np.array([answer.label == str(label) for answer, label in zip(answers, labels, strict=True)])
    stands = np.array([answer.verdict == "digit" for answer in answers])
    confidences = np.array([answer.confidence for answer in answers], float)
    assert stands.mean() >= 0.99
    assert 1 - right[stands].mean() <= 0.005
    assert network.card["calibration"]["error"] <= 0.5
    if network.card["calibration"].get(
        "twin"
    ):  # it has learned these digits: the confidence is too low for them
        assert confidences.mean() <= right.mean()
    else:
        assert measure_calibration(confidences, right) <= 0.5


@bundled
def test_the_recipe_of_the_bundled_network_is_the_one_that_comes_with_the_package() -> None:
    network = lenet.load()
    assert network.card["recipe"] == "1998"
    assert network.card["recipe_hash"] == lenet.load_recipe("1998", ORIGINAL).hash


@bundled
def test_a_network_that_has_seen_the_validation_digits_has_the_calibration_of_its_twin() -> None:
    network = lenet.load()
    seen = not lenet.load_recipe(network.card["recipe"], ORIGINAL).validation
    assert seen == network.card["calibration"].get("twin", False)


@bundled
def test_the_recipe_of_best_is_the_one_that_comes_with_the_package() -> None:
    assert lenet.load("best").card["recipe_hash"] == lenet.load_recipe("best", MODERN).hash


@bundled
@pytest.mark.mnist
@pytest.mark.parametrize("name", BUNDLED)
def test_the_bundled_network_has_the_error_that_its_card_says(name: str) -> None:
    if not os.environ.get("LENET_DATA"):
        pytest.skip("LENET_DATA is not set")
    network = lenet.load(name, engine="reference")
    test = lenet.load_dataset("mnist", download=False).test
    # another engine may decide a tie's neighbour otherwise
    found = lenet.evaluate(network, test.images, test.labels)
    assert found.error == pytest.approx(network.card["test_error"], abs=0.02)


@pytest.mark.parametrize("name", ["1998", "best", "judge", "segment"])
def test_a_card_begins_with_what_hugging_face_reads(name: str) -> None:
    error = lenet.load(name).card["test_error"] if name in BUNDLED else None
    card = (WEIGHTS / f"{name}.md").read_text("utf-8")
    assert card.startswith(f"{format_header(name, error)}# The bundled network `{name}`\n")
    assert (f"value: {100 - error:.2f}\n" in card) if error is not None else "model-index" not in card
