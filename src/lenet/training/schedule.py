"""The learning rate of every step of a training."""

from __future__ import annotations

import numpy as np

SCHEDULES = ("constant", "one-cycle", "1998")

# Assumption: the shape that Smith and Topin describe; the numbers are PyTorch's and fastai's defaults.
WARM_UP = 0.25  # share of the steps
FIRST = 1 / 25  # of the highest rate

RATES_1998 = (0.0005,) * 2 + (0.0002,) * 3 + (0.0001,) * 3 + (0.00005,) * 4 + (0.00001,)
assert len(RATES_1998) == 13, "the last one holds from the 13th epoch on"


def plan_rates(schedule: str, rate: float, steps: int, steps_per_epoch: int) -> np.ndarray:
    """The learning rate of every step.

    Args:
        schedule: "constant"; "one-cycle": half a cosine up over the first quarter, half a cosine down; or
            "1998": the paper's five rates, from epoch to epoch, so that the first of them becomes `rate`.
        rate: the highest.
        steps: of the whole training.
        steps_per_epoch: how many of them make an epoch.
    Returns:
        (steps,) float64, all above 0.
    Source:
        Smith and Topin, "Super-convergence", 2018 (one-cycle).
        LeCun et al. 1998, section III.B: 0.0005 for two epochs, 0.0002 for three, 0.0001 for three, 0.00005
        for four, and 0.00001 thereafter (1998).
    """
    if schedule == "constant":
        return np.full(steps, rate)
    if schedule == "1998":
        epochs = np.minimum(np.arange(steps) // steps_per_epoch, len(RATES_1998) - 1)
        return rate * (np.array(RATES_1998) / RATES_1998[0])[epochs]
    # a step stands for its middle: neither the very start nor the very end is reached, nothing is 0
    at = (np.arange(steps) + 0.5) / max(steps, 1)
    rise = FIRST + (1 - FIRST) * (1 - np.cos(np.pi * at / WARM_UP)) / 2
    fall = (1 + np.cos(np.pi * (at - WARM_UP) / (1 - WARM_UP))) / 2
    return rate * np.where(at < WARM_UP, rise, fall)
