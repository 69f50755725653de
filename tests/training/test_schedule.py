"""The learning rate of every step."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lenet.training.schedule import FIRST, SCHEDULES, plan_rates


@given(st.sampled_from(SCHEDULES), st.floats(1e-6, 1e3), st.integers(1, 20_000))
def test_every_step_has_a_rate_above_0_and_up_to_the_highest(schedule: str, rate: float, steps: int) -> None:
    rates = plan_rates(schedule, rate, steps, 1 + steps // 20)
    assert rates.shape == (steps,)
    assert rates.dtype == np.float64
    assert (rates > 0).all()
    assert (rates <= rate).all()


def test_a_constant_rate_is_constant() -> None:
    assert plan_rates("constant", 0.3, 4, 2).tolist() == [0.3] * 4


def test_one_cycle_of_four_steps_by_hand() -> None:
    # the middles of the steps lie at 1/8, 3/8, 5/8, 7/8 of the way
    half_up = FIRST + (1 - FIRST) * 0.5
    down = [(1 + np.cos(np.pi * share)) / 2 for share in (1 / 6, 1 / 2, 5 / 6)]
    np.testing.assert_allclose(plan_rates("one-cycle", 2.0, 4, 2), 2 * np.array([half_up, *down]))


@pytest.mark.parametrize("steps", [100, 1_000, 9_999])
def test_one_cycle_peaks_at_a_quarter_and_rises_and_falls_around_it(steps: int) -> None:
    rates = plan_rates("one-cycle", 0.5, steps, 10)
    peak = int(rates.argmax())
    assert abs(peak + 0.5 - steps / 4) <= 1
    assert rates[peak] == pytest.approx(0.5, rel=1e-3)
    assert (np.diff(rates[: peak + 1]) > 0).all()
    assert (np.diff(rates[peak:]) < 0).all()


def test_one_cycle_begins_near_a_25th_and_ends_near_nothing() -> None:
    rates = plan_rates("one-cycle", 1.0, 10_000, 10)
    assert rates[0] == pytest.approx(1 / 25, rel=1e-3)
    assert 0 < rates[-1] < 1e-6


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_the_rates_are_proportional_to_the_highest(schedule: str) -> None:
    np.testing.assert_allclose(plan_rates(schedule, 4.0, 50, 2), 40 * plan_rates(schedule, 0.1, 50, 2))


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_a_training_without_steps_has_no_rates(schedule: str) -> None:
    assert plan_rates(schedule, 1.0, 0, 1).shape == (0,)


def test_the_rates_of_1998_are_the_papers_for_each_of_its_20_epochs() -> None:
    rates = plan_rates("1998", 0.0005, 20 * 3, 3).reshape(20, 3)
    assert (rates == rates[:, :1]).all()
    assert rates[:, 0].tolist() == [
        *[0.0005] * 2,
        *[0.0002] * 3,
        *[0.0001] * 3,
        *[0.00005] * 4,
        *[0.00001] * 8,
    ]
