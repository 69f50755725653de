"""The learning rate of every step of a training."""

from __future__ import annotations

import numpy as np

SCHEDULES = ("constant", "one-cycle")

# Assumption: the shape that Smith and Topin describe; the numbers are PyTorch's and fastai's defaults.
WARM_UP = 0.25  # share of the steps
FIRST = 1 / 25  # of the highest rate


def plan_rates(schedule: str, rate: float, steps: int) -> np.ndarray:
    """The learning rate of every step.

    Args:
        schedule: "constant"; or "one-cycle": half a cosine up over the first quarter, half a cosine down.
        rate: the highest.
        steps: of the whole training.
    Returns:
        (steps,) float64, all above 0.
    Source:
        Smith and Topin, "Super-convergence", 2018 (one-cycle).
    """
    if schedule == "constant":
        return np.full(steps, rate)
    # a step stands for its middle: neither the very start nor the very end is reached, nothing is 0
    at = (np.arange(steps) + 0.5) / max(steps, 1)
    rise = FIRST + (1 - FIRST) * (1 - np.cos(np.pi * at / WARM_UP)) / 2
    fall = (1 + np.cos(np.pi * (at - WARM_UP) / (1 - WARM_UP))) / 2
    return rate * np.where(at < WARM_UP, rise, fall)
