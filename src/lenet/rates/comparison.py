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
from lenet.training.verdicts import Judgement, Shares, judge_losses, share_causes

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
        rate: constant over the training.
        losses: (steps,) of each step's batch, before its update; NaN from where it was no number.
        frozen: (steps - 1,) of the next step's batch, before this step's update.
        judgement: how the loss went, and why we say so.
        shares: of the causes of its jumps.
    """

    rate: float
    losses: np.ndarray
    frozen: np.ndarray
    judgement: Judgement
    shares: Shares

    @property
    def last_loss(self) -> float:
        """Median over the last eighth of the steps."""
        return float(np.median(self.losses[-max(1, len(self.losses) // 8) :]))


@dataclass(frozen=True, eq=False)
class Comparison:
    """The same training at several rates.

    Args:
        trials: in the order of the rates.
        recipe: what they had in common; its rate is the first one's.
        architecture: the network.
        engine: what ran it.
        seed: of the first weights and of the order of the images.
        images: how many were trained on.
        every: only every so many losses are drawn.
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
        """From the least rate that fell smoothly to half-way, as a factor, between the greatest and too high.

        None where no rate below those that are too high fell smoothly.
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
        """What to try where no rate fell smoothly: between too high and too low, or beyond what was tried."""
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
        epochs: over the training images.
        batch: images a step; images that do not fill a last batch are left out of that epoch.
        limit: use only the first so many training images.
        architecture: the network.
        engine: "auto" for the fastest at hand, or an engine's name.
        seed: of the first weights and of the order of the images.
        every: draw only every so many losses, as many programs print them.
        watch: is told after each step the number of the rate, its losses so far, and how many there will be.
    Raises:
        LenetError: a mistake in the settings, or data that cannot be had.
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
        trials.append(Trial(rate, losses, frozen, judgement, share_causes(losses, frozen, every)))
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
        engine: what runs it.
        start: where it starts.
        recipe: with the rate, which is constant.
        examples: what it learns from.
        batches: (steps, batch) indices into the examples.
    Yields:
        The step, from 0; its batch's loss before its update; and the next batch's loss before it, NaN
        after the last. Ends early at a loss that is no number.
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
