"""Data in the right format that cannot be meant: inverted, in another range, or transposed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from lenet.codes import DIGITS
from lenet.data.examples import Dataset
from lenet.network import Network
from lenet.texts import say

LOOKED_AT = 500  # images of the training part
LIGHT = 128  # grey level of a border from which the paper is light
DARKEST_INK = 64  # the brightest pixel of a set whose range is another one
FOREIGN = 0.5  # error of the bundled network from which digits do not look like MNIST's
FAMILIAR = 0.2  # and below which they do, once they are turned


@dataclass(frozen=True)
class Suspicion:
    """What is odd about a data set.

    Args:
        name: "inverted", "range" or "transposed".
        values: what fills the sentence's braces.
    """

    name: str
    values: dict[str, Any]

    def __str__(self) -> str:
        return say(f"plausibility.{self.name}", **self.values)


def find_suspicions(dataset: Dataset) -> list[Suspicion]:
    """Look for data that are readable but not in MNIST's form: ink 255 on background 0, upright.

    Args:
        dataset: any data set; a blank training part or other classes than digits are not judged by a network.
    Returns:
        What is odd; empty for sound data.
    """
    images, labels = dataset.train.images[:LOOKED_AT], dataset.train.labels[:LOOKED_AT]
    return list(_look(images, labels, dataset.labels == DIGITS))


def _look(images: np.ndarray, labels: np.ndarray, digits: bool) -> Iterator[Suspicion]:
    brightest = int(images.max())
    if brightest <= DARKEST_INK:
        yield Suspicion("range", {"brightest": brightest})
        return
    border = np.concatenate([images[:, 0], images[:, -1], images[:, :, 0], images[:, :, -1]], axis=1)
    light = float(np.median(border))
    if light >= LIGHT:
        yield Suspicion("inverted", {"grey": f"{light:.0f}"})
        return
    if digits and _measure_error(images, labels) > FOREIGN:
        turned = np.ascontiguousarray(images.transpose(0, 2, 1))
        if _measure_error(turned, labels) < FAMILIAR:
            yield Suspicion("transposed", {})


def _measure_error(images: np.ndarray, labels: np.ndarray) -> float:
    return float((Network.load("1998").penalties(images).argmin(axis=1) != labels).mean())
