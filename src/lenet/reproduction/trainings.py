"""The experiment of 1998 again: which trainings it needs, each of them, and a folder that keeps them."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from lenet.architecture import ORIGINAL
from lenet.data.examples import Dataset
from lenet.engines import get_engine
from lenet.errors import FileError, NetworkFileError
from lenet.network import Network
from lenet.randomness import Purpose, draw_order, draw_uniform
from lenet.storage import read_bytes, write_text
from lenet.training.recipe import Recipe, load_recipe
from lenet.training.run import Watch, train
from lenet.training.trainer import EpochEnded, Event, Trainer

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
        recipe: "1998" or "1998-distorted".
        seed: of weights, order, distortions, subset and noise.
        part: one such part of the training images, drawn at random: 4 for a fourth.
        noise: share of the pixels of the training images that are inverted, once and for all.
        epochs: fewer than the recipe's; None for all.
    """

    recipe: str
    seed: int
    part: int = 1
    noise: float = 0.0
    epochs: int | None = None

    @property
    def kind(self) -> str:
        """What it is, whatever its seed: "1998", "1998-distorted", "1998-1/4", "1998-noise"."""
        part = f"-1/{self.part}" if self.part > 1 else ""
        return f"{self.recipe}{part}{'-noise' if self.noise else ''}"

    @property
    def name(self) -> str:
        """What its files are called."""
        return f"{self.kind}-seed-{self.seed}".replace("/", "of")

    @cached_property
    def settings(self) -> Recipe:
        """Its recipe."""
        return load_recipe(self.recipe, ORIGINAL).changed(epochs=self.epochs)

    def prepare(self, dataset: Dataset) -> Dataset:
        """The data that it learns from and is tested on.

        Args:
            dataset: the whole.
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
        """How many patterns it shows the network."""
        return len(dataset.train) // self.part * self.settings.epochs


@dataclass(frozen=True)
class Trained:
    """What became of a training.

    Args:
        training: which.
        test: percent of the test digits misread after every epoch. Nothing is chosen on it.
        learned: percent of its training images misread after every epoch.
        seconds: how long it took, the errors of every epoch included.
        network: what it came to.
    """

    training: Training
    test: tuple[float, ...]
    learned: tuple[float, ...]
    seconds: float
    network: Network


def plan_trainings(seeds: int = SEEDS, quick: bool = False) -> tuple[Training, ...]:
    """The trainings of the experiment, those of the first seed first.

    Args:
        seeds: how many of each kind.
        quick: one seed, few epochs, and distortions without their whole number of copies.
    """
    epochs = QUICK_EPOCHS if quick else None
    plan = []
    for seed in range(1 if quick else seeds):
        plan += [Training(recipe, seed, epochs=epochs) for recipe in ("1998", "1998-distorted")]
        plan += [Training("1998", seed, part, epochs=epochs) for part in SUBSETS]
        plan += [Training("1998", seed, noise=NOISE, epochs=epochs)] if seed == 0 else []
    return tuple(plan)


def invert_pixels(images: np.ndarray, share: float, seed: int) -> np.ndarray:
    """Invert each stored pixel with some probability, as in the paper's salt-and-pepper noise.

    Args:
        images: (N, 28, 28) uint8.
        share: the probability.
        seed: of the noise.
    Returns:
        (N, 28, 28) uint8. The border that the network sees around them stays clean.
    """
    inverted = np.empty_like(images)
    for at in range(0, len(images), 5_000):
        block = images[at : at + 5_000]
        numbers = draw_uniform(seed, Purpose.SUBSET, AWAY + 1, np.arange(at, at + len(block)), 28 * 28)
        hit = numbers.reshape(block.shape) < share
        inverted[at : at + len(block)] = np.where(hit, 255 - block, block)
    return inverted


class Shelf:
    """Where finished trainings are kept, each a network and a line of numbers.

    Args:
        folder: of the experiment.
        dataset: what it is done with.
        engine: what runs it.
    """

    def __init__(self, folder: Path, dataset: Dataset, engine: str) -> None:
        self.folder, self.dataset, self.engine = folder, dataset, engine

    def find(self, training: Training) -> Trained | None:
        """A training that was finished before, with these settings, data and engine; else None."""
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
        """Train, and keep what it came to.

        Returns:
            None if it was stopped.
        """
        begun = time.perf_counter()
        errors: list[float] = []
        test, engine = self.dataset.test, get_engine(self.engine, training=True)

        def follow(trainer: Trainer, event: Event) -> None:
            if isinstance(event, EpochEnded):
                answers = engine.load(ORIGINAL, trainer.parameters()).penalties(test.images).argmin(axis=1)
                errors.append(100 * float((answers != test.labels).mean()))
            watch(trainer, event)

        data = training.prepare(self.dataset)
        result = train(
            data, training.settings, engine=self.engine, seed=training.seed, watch=follow, stop=stop
        )
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
        return [training.settings.hash, self.dataset.fingerprint, self.engine, noise]


def run_trainings(
    shelf: Shelf,
    plan: tuple[Training, ...],
    announce: Callable[[int, Training, bool], Watch],
    stop: Callable[[], bool],
) -> Iterator[Trained]:
    """All trainings of a plan, those that are there already at once.

    Args:
        shelf: where they are kept.
        plan: which.
        announce: is told each one's number, from 0, and whether it is there; gives what watches it.
        stop: is asked between two stretches; True ends everything.
    """
    for number, training in enumerate(plan):
        kept = shelf.find(training)
        watch = announce(number, training, kept is not None)
        trained = kept or shelf.make(training, watch, stop)
        if trained is None or stop():
            return
        yield trained
