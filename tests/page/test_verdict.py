"""verdict.mjs and frozen.mjs: the verdicts of Python on the very same losses and networks."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import lenet
from lenet.architecture import ORIGINAL
from lenet.data.examples import Examples
from lenet.engines import get_engine
from lenet.page.lessons import list_lessons
from lenet.parameters import Parameters
from lenet.rates.choice import choose_rates
from lenet.training.diagnosis import _thin_losses, find_stuck
from lenet.training.verdicts import decompose_jumps, judge_losses

from .conftest import Script

LESSONS = list_lessons()
JUDGE = """
const { judgeLosses, decomposeJumps } = await import("/page/static/verdict.mjs");
const number = (value) => (value === null ? NaN : value);
return cases.map(([losses, frozen, guess, every]) => [
  judgeLosses(losses.map(number), guess, limits, frozen && frozen.map(number)),
  frozen && Object.values(decomposeJumps(losses.map(number), frozen.map(number), every)),
]);"""


def draw_case(seed: int) -> tuple[np.ndarray, np.ndarray, float, int]:
    """A falling, crawling, jumping or diverging loss."""
    random = np.random.default_rng(seed)
    steps = int(random.integers(1, 200))
    fall = np.exp(-random.choice([0.001, 0.02, 0.1]) * np.arange(steps))
    noise, size = random.choice([0.02, 0.2, 0.5]), random.choice([0.01, 0.3, 2.0])
    losses = 2.3 * fall + noise * np.abs(random.normal(size=steps))
    losses += size * (random.random(steps) < 0.1) * random.exponential(size=steps)
    frozen = losses[1:] - np.maximum(random.normal(0, size, steps - 1), -0.1)
    if seed % 9 == 0:
        losses[steps // 2 :] = np.nan
    return losses, frozen, float(np.log(random.integers(2, 12))), int(random.integers(1, 8))


def as_list(numbers: np.ndarray) -> list[float | None]:
    return [value if np.isfinite(value) else None for value in numbers.tolist()]


@pytest.mark.parametrize("with_frozen", [False, True], ids=["losses", "frozen weights"])
def test_verdicts_are_those_of_python(script: Script, with_frozen: bool) -> None:
    cases = [draw_case(seed) for seed in range(300)]
    cases = [case for case in cases if not with_frozen or len(case[1])]
    given_cases = [
        [as_list(losses), as_list(frozen) if with_frozen else None, guess, every]
        for losses, frozen, guess, every in cases
    ]
    found = script(JUDGE, cases=given_cases, limits=LESSONS["limits"])
    seen = set()
    for (losses, frozen, guess, every), (judged, shares) in zip(cases, found, strict=True):
        expected = judge_losses(losses, guess, frozen if with_frozen else None)
        assert (judged["verdict"], judged["cause"]) == (expected.verdict, expected.cause)
        seen.add(expected.cause)
        for name, value in expected.values.items():
            assert float(judged["values"][name]) == pytest.approx(float(value), rel=0.006, abs=0.0051), name
        if with_frozen:
            numbers = decompose_jumps(losses, frozen, every)
            expected_shares = [numbers.sampling_noise, numbers.step_size, numbers.too_few_points]
            np.testing.assert_allclose(shares, expected_shares, atol=1e-9)
    assert len(seen) >= 4, seen


def test_the_choice_is_that_of_python(script: Script) -> None:
    """Errors near each other and far apart, of one seed and of several, and of networks that guess."""
    random = np.random.default_rng(0)
    cases = []
    for _ in range(300):
        rates, seeds = int(random.integers(1, 6)), int(random.integers(1, 7))
        means = random.choice([5.0, 30.0, 75.0]) + random.choice([0.1, 1.0, 10.0]) * random.normal(size=rates)
        cases.append(np.clip(means[:, None] + random.normal(size=(rates, seeds)), 0, 100).tolist())
    body = """const { chooseRates } = await import("/page/static/verdict.mjs");
        return cases.map((errors) => chooseRates(errors, 90, limits));"""
    found = script(body, cases=cases, limits=LESSONS["limits"])
    assert found == [choose_rates(errors, 90) for errors in cases]
    assert {min(len(one), 2) for one in found} == {0, 1, 2}


@settings(deadline=None, max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.floats(0, 12), min_size=1, max_size=1500), st.sampled_from([1, 5, 16, 64]))
def test_long_losses_are_thinned_as_in_python(script: Script, losses: list[float], batch: int) -> None:
    body = """const { thinLosses } = await import("/page/static/verdict.mjs");
        return Array.from(thinLosses(losses, batch, limits));"""
    found = script(body, losses=losses, batch=batch, limits=LESSONS["limits"])
    np.testing.assert_allclose(found, _thin_losses(np.array(losses), batch), rtol=1e-9)


FIND = """
const { findFrozen } = await import("/page/static/frozen.mjs");
const network = kernels.network(architecture, parameters);
const layers = ["c1", "c3", "c5", "f6"];
return layers.map((layer) => findFrozen(network, Uint8Array.from(images), layer, limits));"""


@pytest.mark.parametrize("activation", ["tanh", "logistic", "relu"])
def test_frozen_units_are_those_of_python(script: Script, digits: Examples, activation: str) -> None:
    architecture = replace(ORIGINAL, activation=activation)
    arrays: dict[str, Any] = dict(lenet.load("1998").parameters)
    for name, units in {"c1.bias": [2], "c3.bias": [0, 15], "c5.bias": [7], "f6.bias": [0, 40, 83]}.items():
        arrays[name] = arrays[name].copy()
        arrays[name][units] = -1e4
    parameters = Parameters(architecture, arrays)
    images = digits.images[:45]
    trace = get_engine("reference").load(architecture, parameters).trace(images)
    expected = [find_stuck(trace[layer], architecture).tolist() for layer in ("c1", "c3", "c5", "f6")]
    assert all(sum(layer) >= least for layer, least in zip(expected, (1, 2, 1, 3), strict=True))
    assert sum(map(sum, expected)) < 100 or activation == "logistic"
    found = script(
        FIND,
        architecture=architecture.to_dict(),
        parameters={name: array.ravel().tolist() for name, array in arrays.items()},
        images=images.ravel().tolist(),
        limits=LESSONS["frozen"],
    )
    assert found == expected
