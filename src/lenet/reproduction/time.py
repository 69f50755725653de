"""How long the experiment of 1998 will take on this machine, from a second or two of each of its parts."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lenet.architecture import ORIGINAL
from lenet.data.examples import Dataset
from lenet.engines import Engine, get_engine
from lenet.parameters import initialize_parameters
from lenet.reproduction.results import CHANGES, EVERY, ROBUST
from lenet.reproduction.trainings import Training
from lenet.training.trainer import Advanced, Trainer

TRIES = 2  # of every part, of which the faster counts: the first one loads and warms
PATTERNS = 3_000  # learned in a try; stretches double, so that the last one has a third of them
SECONDS = 1.0  # of learning after which a try ends, for an engine that takes long
READ = 2_000  # images read in a try


@dataclass(frozen=True)
class Pace:
    """What the parts of the experiment take, in seconds.

    Args:
        beginning: by recipe, before the first update of an epoch: its order, and the curvature.
        update: by recipe, one pattern learned; the distortion counts.
        reading: one image recognized.
    Assumption:
        The rest is left out: noise put into the training images, changed test digits, pictures. On MNIST it
        takes 5 seconds in all.
    """

    beginning: Mapping[str, float]
    update: Mapping[str, float]
    reading: float

    def forecast_training(self, training: Training, dataset: Dataset) -> float:
        """Seconds that a training takes, the errors of every epoch included.

        Args:
            training: which.
            dataset: the whole.
        """
        epochs, recipe, test = training.settings.epochs, training.recipe, len(dataset.test)
        learned = min(training.settings.training_sample, len(dataset.train) // training.part)
        read = epochs * (learned + test) + test  # and once more at the end, for the network's card
        updates = training.count_patterns(dataset) * self.update[recipe]
        return epochs * self.beginning[recipe] + updates + read * self.reading

    def forecast_results(self, plan: Sequence[Training], dataset: Dataset) -> float:
        """Seconds that the networks take to read what `collect_results` shows them.

        Args:
            plan: all trainings, those that are there already as well.
            dataset: the whole.
        """
        test = len(dataset.test)
        evaluated = sum(training.part == 1 and not training.noise for training in plan)
        robust = sum(training.seed == 0 and training.kind in ROBUST for training in plan)
        changes = sum(map(len, CHANGES.values()))
        return (evaluated * test + robust * changes * -(-test // EVERY)) * self.reading


def measure_pace(dataset: Dataset, engine: str, plan: Sequence[Training]) -> Pace:
    """Try every part of the experiment for a moment.

    Args:
        dataset: what it is done with.
        engine: what runs it.
        plan: its trainings.
    """
    runner = get_engine(engine, training=True)
    tries = {
        training.recipe: [_try_training(training, dataset, runner) for _ in range(TRIES)]
        for training in {training.recipe: training for training in plan}.values()
    }
    return Pace(
        beginning={recipe: min(beginning for beginning, _ in found) for recipe, found in tries.items()},
        update={recipe: min(update for _, update in found) for recipe, found in tries.items()},
        reading=min(_try_reading(dataset, runner) for _ in range(TRIES)),
    )


def _try_training(training: Training, dataset: Dataset, engine: Engine) -> tuple[float, float]:
    """Seconds before the first update of an epoch over all training images, and of the fastest update."""
    recipe = training.settings
    start = initialize_parameters(ORIGINAL, 0, scheme=recipe.initialization)
    trainer = Trainer(engine, start, recipe, dataset.train, dataset.test.first(0), 0)
    beginning, updates, begun = 0.0, list[float](), time.perf_counter()
    for event in trainer.events():
        if not isinstance(event, Advanced):
            break  # the images are fewer than PATTERNS
        if not updates:
            beginning = time.perf_counter() - begun - event.seconds
            begun = time.perf_counter()
        updates.append(event.seconds / event.images)
        if event.steps >= PATTERNS or time.perf_counter() - begun > SECONDS:
            break
    return beginning, min(updates)


def _try_reading(dataset: Dataset, engine: Engine) -> float:
    """Seconds an image."""
    images = dataset.train.first(READ).images
    model = engine.load(ORIGINAL, initialize_parameters(ORIGINAL, 0))
    begun = time.perf_counter()
    model.penalties(images)
    return (time.perf_counter() - begun) / len(images)
