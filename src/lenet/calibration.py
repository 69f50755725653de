"""Calibrate a network: measure how its penalties become probabilities, on images outside its training."""

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


def calibrate(
    network: Network,
    images: np.ndarray,
    labels: np.ndarray,
    refused: float = REFUSED,
    harder: tuple[np.ndarray, np.ndarray] | None = None,
) -> Network:
    """Add a calibration to the card of a network, so that its answers have a confidence.

    Args:
        network: a trained network.
        images: (N, 28, 28) uint8 that it was not trained on, some thousands.
        labels: (N,) integers, indices into `network.labels`.
        refused: the fraction of these images whose answers are not to be trusted, 0 to 1.
        harder: more images and labels, such as damaged digits and those of other hands, on which the
            temperature is measured, too: the confidence then holds where the network errs more often.
    Returns:
        The same network with another card.
    Raises:
        ShapeError: no images, or not one label of the network per image.
    Source:
        Guo et al., "On calibration of modern neural networks", 2017: one temperature.
    """
    network.check_labels(images, labels)
    penalties, judged = network.penalties(images), network.judge(images)
    parts = [(penalties, judged, labels)]
    if harder:
        network.check_labels(*harder)
        parts.append((network.penalties(harder[0]), network.judge(harder[0]), harder[1]))
    found = _find_temperature(parts)
    confidences = weigh(penalties, judged, found)[np.arange(len(images)), penalties.argmin(axis=1)]
    sure = float(np.sort(confidences)[min(round(refused * len(images)), len(images) - 1)])
    # a number that a reader of the card can take in; what lies exactly on it stands
    found = replace(found, sure=math.floor(1e4 * sure) / 1e4, temperature=round(found.temperature, 4))
    count = sum(len(wanted) for *_, wanted in parts)
    card = {**network.card, "calibration": {**asdict(found), "images": count}}
    return replace(network, card=card)


def _find_temperature(parts: list[tuple[np.ndarray, np.ndarray | None, np.ndarray]]) -> Calibration:
    """The temperature of the network that surprises least on all parts together; the judge keeps its own.

    Args:
        parts: penalties of the network, of the judge (None where it is not asked), and labels.
    """
    judge, rubbish = load_judge_card() if parts[0][1] is not None else (None, 0.0)
    start = Calibration(1.0, judge, rubbish, 0.0)
    penalties, labels = (np.concatenate([part[place] for part in parts]) for place in (0, 2))
    judged = None if judge is None else np.concatenate([part for _, part, _ in parts if part is not None])

    def measure(temperature: float) -> float:
        weighed = weigh(penalties, judged, replace(start, temperature=temperature))
        return measure_surprise(weighed, labels)

    return replace(start, temperature=find_smallest(measure))


def measure_surprise(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """The mean negative log-likelihood of the right classes."""
    right = probabilities[np.arange(len(labels)), labels]
    return float(-np.log(np.maximum(right, 1e-12)).mean())


def find_temperature(penalties: np.ndarray, labels: np.ndarray) -> float:
    """The temperature that minimizes the negative log-likelihood of a network's own softmax.

    Args:
        penalties: (N, classes).
        labels: (N,) the right classes.
    """
    rows = np.arange(len(labels))
    return find_smallest(lambda temperature: float(-take_logs(-penalties / temperature)[rows, labels].mean()))


def find_smallest(measure: Callable[[float], float]) -> float:
    """The temperature in `TEMPERATURES` that minimizes a measure."""
    return float(min(TEMPERATURES.tolist(), key=measure))


def measure_calibration(confidences: np.ndarray, right: np.ndarray) -> float:
    """The expected calibration error, in percentage points.

    Args:
        confidences: (N,) 0 to 1.
        right: (N,) bool, whether the answer was right.
    Returns:
        The mean over all answers of |accuracy - mean confidence| in the bin of the answer.
    Source:
        Guo et al., "On calibration of modern neural networks", 2017, equation 3.
    """
    bins = np.minimum((confidences * BINS).astype(int), BINS - 1)
    gaps = np.bincount(bins, confidences - right, BINS)
    return 100 * float(np.abs(gaps).sum()) / len(right)
