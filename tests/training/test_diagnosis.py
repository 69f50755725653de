from dataclasses import replace

import numpy as np
import pytest

from lenet.architecture import MODERN, ORIGINAL
from lenet.codes import DIGIT_CODES
from lenet.data.dataset import load_dataset
from lenet.data.examples import Examples
from lenet.network import Network
from lenet.parameters import initialize_parameters
from lenet.texts import set_language
from lenet.training.diagnosis import find_faults
from lenet.training.history import EpochRecord, History
from lenet.training.recipe import Recipe
from lenet.training.run import train

GUESS = float(np.log(10))
STEPS = 200
LABELS = tuple("0123456789")
IMAGES = np.random.default_rng(0).integers(0, 256, (20, 28, 28), np.uint8)


@pytest.fixture(autouse=True)
def _english():
    set_language("en")
    yield
    set_language(None)


def make_network(architecture, parameters=None):
    return Network(
        architecture, parameters or initialize_parameters(architecture, 0), LABELS, {}, "reference"
    )


def find(losses, training_error=1.0, validation_error=1.5, network=None, start=None, validated=1000):
    history = History(list(losses), [EpochRecord(1, 1.0, training_error, validation_error)])
    network = network or make_network(MODERN)
    start = start or initialize_parameters(network.architecture, 1)
    faults = find_faults(history, 32, GUESS, network, start, IMAGES, validated)
    return [fault.name for fault in faults]


def test_nothing_is_wrong_with_a_training_that_learns(falling, make_noise):
    assert find(falling + make_noise()) == []


def test_a_short_history_says_nothing():
    assert find([2.0, 90.0] * 5) == []


def test_an_oscillating_training_is_named(falling):
    losses = falling.copy()
    losses[100::20] += 1.5
    assert find(losses) == ["oscillates"]


def test_a_loss_of_single_images_does_not_count_as_oscillating():
    # one digit in forty is misread: a mean over 5 images jumps by 2, one over 16 by less than noise may
    losses = np.where(np.arange(1000) % 40 == 39, 10.0, 0.05)
    history = History(losses.tolist(), [EpochRecord(1, 0.5, 2.0, 2.0)])
    network = make_network(MODERN)
    start = initialize_parameters(MODERN, 1)
    assert find_faults(history, 1, GUESS, network, start, IMAGES, 1000) == []


def test_a_training_that_never_moves_is_flat(make_noise):
    network = make_network(ORIGINAL)
    assert find(2.6 + make_noise(), 90.0, 90.0, network, network.parameters) == ["flat"]


def test_weights_that_moved_and_know_nothing_point_to_the_labels(make_noise):
    assert find(2.3 + make_noise(0.01), 88.0, 90.0) == ["shuffled"]


def test_a_gap_between_training_and_validation_is_named(falling):
    assert find(falling, 0.0, 8.0) == ["gap"]
    assert find(falling, 6.0, 8.0) == []
    assert find(falling, 0.0, 8.0, validated=25) == []  # two images of 25: chance


@pytest.mark.parametrize(
    ("architecture", "bias", "name"), [(MODERN, -1e3, "dead"), (ORIGINAL, 1e3, "saturated")]
)
def test_stuck_units_are_named_with_their_layer(architecture, bias, name, falling):
    arrays = dict(initialize_parameters(architecture, 0))
    arrays["c5.bias"] = np.full(120, bias, np.float32)
    network = make_network(architecture, type(initialize_parameters(architecture, 0))(architecture, arrays))
    history = History(list(falling), [EpochRecord(1, 1.0, 1.0, 1.0)])
    start = initialize_parameters(architecture, 1)
    (fault,) = find_faults(history, 32, GUESS, network, start, IMAGES, 1000)
    assert fault.name == name
    assert "C5: 120 of 120" in str(fault)


def test_logistic_units_saturate_at_both_ends(falling):
    architecture = replace(ORIGINAL, activation="logistic")
    for bias in (-1e3, 1e3):
        arrays = dict(initialize_parameters(architecture, 0))
        arrays["f6.bias"] = np.full(84, bias, np.float32)
        parameters = type(initialize_parameters(architecture, 0))(architecture, arrays)
        assert find(falling, network=make_network(architecture, parameters)) == ["saturated"]
    assert len(DIGIT_CODES) == 10


def train_on(dataset, rate):
    recipe = Recipe("x", 2, 32, rate, initialization="variance")
    result = train(dataset, recipe, engine="reference")
    images = result.splits.train.images[:100]
    faults = find_faults(
        result.history, 32, GUESS, result.network, result.start, images, len(result.splits.validation)
    )
    return [fault.name for fault in faults]


def test_shuffled_labels_of_a_real_training_are_noticed():
    pytest.importorskip("sklearn")
    digits = load_dataset("digits", limit=600)
    labels = np.random.default_rng(0).permutation(digits.train.labels)
    shuffled = replace(digits, train=Examples(digits.train.images, labels))
    assert train_on(shuffled, 0.02) == ["shuffled"]
    assert not {"shuffled", "flat"} & set(train_on(digits, 0.02))
    assert train_on(digits, 1e-6) == ["flat"]
