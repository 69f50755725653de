"""Measure how a network's penalties become probabilities, on images that it was not trained on."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict, replace

import numpy as np

from lenet.doubt import Calibration, load_judge_card, take_logs, weigh
from lenet.network import Network

REFUSED = 0.009  # of the images: the share whose answers do not stand
BINS = 15  # equal shares of 0 to 1, in which confidence and accuracy are compared
TEMPERATURES = np.geomspace(0.01, 1000, 500)  # 2.3% apart


def calibrate(network: Network, images: np.ndarray, labels: np.ndarray, refused: float = REFUSED) -> Network:
    """The same network with a calibration in its card, so that its answers know their confidence.

    Args:
        network: trained.
        images: (N, 28, 28) uint8 that it was not trained on, some thousands.
        labels: (N,) their classes, indices into `network.labels`.
        refused: the share of these images whose answers shall not stand, 0 to 1.
    Raises:
        ShapeError: no images, or not one label of the network for each.
    Source:
        Guo et al., "On calibration of modern neural networks", 2017: one temperature.
    """
    network.check_labels(images, labels)
    penalties, judged = network.penalties(images), network.judge(images)
    judge, rubbish = load_judge_card() if judged is not None else (None, 0.0)
    start = Calibration(1.0, judge, rubbish, 0.0)

    def measure(temperature: float) -> float:
        weighed = weigh(penalties, judged, replace(start, temperature=temperature))
        return measure_surprise(weighed, labels)

    found = replace(start, temperature=find_smallest(measure))
    confidences = weigh(penalties, judged, found)[np.arange(len(images)), penalties.argmin(axis=1)]
    sure = float(np.sort(confidences)[min(round(refused * len(images)), len(images) - 1)])
    # a number that a reader of the card can take in; what lies exactly on it stands
    found = replace(found, sure=math.floor(1e4 * sure) / 1e4, temperature=round(found.temperature, 4))
    card = {**network.card, "calibration": {**asdict(found), "images": len(images)}}
    return replace(network, card=card)


def measure_surprise(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """The mean of -log of the probability of the right class; smallest where probabilities are true."""
    right = probabilities[np.arange(len(labels)), labels]
    return float(-np.log(np.maximum(right, 1e-12)).mean())


def find_temperature(penalties: np.ndarray, labels: np.ndarray) -> float:
    """The temperature that makes a network's own softmax truest.

    Args:
        penalties: (N, classes).
        labels: (N,) the right classes.
    """
    rows = np.arange(len(labels))
    return find_smallest(lambda temperature: float(-take_logs(-penalties / temperature)[rows, labels].mean()))


def find_smallest(measure: Callable[[float], float]) -> float:
    """The temperature, of those that are tried, at which a measure is smallest."""
    return float(min(TEMPERATURES.tolist(), key=measure))


def measure_calibration(confidences: np.ndarray, right: np.ndarray) -> float:
    """The expected calibration error, in points of a hundred.

    Args:
        confidences: (N,) 0 to 1.
        right: (N,) bool, whether the answer was right.
    Returns:
        The mean, over all answers, of how far accuracy lies from mean confidence in the answer's bin.
    Source:
        Guo et al., "On calibration of modern neural networks", 2017, equation 3.
    """
    bins = np.minimum((confidences * BINS).astype(int), BINS - 1)
    gaps = np.bincount(bins, confidences - right, BINS)
    return 100 * float(np.abs(gaps).sum()) / len(right)
