"""One training of `lenet rates`, step by step, and those of one rate from several seeds."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass

import numpy as np

from lenet.data.examples import Examples
from lenet.engines import Engine
from lenet.engines.inputs import one_hot
from lenet.engines.loss import Loss
from lenet.engines.reference.backward import measure_loss
from lenet.parameters import Parameters
from lenet.texts import get_language, load_texts
from lenet.training.diagnosis import find_stuck
from lenet.training.recipe import Recipe
from lenet.training.verdicts import Judgement, Shares, decompose_jumps, judge_losses

TRACED = 500  # new images, at most, that show which units are stuck


@dataclass(frozen=True, eq=False)
class Training:
    """One training at one rate, from one seed.

    Args:
        seed: of the initial weights and the order of the images.
        losses: (steps,) loss of each step's batch, before its update; NaN after one that is not finite.
        frozen: (steps - 1,) loss of the next step's batch, before this step's update.
        judgement: the verdict on the loss, with its reason.
        shares: the causes of its jumps.
        error: percent of the new images that the network misreads in the end.
        stuck: number of units of F6 that answer alike to all new images: saturated, or at 0 under relu.
    """

    seed: int
    losses: np.ndarray
    frozen: np.ndarray
    judgement: Judgement
    shares: Shares
    error: float
    stuck: int


@dataclass(frozen=True, eq=False)
class Trial:
    """The trainings at one rate.

    Args:
        rate: the learning rate, constant over the training.
        trainings: one per seed; the first one is drawn and explained.
    """

    rate: float
    trainings: tuple[Training, ...]

    @property
    def first(self) -> Training:
        """The training that is drawn and explained."""
        return self.trainings[0]

    @property
    def verdicts(self) -> dict[str, int]:
        """How many trainings have each verdict, that of the drawn one first, then the most frequent."""
        counts = Counter(training.judgement.verdict for training in self.trainings)
        drawn = self.first.judgement.verdict
        return {drawn: counts[drawn], **dict(counts.most_common())}

    @property
    def usual_verdict(self) -> str:
        """The verdict of the most trainings."""
        return max(self.verdicts, key=lambda verdict: self.verdicts[verdict])

    @property
    def errors(self) -> list[float]:
        """The error of each training on new images, in percent."""
        return [training.error for training in self.trainings]

    @property
    def error(self) -> float:
        """The mean error on new images, in percent."""
        return float(np.mean(self.errors))

    def describe_errors(self, texts: Mapping[str, str] | None = None) -> str:
        """The mean error and, of several seeds, the lowest and the highest: "9.1% (8.2 to 10.7)".

        Args:
            texts: of the language; None for the user's.
        """
        mean, low, high = (f"{number:.1f}" for number in (self.error, min(self.errors), max(self.errors)))
        if len(self.errors) == 1:
            return f"{mean}%"
        found = load_texts(get_language()) if texts is None else texts
        return found["rates.range"].format(mean=mean, low=low, high=high)


def train(
    engine: Engine,
    start: Parameters,
    recipe: Recipe,
    examples: Examples,
    batches: np.ndarray,
    rates: np.ndarray,
    watch: Callable[[np.ndarray], None] = lambda _losses: None,
) -> tuple[np.ndarray, np.ndarray, Parameters]:
    """Train to the end, or to a loss that is not finite.

    Args:
        engine: the engine that runs the training.
        start: the initial parameters.
        recipe: the recipe.
        examples: the training examples.
        batches: (steps, batch) indices into the examples.
        rates: (steps,) the rate of each step.
        watch: is called after each step with the losses so far.
    Returns:
        `losses` and `frozen` as in `Training`, and the parameters in the end.
    """
    losses, frozen = np.full(len(batches), np.nan), np.full(len(batches) - 1, np.nan)
    steps = train_at(engine, start, recipe, examples, batches, rates)
    while True:
        try:
            step, loss, next_loss = next(steps)
        except StopIteration as end:
            return losses, frozen, end.value
        losses[step] = loss
        frozen[step : step + 1] = next_loss
        watch(losses[: step + 1])


def judge_training(
    engine: Engine,
    trained: tuple[np.ndarray, np.ndarray, Parameters],
    held: Examples,
    seed: int,
    every: int,
) -> Training:
    """Judge a training by its losses, and its network by new images.

    Args:
        engine: the engine that runs the network.
        trained: what `train` gives.
        held: new images with their labels.
        seed: of the training.
        every: every how many steps its loss is drawn.
    """
    losses, frozen, parameters = trained
    architecture = parameters.architecture
    guess = math.log(architecture.classes)
    with np.errstate(all="ignore"):  # a network that diverged has no numbers, and reads nothing
        model = engine.load(architecture, parameters)
        penalties = model.penalties(held.images)
        right = (penalties.argmin(axis=1) == held.labels) & np.isfinite(penalties).all(axis=1)
        states = model.trace(held.images[:TRACED])["f6"]
        alive = np.isfinite(states).all()
        stuck = int(find_stuck(states, architecture).sum()) if alive else states.shape[1]
    judgement, shares = judge_losses(losses, guess, frozen), decompose_jumps(losses, frozen, every)
    return Training(seed, losses, frozen, judgement, shares, 100 * float(np.mean(~right)), stuck)


def train_at(
    engine: Engine,
    start: Parameters,
    recipe: Recipe,
    examples: Examples,
    batches: np.ndarray,
    rates: np.ndarray | None = None,
) -> Generator[tuple[int, float, float], None, Parameters]:
    """Train step by step, and measure the batch that comes next before each update.

    Args:
        engine: the engine that runs the training.
        start: the initial parameters.
        recipe: the recipe.
        examples: the training examples.
        batches: (steps, batch) indices into the examples.
        rates: (steps,) the rate of each step; None for the recipe's in all.
    Yields:
        The step, from 0; the loss of its batch and that of the next batch, both before the update (NaN after
        the last). Ends early at a loss that is not finite.
    Returns:
        The parameters in the end.
    """
    run = engine.start(start.architecture, start, recipe.update)
    planned = np.full(len(batches), recipe.rate) if rates is None else rates
    for step, batch in enumerate(batches):
        next_loss = math.nan
        with np.errstate(all="ignore"):  # a training that diverges is part of the lesson
            if step + 1 < len(batches):
                next_loss = _measure(
                    engine, run.parameters(), recipe.update.loss, examples, batches[step + 1]
                )
            images, labels = examples.images, examples.labels
            loss = float(run.advance(images, labels, batch[None], planned[step : step + 1])[0])
        yield step, loss, next_loss
        if not math.isfinite(loss):
            break
    return run.parameters()


def _measure(
    engine: Engine, parameters: Parameters, loss: Loss, examples: Examples, batch: np.ndarray
) -> float:
    penalties = engine.load(parameters.architecture, parameters).penalties(examples.images[batch])
    targets = one_hot(examples.labels[batch], parameters.architecture.classes, np.float64)
    return float(measure_loss(penalties.astype(np.float64), targets, loss).mean())
