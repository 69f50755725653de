"""The lesson of the learning rate: the same training from the same start, at several rates."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from lenet.architecture import ORIGINAL, Architecture
from lenet.data.dataset import load_dataset
from lenet.data.examples import Dataset, Examples
from lenet.engines import Engine, get_engine
from lenet.engines.inputs import one_hot
from lenet.engines.loss import Loss
from lenet.engines.reference.backward import measure_loss
from lenet.errors import UsageError
from lenet.parameters import Parameters, initialize_parameters
from lenet.randomness import draw_order
from lenet.training.recipe import Recipe
from lenet.training.settings import check_seed
from lenet.training.verdicts import Judgement, Shares, decompose_jumps, judge_losses

RATES = (0.5, 0.1, 0.02)
LIMIT = 1_500  # training images, of larger sets: a lesson takes seconds
EPOCHS = 4
BATCH = 32
MOST_RATES = 8

Watch = Callable[[int, np.ndarray, int], None]


@dataclass(frozen=True, eq=False)
class Trial:
    """One training at one rate.

    Args:
        rate: the learning rate, constant over the training.
        losses: (steps,) loss of each step's batch, before its update; NaN after one that is not finite.
        frozen: (steps - 1,) loss of the next step's batch, before this step's update.
        judgement: the verdict on the loss, with its reason.
        shares: the causes of its jumps.
    """

    rate: float
    losses: np.ndarray
    frozen: np.ndarray
    judgement: Judgement
    shares: Shares


@dataclass(frozen=True, eq=False)
class Comparison:
    """The same training at several rates.

    Args:
        trials: one per rate, in the order of the rates.
        recipe: the common recipe; its rate is that of the first trial.
        architecture: the network.
        engine: name of the engine that ran the trials.
        seed: of the initial weights and the order of the images.
        images: number of training images.
        every: every how many steps the loss is drawn.
    """

    trials: tuple[Trial, ...]
    recipe: Recipe
    architecture: Architecture
    engine: str
    seed: int
    images: int
    every: int

    @property
    def recommended(self) -> tuple[float, float] | None:
        """The recommended range of rates; None if no rate below those that are too high was smooth.

        From the lowest smooth rate to the geometric mean of the highest smooth one and the lowest too high.
        """
        ranked = sorted(self.trials, key=lambda trial: trial.rate)
        too_high = [trial.rate for trial in ranked if trial.judgement.verdict in ("diverges", "oscillates")]
        ceiling = min(too_high, default=math.inf)
        smooth = [
            trial.rate for trial in ranked if trial.judgement.verdict == "smooth" and trial.rate < ceiling
        ]
        if not smooth:
            return None
        return smooth[0], smooth[-1] if math.isinf(ceiling) else math.sqrt(smooth[-1] * ceiling)

    @property
    def next_rate(self) -> float:
        """The rate to try next if none was smooth: between too low and too high, or beyond those tried."""
        verdicts = {trial.rate: trial.judgement.verdict for trial in self.trials}
        low = max((rate for rate, verdict in verdicts.items() if verdict == "crawls"), default=None)
        high = min((rate for rate, verdict in verdicts.items() if verdict != "crawls"), default=None)
        if low is not None and high is not None:
            return math.sqrt(low * high)
        return high / 10 if high is not None else 10 * (low or 0.0)


def compare_rates(
    data: str | Dataset = "digits",
    rates: Sequence[float] = RATES,
    *,
    epochs: int = EPOCHS,
    batch: int = BATCH,
    limit: int = LIMIT,
    architecture: Architecture = ORIGINAL,
    engine: str = "auto",
    seed: int = 0,
    every: int = 1,
    watch: Watch = lambda _number, _losses, _steps: None,
) -> Comparison:
    """Train from the same start, on the same batches, at several constant rates, by plain gradient descent.

    Args:
        data: what `load_dataset` takes, or a data set; its test part is not touched.
        rates: 1 to 8 learning rates, above 0.
        epochs: number of epochs.
        batch: images per step; an incomplete last batch is left out of its epoch.
        limit: use only the first so many training images.
        architecture: the network.
        engine: "auto" for the fastest one available, or an engine's name.
        seed: of the initial weights and the order of the images.
        every: draw the loss only every so many steps, as many programs print it.
        watch: is called after each step with the number of the rate, its losses so far, and the number of
            steps.
    Raises:
        LenetError: an invalid setting, or data that cannot be loaded.
    """
    check_seed(seed)
    if not 1 <= len(rates) <= MOST_RATES:
        raise UsageError("rates.count", count=len(rates), most=MOST_RATES)
    dataset = data.limit_training(limit) if isinstance(data, Dataset) else load_dataset(data, limit=limit)
    fitted = replace(architecture, classes=len(dataset.labels))
    recipe = make_recipe(fitted, epochs, batch, rates[0])
    runner = get_engine(engine, training=True)
    runner.check(fitted, recipe.update)
    if len(dataset.train) < batch:
        raise UsageError("rates.batch", batch=batch, count=len(dataset.train))
    batches = cut_batches(len(dataset.train), batch, epochs, seed)
    if not 1 <= every <= len(batches) // 4:
        raise UsageError("rates.every_range", every=every, most=len(batches) // 4)
    start = initialize_parameters(fitted, seed, scheme=recipe.initialization)
    guess = math.log(fitted.classes)
    trials = []
    for number, rate in enumerate(rates):
        losses, frozen = np.full(len(batches), np.nan), np.full(len(batches) - 1, np.nan)
        chosen = recipe.changed(rate=rate)
        for step, loss, next_loss in train_at(runner, start, chosen, dataset.train, batches):
            losses[step] = loss
            frozen[step : step + 1] = next_loss
            watch(number, losses[: step + 1], len(losses))
        judgement = judge_losses(losses, guess, frozen)
        trials.append(Trial(rate, losses, frozen, judgement, decompose_jumps(losses, frozen, every)))
    return Comparison(
        tuple(trials), recipe, fitted, runner.name, seed, batches.shape[1] * (len(batches) // epochs), every
    )


def make_recipe(architecture: Architecture, epochs: int, batch: int, rate: float) -> Recipe:
    """Plain gradient descent at a constant rate: no momentum, no weight decay, no distortion."""
    scale = 0.1 if architecture.output == "rbf" else 1.0
    return Recipe("rates", epochs, batch, rate, scale=scale, initialization="variance", validation=False)


def cut_batches(count: int, batch: int, epochs: int, seed: int) -> np.ndarray:
    """(steps, batch) indices of training images, whole batches only, in a new order every epoch."""
    whole = count // batch
    orders = [draw_order(seed, number, count)[: whole * batch] for number in range(epochs)]
    return np.concatenate(orders).reshape(-1, batch)


def train_at(
    engine: Engine, start: Parameters, recipe: Recipe, examples: Examples, batches: np.ndarray
) -> Iterator[tuple[int, float, float]]:
    """Train step by step, and measure the batch that comes next before each update.

    Args:
        engine: the engine that runs the training.
        start: the initial parameters.
        recipe: the recipe; its rate is kept constant.
        examples: the training examples.
        batches: (steps, batch) indices into the examples.
    Yields:
        The step, from 0; the loss of its batch and that of the next batch, both before the update (NaN after
        the last). Ends early at a loss that is not finite.
    """
    run = engine.start(start.architecture, start, recipe.update)
    rate = np.array([recipe.rate])
    for step, batch in enumerate(batches):
        next_loss = math.nan
        with np.errstate(all="ignore"):  # a training that diverges is part of the lesson
            if step + 1 < len(batches):
                next_loss = _measure(
                    engine, run.parameters(), recipe.update.loss, examples, batches[step + 1]
                )
            loss = float(run.advance(examples.images, examples.labels, batch[None], rate)[0])
        yield step, loss, next_loss
        if not math.isfinite(loss):
            return


def _measure(
    engine: Engine, parameters: Parameters, loss: Loss, examples: Examples, batch: np.ndarray
) -> float:
    penalties = engine.load(parameters.architecture, parameters).penalties(examples.images[batch])
    targets = one_hot(examples.labels[batch], parameters.architecture.classes, np.float64)
    return float(measure_loss(penalties.astype(np.float64), targets, loss).mean())
