"""The parts of a data set for training, for deciding (validation), and for the one final test."""

from __future__ import annotations

from typing import Literal, NamedTuple

from lenet.data.examples import Dataset, Examples
from lenet.errors import UsageError

FOLDS = ("last", "first")
# MNIST's 60,000 training examples leave 5,000 for validation
VALIDATION_PART = 12  # one image of so many
# where there is no test part, the last sixth of each class or file is for testing; MNIST tests on a seventh
TEST_PART = 6


class Splits(NamedTuple):
    """Three parts without a common example; nothing is decided on `test`."""

    train: Examples
    validation: Examples
    test: Examples


def split_dataset(
    dataset: Dataset, validation: int | None = None, fold: Literal["last", "first"] = "last"
) -> Splits:
    """Set the last examples of the training part aside for validation.

    Args:
        dataset: where the examples come from; the test part stays as it is.
        validation: how many, 0 for none; None for a twelfth (MNIST: 5,000; digits: 119).
        fold: "last", or "first" to check a decision on the other end of the training part.
    Returns:
        The three parts, sharing memory with the data set.
    Raises:
        UsageError: no example would be left to train on, or another fold.
    Assumption:
        The paper names no validation set; ours are the last 5,000 of MNIST's training file.
    """
    total = len(dataset.train)
    count = total // VALIDATION_PART if validation is None else validation
    if not 0 <= count < total:
        raise UsageError("data.validation", count=count, most=total - 1)
    if fold not in FOLDS:
        raise UsageError("data.fold", fold=fold, expected=", ".join(FOLDS))
    rest, aside = slice(0, total - count), slice(total - count, total)
    if fold == "first":
        aside, rest = slice(0, count), slice(count, total)
    return Splits(dataset.train.take(rest), dataset.train.take(aside), dataset.test)
