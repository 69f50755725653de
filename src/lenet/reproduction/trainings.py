"""The experiment of 1998 again: the trainings that it needs, and a folder that keeps their results."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from lenet.architecture import ORIGINAL
from lenet.data.examples import Dataset
from lenet.errors import FileError, NetworkFileError
from lenet.network import Network
from lenet.randomness import Purpose, draw_order, draw_uniform
from lenet.storage import read_bytes, write_text
from lenet.training.events import EpochEnded, Event
from lenet.training.recipe import Recipe, load_recipe
from lenet.training.run import Watch, train
from lenet.training.trainer import Trainer

SEEDS = 5
SUBSETS = (4, 2)  # a fourth and a half of the training images: 15,000 and 30,000 of MNIST's
NOISE = 0.1  # share of pixels inverted, as in the paper's figure 13
QUICK_EPOCHS = 4
AWAY = (
    10_000  # the epoch that a subset's and the noise's random numbers are keyed by: no training has so many
)
MAX_BYTES = 1 << 20


@dataclass(frozen=True)
class Training:
    """One training of the experiment.

    Args:
        recipe_name: "1998" or "1998-distorted".
        seed: of weights, order, distortions, subset and noise.
        part: train on 1 / part of the training images, drawn at random.
        noise: probability, 0 to 1, with which each pixel of the training images is inverted before training.
        epochs: number of epochs; None for the recipe's.
    """

    recipe_name: str
    seed: int
    part: int = 1
    noise: float = 0.0
    epochs: int | None = None

    @property
    def kind(self) -> str:
        """The training without its seed: "1998", "1998-distorted", "1998-1/4", "1998-noise"."""
        part = f"-1/{self.part}" if self.part > 1 else ""
        return f"{self.recipe_name}{part}{'-noise' if self.noise else ''}"

    @property
    def name(self) -> str:
        """The name of its files, without suffix."""
        return f"{self.kind}-seed-{self.seed}".replace("/", "of")

    @cached_property
    def recipe(self) -> Recipe:
        """The recipe, with this training's number of epochs."""
        return load_recipe(self.recipe_name, ORIGINAL).changed(epochs=self.epochs)

    def prepare(self, dataset: Dataset) -> Dataset:
        """The data set of this training: the training part cut or with noise, the test part unchanged.

        Args:
            dataset: the whole data set.
        """
        learned = dataset.train
        if self.part > 1:
            count = len(learned)
            chosen = draw_order(self.seed, AWAY, count, Purpose.SUBSET)[: count // self.part]
            learned = learned.take(np.sort(chosen))
        if self.noise:
            learned = replace(learned, images=invert_pixels(learned.images, self.noise, self.seed))
        return dataset if learned is dataset.train else replace(dataset, train=learned, source=None)

    def count_patterns(self, dataset: Dataset) -> int:
        """Number of patterns that the network is shown, over all epochs."""
        return len(dataset.train) // self.part * self.recipe.epochs


@dataclass(frozen=True)
class Trained:
    """A finished training.

    Args:
        training: the training.
        test: percent of the test digits misread after every epoch; nothing is chosen on it.
        learned: percent of the training images misread after every epoch.
        seconds: duration, including the measurements after every epoch.
        network: the trained network.
    """

    training: Training
    test: tuple[float, ...]
    learned: tuple[float, ...]
    seconds: float
    network: Network


def plan_trainings(seeds: int = SEEDS, quick: bool = False) -> tuple[Training, ...]:
    """The trainings of the experiment, ordered by seed.

    Args:
        seeds: number of trainings of each kind.
        quick: one seed and `QUICK_EPOCHS` epochs, so that not all distorted copies are shown.
    """
    epochs = QUICK_EPOCHS if quick else None
    plan = []
    for seed in range(1 if quick else seeds):
        plan += [Training(recipe, seed, epochs=epochs) for recipe in ("1998", "1998-distorted")]
        plan += [Training("1998", seed, part, epochs=epochs) for part in SUBSETS]
        plan += [Training("1998", seed, noise=NOISE, epochs=epochs)] if seed == 0 else []
    return tuple(plan)


def invert_pixels(images: np.ndarray, share: float, seed: int) -> np.ndarray:
    """Invert each stored pixel with some probability: the paper's salt-and-pepper noise.

    Args:
        images: (N, 28, 28) uint8.
        share: the probability, 0 to 1.
        seed: of the noise.
    Returns:
        (N, 28, 28) uint8. The border of 2 pixels that the network adds stays clean.
    """
    inverted = np.empty_like(images)
    for at in range(0, len(images), 5_000):
        block = images[at : at + 5_000]
        numbers = draw_uniform(seed, Purpose.SUBSET, AWAY + 1, np.arange(at, at + len(block)), 28 * 28)
        hit = numbers.reshape(block.shape) < share
        inverted[at : at + len(block)] = np.where(hit, 255 - block, block)
    return inverted


class Shelf:
    """The folder of finished trainings: for each a network, and a file of its errors.

    Args:
        folder: of the experiment.
        dataset: the whole data set.
        engine: name of the engine that runs the trainings.
    """

    def __init__(self, folder: Path, dataset: Dataset, engine: str) -> None:
        self.folder, self.dataset, self.engine = folder, dataset, engine

    def find(self, training: Training) -> Trained | None:
        """The kept result of a training with the same recipe, data and engine; None if there is none."""
        path = self._path(training)
        if not path.exists():
            return None
        try:
            values = json.loads(read_bytes(path, MAX_BYTES))
            if values["key"] != self._key(training):
                return None
            network = Network.load(path.with_suffix(".safetensors"))
            return Trained(
                training, tuple(values["test"]), tuple(values["learned"]), values["seconds"], network
            )
        except (FileError, NetworkFileError, KeyError, TypeError, ValueError):
            return None  # damaged: it is made again

    def make(self, training: Training, watch: Watch, stop: Callable[[], bool]) -> Trained | None:
        """Train and keep the result.

        Args:
            training: the training.
            watch: is called with the trainer and every event.
            stop: is asked about four times a second; True ends the training.
        Returns:
            The finished training; None if it was stopped.
        """
        begun = time.perf_counter()
        errors: list[float] = []

        def follow(trainer: Trainer, event: Event) -> None:
            if isinstance(event, EpochEnded):
                errors.append(trainer.measure_error(self.dataset.test))
            watch(trainer, event)

        data = training.prepare(self.dataset)
        result = train(data, training.recipe, engine=self.engine, seed=training.seed, watch=follow, stop=stop)
        if result.evaluation is None:
            return None
        learned = tuple(record.training_error for record in result.history.epochs)
        seconds = time.perf_counter() - begun
        trained = Trained(training, tuple(errors), learned, seconds, result.network)
        path = self._path(training)
        path.unlink(missing_ok=True)  # numbers of other settings must not stand beside the new network
        trained.network.save(path.with_suffix(".safetensors"))
        values = {"key": self._key(training), "test": errors, "learned": learned, "seconds": seconds}
        write_text(path, json.dumps(values) + "\n")  # last: it says that all is there
        return trained

    def _path(self, training: Training) -> Path:
        return self.folder / "trainings" / f"{training.name}.json"

    def _key(self, training: Training) -> list[Any]:
        noise = {"part": training.part, "noise": training.noise, "seed": training.seed}
        return [training.recipe.hash, self.dataset.fingerprint, self.engine, noise]
