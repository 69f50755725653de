from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lenet.architecture import MODERN, ORIGINAL
from lenet.codes import DIGIT_CODES
from lenet.data.dataset import load_dataset
from lenet.data.examples import Examples
from lenet.experiments.run import train
from lenet.network import Network
from lenet.parameters import initialize_parameters
from lenet.texts import load_texts, set_language
from lenet.training.diagnosis import Shares, find_faults, judge_losses, share_causes
from lenet.training.history import History, PassRecord
from lenet.training.recipe import Recipe

GUESS = float(np.log(10))
STEPS = 200
LABELS = tuple("0123456789")
IMAGES = np.random.default_rng(0).integers(0, 256, (20, 28, 28), np.uint8)


@pytest.fixture(autouse=True)
def _english():
    set_language("en")
    yield
    set_language(None)


def make_noise(spread=0.1, seed=0):
    return np.random.default_rng(seed).normal(0, spread, STEPS)


def fall():
    return 2.5 * np.exp(-np.arange(STEPS) / 40) + 0.3


def test_a_loss_that_is_no_number_diverges_and_names_the_step():
    judgement = judge_losses(np.array([2.5, 9.0, np.nan]), GUESS)
    assert judgement.verdict == "diverges"
    assert "step 3 " in judgement.reason


def test_a_loss_thrown_above_a_guess_for_good_diverges():
    losses = np.where(np.arange(STEPS) < 10, 2.5, 4.5) + make_noise()
    assert judge_losses(losses, GUESS).verdict == "diverges"


def test_a_loss_that_falls_through_noise_falls_smoothly():
    assert judge_losses(fall() + make_noise(), GUESS).verdict == "smooth"


def test_a_loss_that_falls_and_jumps_back_oscillates():
    losses = fall()
    losses[100::20] += 1.5
    judgement = judge_losses(losses, GUESS)
    assert judgement.verdict == "oscillates"
    assert "1.5" in judgement.reason


def test_noise_with_weights_frozen_crawls_however_it_jumps():
    losses = 2.6 + make_noise(0.3)
    assert judge_losses(losses, GUESS).verdict == "crawls"
    assert judge_losses(losses, GUESS, losses[1:]).verdict == "crawls"


def test_the_same_jumps_are_noise_or_overshooting_by_what_the_updates_cost():
    losses = fall() + np.abs(make_noise(0.6))
    assert judge_losses(losses, GUESS, losses[1:] + 0.01).verdict == "smooth"
    assert judge_losses(losses, GUESS, fall()[1:]).verdict == "oscillates"


def test_every_verdict_and_every_reason_has_its_words():
    for language in ("en", "zh"):
        texts = load_texts(language)
        assert {"verdict.diverges", "reason.thrown", "reason.not_finite"} <= texts.keys()


def test_shares_of_a_hand_example():
    # losses 1 3 1: the batches differ by 1 and -2, the updates cost 1 and give nothing
    shares = share_causes(np.array([1.0, 3.0, 1.0]), np.array([2.0, 1.0]))
    assert shares == Shares(pytest.approx(5 / 7), pytest.approx(2 / 7), 0.0)


def test_with_weights_frozen_all_is_sampling_noise():
    losses = 2.0 + make_noise()
    assert share_causes(losses, losses[1:]) == Shares(1.0, 0.0, 0.0)


def test_with_equal_batches_all_is_step_size():
    losses = np.tile([1.0, 2.0], 50)
    assert share_causes(losses, losses[:-1]).step_size == 1.0


def test_an_update_out_of_the_numbers_is_the_steps():
    shares = share_causes(np.array([2.0, 9.0, np.nan, np.nan]), np.array([2.1, 9.2, np.nan]))
    assert shares == Shares(0.0, 1.0, 0.0)


def test_of_noise_drawn_at_every_tenth_loss_nine_tenths_come_from_too_few_points():
    losses = 2.0 + np.random.default_rng(0).normal(0, 0.1, 100_000)
    shares = share_causes(losses, losses[1:], every=10)
    assert shares.too_few_points == pytest.approx(0.9, abs=0.01)
    assert shares.step_size == 0.0


@given(
    st.lists(st.floats(0, 1e6), min_size=2, max_size=40).flatmap(
        lambda losses: st.tuples(
            st.just(losses),
            st.lists(st.floats(0, 1e6), min_size=len(losses) - 1, max_size=len(losses) - 1),
            st.integers(1, 5),
        )
    )
)
def test_shares_are_shares_of_one(case):
    losses, frozen, every = case
    shares = share_causes(np.array(losses), np.array(frozen), every)
    parts = [shares.sampling_noise, shares.step_size, shares.too_few_points]
    assert all(0 <= part <= 1 for part in parts)
    assert sum(parts) == pytest.approx(1)


def make_network(architecture, parameters=None):
    return Network(
        architecture, parameters or initialize_parameters(architecture, 0), LABELS, {}, "reference"
    )


def find(losses, training_error=1.0, validation_error=1.5, network=None, start=None, validated=1000):
    history = History(list(losses), [PassRecord(1, 1.0, training_error, validation_error)])
    network = network or make_network(MODERN)
    start = start or initialize_parameters(network.architecture, 1)
    faults = find_faults(history, 32, GUESS, network, start, IMAGES, validated)
    return [fault.name for fault in faults]


def test_nothing_is_wrong_with_a_training_that_learns():
    assert find(fall() + make_noise()) == []


def test_a_short_history_says_nothing():
    assert find([2.0, 90.0] * 5) == []


def test_an_oscillating_training_is_named():
    losses = fall()
    losses[100::20] += 1.5
    assert find(losses) == ["oscillates"]


def test_a_loss_of_single_images_does_not_count_as_oscillating():
    # one digit in forty is misread: a mean over 5 images jumps by 2, one over 16 by less than noise may
    losses = np.where(np.arange(1000) % 40 == 39, 10.0, 0.05)
    history = History(losses.tolist(), [PassRecord(1, 0.5, 2.0, 2.0)])
    network = make_network(MODERN)
    start = initialize_parameters(MODERN, 1)
    assert find_faults(history, 1, GUESS, network, start, IMAGES, 1000) == []


def test_a_training_that_never_moves_is_flat():
    network = make_network(ORIGINAL)
    assert find(2.6 + make_noise(), 90.0, 90.0, network, network.parameters) == ["flat"]


def test_weights_that_moved_and_know_nothing_point_to_the_labels():
    assert find(2.3 + make_noise(0.01), 88.0, 90.0) == ["shuffled"]


def test_a_gap_between_training_and_validation_is_named():
    assert find(fall(), 0.0, 8.0) == ["gap"]
    assert find(fall(), 6.0, 8.0) == []
    assert find(fall(), 0.0, 8.0, validated=25) == []  # two images of 25: chance


@pytest.mark.parametrize(
    ("architecture", "bias", "name"), [(MODERN, -1e3, "dead"), (ORIGINAL, 1e3, "saturated")]
)
def test_stuck_units_are_named_with_their_layer(architecture, bias, name):
    arrays = dict(initialize_parameters(architecture, 0))
    arrays["c5.bias"] = np.full(120, bias, np.float32)
    network = make_network(architecture, type(initialize_parameters(architecture, 0))(architecture, arrays))
    history = History(list(fall()), [PassRecord(1, 1.0, 1.0, 1.0)])
    start = initialize_parameters(architecture, 1)
    (fault,) = find_faults(history, 32, GUESS, network, start, IMAGES, 1000)
    assert fault.name == name
    assert "C5: 120 of 120" in str(fault)


def test_logistic_units_saturate_at_both_ends():
    architecture = replace(ORIGINAL, activation="logistic")
    for bias in (-1e3, 1e3):
        arrays = dict(initialize_parameters(architecture, 0))
        arrays["f6.bias"] = np.full(84, bias, np.float32)
        parameters = type(initialize_parameters(architecture, 0))(architecture, arrays)
        assert find(fall(), network=make_network(architecture, parameters)) == ["saturated"]
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
    digits = load_dataset("digits", limit=600)
    labels = np.random.default_rng(0).permutation(digits.train.labels)
    shuffled = replace(digits, train=Examples(digits.train.images, labels))
    assert train_on(shuffled, 0.02) == ["shuffled"]
    assert not {"shuffled", "flat"} & set(train_on(digits, 0.02))
    assert train_on(digits, 1e-6) == ["flat"]
