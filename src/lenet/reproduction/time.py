"""A forecast of how long the experiment of 1998 takes on this machine, from a short try of each part."""

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
from lenet.training.events import Advanced
from lenet.training.trainer import start_trainer

TRIES = 2  # of every part, of which the faster counts: the first one loads and warms
PATTERNS = 3_000  # learned in a try; stretches double, so that the last one has a third of them
SECONDS = 1.0  # of learning after which a try ends, for an engine that takes long
READ = 2_000  # images read in a try


@dataclass(frozen=True)
class Pace:
    """Duration of each part of the experiment, in seconds.

    Args:
        beginning: by recipe, from the begin of an epoch to its first update: order and curvature.
        update: by recipe, one update with one pattern, distortion included.
        reading: recognizing one image.
    Assumption:
        The rest is left out: noise in the training images, changed test digits, pictures. On MNIST it takes
        5 seconds in all.
    """

    beginning: Mapping[str, float]
    update: Mapping[str, float]
    reading: float

    def forecast_training(self, training: Training, dataset: Dataset) -> float:
        """Seconds that a training takes, including the measurements after every epoch.

        Args:
            training: the training.
            dataset: the whole data set.
        """
        epochs, recipe, test = training.recipe.epochs, training.recipe_name, len(dataset.test)
        learned = min(training.recipe.training_sample, len(dataset.train) // training.part)
        read = epochs * (learned + test) + test  # and once more at the end, for the network's card
        updates = training.count_patterns(dataset) * self.update[recipe]
        return epochs * self.beginning[recipe] + updates + read * self.reading

    def forecast_results(self, plan: Sequence[Training], dataset: Dataset) -> float:
        """Seconds that the networks take to recognize the images of `collect_results`.

        Args:
            plan: all trainings, finished or not.
            dataset: the whole data set.
        """
        test = len(dataset.test)
        evaluated = sum(training.part == 1 and not training.noise for training in plan)
        robust = sum(training.seed == 0 and training.kind in ROBUST for training in plan)
        changes = sum(map(len, CHANGES.values()))
        return (evaluated * test + robust * changes * -(-test // EVERY)) * self.reading


def measure_pace(dataset: Dataset, engine: str, plan: Sequence[Training]) -> Pace:
    """Run every part of the experiment for about a second.

    Args:
        dataset: the whole data set.
        engine: name of the engine that runs the trainings.
        plan: the trainings to forecast.
    """
    runner = get_engine(engine, training=True)
    tries = {
        training.recipe_name: [_try_training(training, dataset, runner) for _ in range(TRIES)]
        for training in {training.recipe_name: training for training in plan}.values()
    }
    return Pace(
        beginning={recipe: min(beginning for beginning, _ in found) for recipe, found in tries.items()},
        update={recipe: min(update for _, update in found) for recipe, found in tries.items()},
        reading=min(_try_reading(dataset, runner) for _ in range(TRIES)),
    )


def _try_training(training: Training, dataset: Dataset, engine: Engine) -> tuple[float, float]:
    """Seconds before the first update of an epoch over all training images, and of the fastest update."""
    trainer = start_trainer(engine, ORIGINAL, training.recipe, dataset.train, dataset.test.first(0), 0)
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
    """Seconds that one image takes."""
    images = dataset.train.first(READ).images
    model = engine.load(ORIGINAL, initialize_parameters(ORIGINAL, 0))
    begun = time.perf_counter()
    model.penalties(images)
    return (time.perf_counter() - begun) / len(images)
