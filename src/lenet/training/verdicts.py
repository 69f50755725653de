"""How a loss developed and why it jumped: the rules of `lenet rates` and of the advice of `lenet train`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from lenet.texts import say

VERDICTS = ("diverges", "oscillates", "smooth", "crawls")

# Decided on the tuning seeds of benchmarks/verdicts.py and judged on others (docs/rates.md). Losses are
# counted in those of a guess, so that the limits hold for any number of classes.
KNOWS_NOTHING = 0.99  # what a training that knows nothing ends above
CRAWLING = 0.8  # what a training that hardly moved ends above
THROWN = 0.6  # a rise of the loss that a high one's noise does not make, either
JUMP = 0.46  # a rise of the loss that a low one's noise does not make
COST = 0.35  # what one update costs the next batch where it leaves the place that it was in
OVERSHOOT = 0.075  # root mean square of what updates cost the next batch, where the rate is too large
STEP_SHARE = 0.3  # of the jumps, where the rate is to blame
LOOK_BACK = 9  # losses, whose median a rise is measured from


@dataclass(frozen=True)
class Judgement:
    """The verdict on a loss, with its reason.

    Args:
        verdict: one of `VERDICTS`.
        cause: key of the sentence that gives the reason.
        values: values for the braces of that sentence.
    """

    verdict: str
    cause: str
    values: Mapping[str, Any]

    @property
    def reason(self) -> str:
        """The reason as a sentence in the user's language."""
        return say(f"reason.{self.cause}", **self.values)


@dataclass(frozen=True)
class Shares:
    """The share of each cause in the jumps of a drawn loss; the shares add up to 1.

    Args:
        sampling_noise: batches differ: with frozen weights the loss would jump as much.
        step_size: updates that raised the loss of an unchanged batch.
        too_few_points: jumps that disappear if each drawn point is the mean of all losses since the last.
    """

    sampling_noise: float
    step_size: float
    too_few_points: float


def decompose_jumps(losses: np.ndarray, frozen: np.ndarray, every: int = 1) -> Shares:
    """Decompose the jumps of a loss by their causes.

    The jump from one batch to the next is the sum of two differences: between two batches with frozen
    weights, and between one batch before and after an update. The first is sampling noise. In the second, an
    increase is due to the step size and a decrease is learning. An increase is followed by a decrease, so it
    counts twice.

    Args:
        losses: (n,) loss of each step's batch, before its update.
        frozen: (n - 1,) loss of the next step's batch, before this step's update.
        every: every how many steps the loss is drawn.
    """
    finite = np.isfinite(losses[1:]) & np.isfinite(frozen)
    count = int(finite.cumprod().sum())
    if count < len(frozen):
        return Shares(0.0, 1.0, 0.0)  # an update led out of the numbers
    rises = 2 * float(np.sum(_find_costs(losses, frozen) ** 2))
    noise = float(np.sum((frozen - losses[:-1]) ** 2))
    step = rises / (rises + noise) if rises + noise else 0.0
    few = _measure_omission(losses, every)
    return Shares((1 - few) * (1 - step), (1 - few) * step, few)


def _find_costs(losses: np.ndarray, frozen: np.ndarray) -> np.ndarray:
    """(n - 1,) increase of the next batch's loss by each update; 0 where the loss fell."""
    return np.maximum(losses[1:] - frozen, 0)


def _measure_omission(losses: np.ndarray, every: int) -> float:
    """The share of the squared jumps between drawn losses that vanishes with means over `every` losses."""
    stretches = losses[: len(losses) // every * every].reshape(-1, every)
    if every == 1 or len(stretches) < 2:
        return 0.0
    drawn, means = (np.sum(np.diff(points) ** 2) for points in (stretches[:, -1], stretches.mean(axis=1)))
    return max(0.0, 1 - float(means / drawn)) if drawn else 0.0


def judge_losses(losses: np.ndarray, guess: float, frozen: np.ndarray | None = None) -> Judgement:
    """Judge a loss: it diverges, oscillates, falls smoothly, or crawls.

    Args:
        losses: (n,) loss of each step, in order.
        guess: the loss of a constant answer: log(classes) for cross-entropy.
        frozen: as for `decompose_jumps`; None to look for increases in the losses themselves.
    """
    bad = np.flatnonzero(~np.isfinite(losses))
    if len(bad):
        return Judgement("diverges", "not_finite", {"step": int(bad[0]) + 1})
    start, end = float(np.mean(losses[: len(losses) // 20 + 1])), find_end(losses)
    learned_little = end > CRAWLING * min(start, guess)
    if frozen is None:
        rise = _find_rise(losses)
        thrown = rise > THROWN * guess
        jumps = thrown or (rise > JUMP * guess and not learned_little)
    else:
        costs = _find_costs(losses, frozen)
        rise = float(costs.max(initial=0.0))
        thrown = rise > COST * guess
        overshoots = float(np.sqrt(np.mean(costs**2))) > OVERSHOOT * guess
        jumps = overshoots and decompose_jumps(losses, frozen).step_size > STEP_SHARE
    values = {"start": f"{start:.2f}", "end": f"{end:.2f}", "rise": f"{rise:.3g}", "guess": f"{guess:.2f}"}
    if thrown and end > KNOWS_NOTHING * guess:
        return Judgement("diverges", "thrown", values)
    if jumps:
        return Judgement("oscillates", "overshoots", values)
    if learned_little:
        return Judgement("crawls", "hardly_moved", values)
    return Judgement("smooth", "falls", values)


def find_end(losses: np.ndarray) -> float:
    """The median of the last eighth of the losses."""
    return float(np.median(losses[-max(1, len(losses) // 8) :]))


def _find_rise(losses: np.ndarray) -> float:
    """The largest increase of a loss above the median of the `LOOK_BACK` losses before it."""
    before = (np.median(losses[max(0, at - LOOK_BACK) : at]) for at in range(1, len(losses)))
    return max((float(loss - level) for loss, level in zip(losses[1:], before, strict=True)), default=0.0)
