"""Which learning rate to take: the rule of `lenet rates`, and of the page."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lenet.training.diagnosis import IGNORANT

DOUBT = 2.0  # standard errors of a difference that the seeds alone could make


def choose_rates(errors: Sequence[Sequence[float]], chance: float) -> list[int]:
    """Choose by the error on new images, whatever the loss looks like on the way.

    Every rate is trained from the same seeds, so that the errors are compared seed by seed.

    Args:
        errors: for each rate the error of each seed, in percent.
        chance: the error of a guess, in percent.
    Returns:
        The number of the rate with the smallest mean error, then those of the rates that the seeds do not
        show to be worse: by at most `DOUBT` standard errors. Empty if the best is hardly better than a guess.
    Assumption:
        Seeds are a sample of all starts; a single one shows no differences, and only the best is chosen.
    """
    table = np.asarray(errors, float)
    means = table.mean(axis=1)
    best = int(means.argmin())
    if means[best] >= IGNORANT * chance:
        return []
    behind, seeds = table - table[best], table.shape[1]
    doubt = DOUBT * behind.std(axis=1, ddof=1) / np.sqrt(seeds) if seeds > 1 else np.zeros(len(table))
    close = np.flatnonzero(behind.mean(axis=1) <= doubt).tolist()
    return [best, *(number for number in close if number != best)]
