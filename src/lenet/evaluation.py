"""Measures of a network on labelled images: error, confusion, rejection, misread images."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from html import escape
from typing import ClassVar

import numpy as np

from lenet.errors import ShapeError
from lenet.network import Network
from lenet.texts import say

MOST_CLASSES = 26  # of a confusion matrix that a page shows
Z = 1.959964  # 95% of a normal distribution lie within so many standard deviations


@dataclass(frozen=True, eq=False)
class Evaluation:
    """The answers of a network to labelled images.

    Args:
        labels: (N,) the true classes.
        answers: (N,) the classes with the smallest penalty.
        margins: (N,) difference between the two smallest penalties.
        names: the name of each class.
    """

    wanted_error: ClassVar[float] = 0.5  # percent, where figure 10 of the paper compares
    most_misread: ClassVar[int] = 100  # misread images that are shown

    labels: np.ndarray
    answers: np.ndarray
    margins: np.ndarray
    names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.labels)

    def __repr__(self) -> str:
        return f"Evaluation({len(self):,} images, {self.wrong:,} misread, error {self.error:.2f}%)"

    def _repr_html_(self) -> str:
        values = {"wrong": f"{self.wrong:,}", "count": f"{len(self):,}"}
        values |= {"error": f"{self.error:.2f}", "accuracy": f"{self.accuracy:.2f}"}
        low, high = (f"{limit:.2f}" for limit in self.interval)
        page = f"<p>{say('evaluate.error', **values)} {say('evaluate.interval', low=low, high=high)}</p>"
        if len(self.names) > MOST_CLASSES:
            return page
        names = [f"<th>{escape(name)}</th>" for name in self.names]
        rows = (
            f"<tr>{name}" + "".join(f"<td>{count or ''}</td>" for count in counts) + "</tr>"
            for name, counts in zip(names, self.confusion.tolist(), strict=True)
        )
        caption = f"<caption>{say('evaluate.confusion')}</caption>"
        return f"{page}<table>{caption}<tr><th></th>{''.join(names)}</tr>{''.join(rows)}</table>"

    @property
    def wrong(self) -> int:
        """Number of misread images."""
        return int((self.labels != self.answers).sum())

    @property
    def error(self) -> float:
        """Percent of the images that were misread."""
        return 100 * self.wrong / len(self)

    @property
    def accuracy(self) -> float:
        """Percent of the images that were read correctly."""
        return 100 - self.error

    @property
    def interval(self) -> tuple[float, float]:
        """The 95% confidence interval of the error, in percent.

        It covers the random choice of the test images, not the variation between seeds of the training.

        Source:
            Wilson, "Probable inference, the law of succession, and statistical inference", 1927.
        """
        n, share = len(self), self.wrong / len(self)
        middle = share + Z**2 / (2 * n)
        reach = Z * math.sqrt(share * (1 - share) / n + (Z / (2 * n)) ** 2)
        low, high = ((middle + sign * reach) / (1 + Z**2 / n) for sign in (-1, 1))
        return 100 * max(low, 0.0), 100 * min(high, 1.0)

    @cached_property
    def confusion(self) -> np.ndarray:
        """(classes, classes) counts: rows are the true class, columns the answer."""
        table = np.zeros((len(self.names), len(self.names)), np.int64)
        np.add.at(table, (self.labels, self.answers), 1)
        return table

    @cached_property
    def misread(self) -> np.ndarray:
        """Indices of the misread images, the most confident mistake first."""
        indices = np.flatnonzero(self.labels != self.answers)
        return indices[np.argsort(-self.margins[indices], kind="stable")]

    def rejection_curve(self) -> tuple[np.ndarray, np.ndarray]:
        """The error that remains when the least certain answers are rejected.

        Returns:
            (N,) percent rejected, from 0, and (N,) percent error on the rest.
        Source:
            LeCun et al. 1998, figure 10; the score is the difference of the two best classes.
        """
        order = np.argsort(self.margins, kind="stable")
        wrong = (self.labels != self.answers)[order]
        rest = np.arange(len(self), 0, -1)
        return 100 * np.arange(len(self)) / len(self), 100 * np.cumsum(wrong[::-1])[::-1] / rest

    def rejection_for(self, error: float) -> float | None:
        """The smallest rejection rate with at most this error on the rest.

        Args:
            error: percent.
        Returns:
            Percent rejected; None if no rejection rate is enough.
        Source:
            LeCun et al. 1998, figure 10, which compares at 0.5%.
        """
        refused, left = self.rejection_curve()
        enough = np.flatnonzero(left <= error)
        return float(refused[enough[0]]) if len(enough) else None


def evaluate(network: Network, images: np.ndarray, labels: np.ndarray) -> Evaluation:
    """Evaluate a network on labelled images.

    Args:
        network: the network.
        images: (N, 28, 28) uint8 as MNIST stores them, or floating point (N, 1, 32, 32).
        labels: (N,) integers, indices into `network.labels`.
    Raises:
        ShapeError: no images, inputs larger than 32x32, or not one label of the network per image.
    """
    network.check_labels(images, labels)
    penalties = network.penalties(images)
    if penalties.ndim != 2:
        raise ShapeError("evaluation.field", shape=images.shape)
    answers = penalties.argmin(axis=1)
    best, second = np.partition(penalties, 1, axis=1)[:, :2].T
    return Evaluation(labels.astype(np.int64), answers, second - best, network.labels)
