import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lenet.texts import load_texts, set_language
from lenet.training.verdicts import Shares, decompose_jumps, judge_losses

GUESS = float(np.log(10))
STEPS = 200
LABELS = tuple("0123456789")


@pytest.fixture(autouse=True)
def _english():
    set_language("en")
    yield
    set_language(None)


def test_a_loss_that_is_no_number_diverges_and_names_the_step():
    judgement = judge_losses(np.array([2.5, 9.0, np.nan]), GUESS)
    assert judgement.verdict == "diverges"
    assert "step 3 " in judgement.reason


def test_a_loss_thrown_above_a_guess_for_good_diverges(make_noise):
    losses = np.where(np.arange(STEPS) < 10, 2.5, 4.5) + make_noise()
    assert judge_losses(losses, GUESS).verdict == "diverges"


def test_a_loss_that_falls_through_noise_falls_smoothly(falling, make_noise):
    assert judge_losses(falling + make_noise(), GUESS).verdict == "smooth"


def test_a_loss_that_falls_and_jumps_back_oscillates(falling):
    losses = falling.copy()
    losses[100::20] += 1.5
    judgement = judge_losses(losses, GUESS)
    assert judgement.verdict == "oscillates"
    assert "1.5" in judgement.reason


def test_noise_with_weights_frozen_crawls_however_it_jumps(make_noise):
    losses = 2.6 + make_noise(0.3)
    assert judge_losses(losses, GUESS).verdict == "crawls"
    assert judge_losses(losses, GUESS, losses[1:]).verdict == "crawls"


def test_the_same_jumps_are_noise_or_overshooting_by_what_the_updates_cost(falling, make_noise):
    losses = falling + np.abs(make_noise(0.6))
    assert judge_losses(losses, GUESS, losses[1:] + 0.01).verdict == "smooth"
    assert judge_losses(losses, GUESS, falling[1:]).verdict == "oscillates"


def test_every_verdict_and_every_reason_has_its_words():
    for language in ("en", "zh"):
        texts = load_texts(language)
        assert {"verdict.diverges", "reason.thrown", "reason.not_finite"} <= texts.keys()


def test_shares_of_a_hand_example():
    # losses 1 3 1: the batches differ by 1 and -2, the updates cost 1 and give nothing
    shares = decompose_jumps(np.array([1.0, 3.0, 1.0]), np.array([2.0, 1.0]))
    assert shares == Shares(pytest.approx(5 / 7), pytest.approx(2 / 7), 0.0)


def test_with_weights_frozen_all_is_sampling_noise(make_noise):
    losses = 2.0 + make_noise()
    assert decompose_jumps(losses, losses[1:]) == Shares(1.0, 0.0, 0.0)


def test_with_equal_batches_all_is_step_size():
    losses = np.tile([1.0, 2.0], 50)
    assert decompose_jumps(losses, losses[:-1]).step_size == 1.0


def test_an_update_out_of_the_numbers_is_the_steps():
    shares = decompose_jumps(np.array([2.0, 9.0, np.nan, np.nan]), np.array([2.1, 9.2, np.nan]))
    assert shares == Shares(0.0, 1.0, 0.0)


def test_of_noise_drawn_at_every_tenth_loss_nine_tenths_come_from_too_few_points():
    losses = 2.0 + np.random.default_rng(0).normal(0, 0.1, 100_000)
    shares = decompose_jumps(losses, losses[1:], every=10)
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
    shares = decompose_jumps(np.array(losses), np.array(frozen), every)
    parts = [shares.sampling_noise, shares.step_size, shares.too_few_points]
    assert all(0 <= part <= 1 for part in parts)
    assert sum(parts) == pytest.approx(1)
