"""Which activation, pooling and normalization a foreign network was trained with, tried on digits."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lenet.architecture import FIELD, PIXEL_OFFSET, PIXEL_SCALE
from lenet.data.dataset import load_dataset
from lenet.data.split import split_dataset
from lenet.errors import LenetError
from lenet.network import Network

DIGITS_TRIED = 2000  # of MNIST's validation digits, the last 5,000 of its training images
# none, those of most tutorials, and grey levels up to 255 without one
NORMALIZATIONS = ((0.0, 1.0), (0.1307, 0.3081), (0.5, 0.5), (0.0, round(1 / 255, 6)))
CHANCE = 2.576  # standard deviations: 1% of two equal readings differ by more
FEW = 100  # digits, below which losses say too little
HOPELESS = 0.5  # share of misread digits with which no reading fits


@dataclass(frozen=True)
class Digits:
    """Digits to try a network on.

    Args:
        images: (N, 28, 28) uint8.
        labels: (N,) integers.
        name: "mnist" for its validation digits, "samples" for the ten of this package.
    """

    images: np.ndarray
    labels: np.ndarray
    name: str


@dataclass(frozen=True)
class Trial:
    """One way to read a file, and how it does.

    Args:
        settings: activation, pooling, mean and std.
        resized: whether the digits were enlarged to 32x32, not padded.
        wrong: (N,) whether each digit is misread.
        losses: (N,) cross-entropy of each digit.
    """

    settings: dict[str, Any]
    resized: bool
    wrong: np.ndarray
    losses: np.ndarray

    @property
    def errors(self) -> int:
        """Number of misread digits."""
        return int(self.wrong.sum())

    @property
    def loss(self) -> float:
        """Mean cross-entropy."""
        return float(self.losses.mean())


def find_digits() -> Digits:
    """MNIST's validation digits where they are on this machine, else the ten samples."""
    try:
        validation = split_dataset(load_dataset("mnist", download=False)).validation
    except LenetError:
        from lenet.images.normalize import normalize_digit
        from lenet.samples import read_sample

        images = np.stack([normalize_digit(read_sample(digit)) for digit in range(10)])
        return Digits(images, np.arange(10), "samples")
    return Digits(validation.images[:DIGITS_TRIED], validation.labels[:DIGITS_TRIED], "mnist")


def resize_digits(images: np.ndarray) -> np.ndarray:
    """Digits enlarged to the whole field, as torchvision's `Resize((32, 32))` does.

    Args:
        images: (N, 28, 28) uint8.
    Returns:
        (N, 1, 32, 32) float32, scaled for the input layer.
    """
    from PIL import Image

    resized = [Image.fromarray(image).resize((FIELD, FIELD), Image.Resampling.BILINEAR) for image in images]
    seen = np.stack([np.asarray(image) for image in resized])[:, None].astype(np.float32)
    return seen * np.float32(PIXEL_SCALE) + np.float32(PIXEL_OFFSET)


def try_network(network: Network, digits: Digits, settings: dict[str, Any], resized: bool = False) -> Trial:
    """Ask a network for digits, padded or resized."""
    images = resize_digits(digits.images) if resized else digits.images
    penalties = network.penalties(images).astype(np.float64)
    shifted = penalties.min(axis=1, keepdims=True) - penalties
    logs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    losses = -logs[np.arange(len(images)), digits.labels]
    return Trial(settings, resized, penalties.argmin(axis=1) != digits.labels, losses)


def try_all(
    read: Callable[..., Network], digits: Digits, told: dict[str, Any], choices: dict[str, Any]
) -> Iterator[Trial]:
    """Try every reading that does not contradict what was told.

    Args:
        read: gives the network for activation, pooling, mean and std.
        digits: to try it on.
        told: the settings that the caller gave; None for the others.
        choices: the values of activation and pooling.
    """
    normalizations = (
        NORMALIZATIONS
        if told["mean"] is None and told["std"] is None
        else ((told["mean"] or 0.0, 1.0 if told["std"] is None else told["std"]),)
    )
    activations = choices["activation"] if told["activation"] is None else (told["activation"],)
    poolings = choices["pooling"] if told["pooling"] is None else (told["pooling"],)
    for activation, pooling, (mean, std) in itertools.product(activations, poolings, normalizations):
        settings = {"activation": activation, "pooling": pooling, "mean": mean, "std": std}
        try:
            network = read(**settings)
        except LenetError:  # numbers beyond float32
            continue
        for resized in (False, True):
            yield try_network(network, digits, settings, resized)


def choose_trial(trials: Sequence[Trial]) -> Trial:
    """The likeliest reading: of those with the fewest errors, up to chance, that with the smallest loss.

    A digit more or less says nothing: tanh and 1.7159 tanh(2a/3) misread nearly the same ones. The losses are
    taken as they are, for a network is calibrated best with the settings of its training: with a temperature
    fitted to each reading, 1.7159 tanh(2a/3) came out ahead of the tanh of the training.

    Args:
        trials: at least one, on the same digits.
    """
    fewest = min(trials, key=lambda trial: (trial.errors, trial.loss))
    alike = [trial for trial in trials if not _misreads_fewer(fewest, trial)]
    return min(alike, key=lambda trial: (trial.loss, trial.errors))


def _misreads_fewer(trial: Trial, other: Trial) -> bool:
    gained = int((other.wrong & ~trial.wrong).sum())
    lost = int((trial.wrong & ~other.wrong).sum())
    return gained - lost > CHANCE * math.sqrt(gained + lost)


def is_better(trial: Trial, other: Trial) -> bool:
    """Whether one reading is better than another on the same digits, by more than chance.

    Source:
        Paired differences: of the misread digits (McNemar); of the losses (Student's t) of many digits.
    """
    if _misreads_fewer(trial, other):
        return True
    gains = other.losses - trial.losses
    beyond = float(gains.mean()) > CHANCE * float(gains.std()) / math.sqrt(len(gains))
    return beyond and not _misreads_fewer(other, trial) and len(gains) >= FEW
