"""Where a training starts that goes on from trained weights: a network, by its name, its file, or itself."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from os import PathLike
from pathlib import Path

import numpy as np

from lenet.data.examples import Dataset, Examples
from lenet.errors import UsageError
from lenet.network import BUNDLED, Network
from lenet.parameters import Parameters
from lenet.training.recipe import Recipe

START_FILE = "start.safetensors"  # in a run's folder: a copy of what it started from


def take_start(start: str | Path | Network) -> tuple[str, Network]:
    """The name of a network for settings and card, and the network.

    Args:
        start: a bundled network's name, a file that `save` wrote, or a network.
    Returns:
        The bundled name, the file's absolute path, or `START_FILE`; and the network with float32 parameters.
    Raises:
        FileError: absent, damaged, or not a network that `save` wrote.
        UsageError: none of these.
    """
    if isinstance(start, Network):
        name, network = START_FILE, start
    elif isinstance(start, str | PathLike):
        network = Network.load(start)
        name = str(start) if start in BUNDLED else str(Path(start).resolve())
    else:
        raise UsageError("further.start", value=start)
    return name, replace(network, parameters=network.parameters.map(lambda array: array.astype(np.float32)))


def choose_recipe(start: object) -> str:
    """The recipe of a training for which none was named.

    Args:
        start: what it goes on from; None for random weights.
    """
    return "fast" if start is None else "fine-tune"


def check_keep(recipe: Recipe, start: object) -> None:
    """Refuse a recipe that keeps a share of trained weights where there are none.

    Raises:
        UsageError: `start` is None and the recipe keeps a share of it.
    """
    if recipe.keep and start is None:
        raise UsageError("further.no_start", name=recipe.name, keep=recipe.keep)


def hash_weights(network: Network) -> str:
    """SHA-256 of architecture, labels and parameters, in hexadecimal."""
    digest = hashlib.sha256(repr((network.architecture, network.labels)).encode())
    for name in sorted(network.parameters):
        digest.update(np.ascontiguousarray(network.parameters[name], "<f4").data)
    return digest.hexdigest()


def fit_labels(dataset: Dataset, network: Network) -> Dataset:
    """A data set with the classes of a network, some of which may have no examples.

    Args:
        dataset: its labels are among those of the network, in any order.
        network: whose numbers the labels get.
    Raises:
        UsageError: a label that the network does not have.
    """
    foreign = [label for label in dataset.labels if label not in network.labels]
    if foreign:
        known = ", ".join(network.labels)
        raise UsageError("further.labels", name=dataset.name, found=", ".join(foreign), labels=known)
    numbers = np.array([network.labels.index(label) for label in dataset.labels])

    def renumber(examples: Examples) -> Examples:
        return Examples(examples.images, numbers[examples.labels])

    train, test = renumber(dataset.train), renumber(dataset.test)
    return replace(dataset, labels=network.labels, train=train, test=test)


def mix_weights(start: Parameters, end: Parameters, keep: float) -> Parameters:
    """The weighted mean of the parameters before and after a training.

    Args:
        start: before the training.
        end: after it.
        keep: the share of `start`, 0 to 1.
    """
    if not keep:
        return end
    share = np.float32(keep)
    return Parameters(end.architecture, {name: share * start[name] + (1 - share) * end[name] for name in end})
