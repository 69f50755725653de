"""Which labels of a data set are doubtful: networks that did not learn them read them otherwise."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from lenet.architecture import Architecture
from lenet.calibration import find_temperature
from lenet.data.examples import Dataset, Examples
from lenet.doubt import take_logs
from lenet.errors import UsageError
from lenet.network import Network
from lenet.randomness import draw_order
from lenet.training.recipe import Recipe
from lenet.training.run import Watch, train

LEAST_FOLDS, MOST_FOLDS = 2, 20


@dataclass(frozen=True)
class Suspect:
    """A label, and what networks say that did not learn it.

    Args:
        part: "train" or "test".
        index: of the image in its part, from 0.
        label: the class that the data name.
        reading: the most probable of the other classes.
        own: the probability of the label, 0 to 1.
        other: the probability of the reading, 0 to 1.
    """

    part: str
    index: int
    label: int
    reading: int
    own: float
    other: float

    @property
    def doubt(self) -> float:
        """The logarithm of how much more probable the reading is than the label; above 0 if it is misread."""
        return float(np.log(self.other) - np.log(self.own))


@dataclass(frozen=True)
class Audit:
    """All labels of a data set by their doubt.

    Args:
        dataset: the data.
        suspects: one for each image of both parts, the most doubtful first.
        folds: how many networks were trained.
        errors: percent of its fold that each network misread.
    """

    dataset: Dataset
    suspects: tuple[Suspect, ...]
    folds: int
    errors: tuple[float, ...]

    def image(self, suspect: Suspect) -> np.ndarray:
        """The picture of a suspect, (28, 28) uint8."""
        part = self.dataset.train if suspect.part == "train" else self.dataset.test
        picture: np.ndarray = part.images[suspect.index]
        return picture

    def find_place(self, part: str, index: int) -> int:
        """The place of an image among all suspects of its part, from 1.

        Args:
            part: "train" or "test".
            index: of the image in its part.
        Raises:
            ValueError: there is no such image.
        """
        return [suspect.index for suspect in self.suspects if suspect.part == part].index(index) + 1


def audit_labels(
    dataset: Dataset,
    recipe: Recipe,
    architecture: Architecture,
    folds: int = 5,
    engine: str = "auto",
    seed: int = 0,
    watch: Watch | None = None,
    stop: Callable[[], bool] = lambda: False,
    begin: Callable[[int], None] = lambda _: None,
) -> Audit | None:
    """Find doubtful labels: every training image is read by the network of a fold that has not seen it.

    Args:
        dataset: the training part is divided into folds; all networks together read the test part.
        recipe: of each training; the whole of the other folds is learned.
        architecture: of the networks; its classes become those of the data.
        folds: 2 to 20.
        engine: as for `train`.
        seed: of the folds and the trainings.
        watch: is called with the trainer and every event.
        stop: is asked about four times a second; True ends the audit.
        begin: is called with each fold, from 0, before its training.
    Returns:
        The audit; None if it was stopped.
    Raises:
        UsageError: a number of folds out of range, or more folds than images.
        LenetError: what `train` raises.
    Source:
        Northcutt et al., "Confident learning: estimating uncertainty in dataset labels", 2021: out-of-sample
        probabilities; here they are calibrated and ranked by the log-odds of the two classes.
    """
    images = len(dataset.train)
    if not LEAST_FOLDS <= folds <= min(MOST_FOLDS, images):
        raise UsageError("audit.folds", folds=folds, least=LEAST_FOLDS, most=min(MOST_FOLDS, images))
    recipe = replace(recipe, validation=False)
    own = np.empty((images, len(dataset.labels)))
    together = np.zeros((len(dataset.test), len(dataset.labels)))
    errors = []
    order = draw_order(seed, 0, images)
    for fold in range(folds):
        begin(fold)
        left = np.sort(order[fold::folds])
        others = np.setdiff1d(np.arange(images), left)
        part = replace(dataset, train=dataset.train.take(others), test=dataset.train.take(left), source=None)
        result = train(
            part, recipe, architecture=architecture, engine=engine, seed=seed, watch=watch, stop=stop
        )
        if result.evaluation is None:
            return None
        errors.append(result.evaluation.error)
        own[left], found = read_fold(result.network, dataset.train.take(left), dataset.test)
        together += found / folds
    suspects = [
        *list_suspects("train", own, dataset.train.labels),
        *list_suspects("test", take_logs(together), dataset.test.labels),
    ]
    suspects.sort(key=lambda suspect: -suspect.doubt)
    return Audit(dataset, tuple(suspects), folds, tuple(errors))


def read_fold(network: Network, left: Examples, test: Examples) -> tuple[np.ndarray, np.ndarray]:
    """What a network says of the images that it did not learn.

    Args:
        network: of a fold.
        left: the images of the fold; they decide the temperature, too.
        test: other images.
    Returns:
        The logarithms of the probabilities of all classes, (N, classes) for each of both.
    """
    penalties = network.penalties(left.images)
    temperature = find_temperature(penalties, left.labels)
    return take_logs(-penalties / temperature), take_logs(-network.penalties(test.images) / temperature)


def list_suspects(part: str, logs: np.ndarray, labels: np.ndarray) -> Iterator[Suspect]:
    """One suspect for each image of a part.

    Args:
        part: "train" or "test".
        logs: (N, classes) logarithms of probabilities.
        labels: (N,) the classes that the data name.
    """
    for index, (row, label) in enumerate(zip(logs, labels.tolist(), strict=True)):
        others = row.copy()
        others[label] = -np.inf
        reading = int(others.argmax())
        own, other = (max(float(np.exp(row[column])), 1e-300) for column in (label, reading))
        yield Suspect(part, index, label, reading, own, other)
