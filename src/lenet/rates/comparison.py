"""The lesson of the learning rate: the same trainings from the same starts, at several rates."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import count

import numpy as np

from lenet.architecture import ORIGINAL, Architecture
from lenet.data.dataset import load_dataset
from lenet.data.examples import Dataset, Examples, check_limit
from lenet.data.split import split_dataset
from lenet.engines import Engine, get_engine
from lenet.engines.threads import count_threads
from lenet.errors import UsageError
from lenet.parameters import initialize_parameters
from lenet.randomness import draw_order
from lenet.rates.choice import choose_rates
from lenet.rates.trial import Training, Trial, judge_training, train
from lenet.training.recipe import Recipe
from lenet.training.settings import check_seed

RATES = (0.5, 0.1, 0.02)
LIMIT = 1_500  # training images, of larger sets: a lesson takes seconds
EPOCHS = 4
BATCH = 32
SEEDS = 5
MOST_RATES, MOST_SEEDS = 8, 20
HELD, HELD_SHARE = 5_000, 5  # new images at most; at most one in so many
FARTHER = math.sqrt(10)  # how far beyond the rates tried the next one is, if the last of them was the best

Watch = Callable[[int, np.ndarray, int], None]
Finished = Callable[[int, int], None]


@dataclass(frozen=True, eq=False)
class Comparison:
    """The same trainings at several rates.

    Args:
        trials: one per rate, in the order of the rates.
        recipe: the common recipe; its rate is that of the first trial.
        architecture: the network.
        engine: name of the engine that ran the trials.
        images: number of training images.
        held: number of new images: of the training set, but in no training.
        every: every how many steps the loss is drawn.
        then: the rate of the second half of every training; None if the rate is constant.
    """

    trials: tuple[Trial, ...]
    recipe: Recipe
    architecture: Architecture
    engine: str
    images: int
    held: int
    every: int
    then: float | None = None

    @property
    def seeds(self) -> list[int]:
        """The seeds that every rate was trained from; the first one is drawn."""
        return [training.seed for training in self.trials[0].trainings]

    @property
    def good(self) -> list[Trial]:
        """The trials whose error on new images the seeds do not show to be worse than the smallest.

        First the one to take: that whose loss falls smoothly from the most seeds and, of equals, that with
        the smallest error. Empty if none learned anything.
        """
        chance = 100 * (1 - 1 / self.architecture.classes)
        good = [self.trials[at] for at in choose_rates([trial.errors for trial in self.trials], chance)]
        return sorted(good, key=lambda trial: (-trial.verdicts.get("smooth", 0), trial.error))

    @property
    def recommended(self) -> tuple[float, float] | None:
        """The recommended range of rates; None if none learned anything.

        From the lowest to the highest good rate, with no worse one between them and the best.
        """
        good = self.good
        if not good:
            return None
        ranked = sorted({trial.rate for trial in self.trials})
        low = high = ranked.index(good[0].rate)
        rates = {trial.rate for trial in good}
        while low and ranked[low - 1] in rates:
            low -= 1
        while high + 1 < len(ranked) and ranked[high + 1] in rates:
            high += 1
        return ranked[low], ranked[high]

    @property
    def next_rate(self) -> float | None:
        """The rate to try next; None if the best one lies between others, or is the only one.

        If none learned anything: between too low and too high, or beyond those tried.
        """
        if self.good:
            ranked = sorted({trial.rate for trial in self.trials})
            best = self.good[0].rate
            if len(ranked) == 1 or ranked[0] < best < ranked[-1]:
                return None
            return best / FARTHER if best == ranked[0] else best * FARTHER
        verdicts = {trial.rate: trial.first.judgement.verdict for trial in self.trials}
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
    seeds: int = SEEDS,
    every: int = 1,
    then: float | None = None,
    watch: Watch = lambda _number, _losses, _steps: None,
    finished: Finished = lambda _done, _total: None,
) -> Comparison:
    """Train from the same starts, on the same batches, at several rates, by plain gradient descent.

    The errors are those on new images: the last of the training part, which no training sees.

    Args:
        data: what `load_dataset` takes, or a data set; its test part is not touched.
        rates: 1 to 8 learning rates, above 0.
        epochs: number of epochs.
        batch: images per step; an incomplete last batch is left out of its epoch.
        limit: train on only the first so many images.
        architecture: the network.
        engine: "auto" for the fastest one available, or an engine's name.
        seed: the first of the seeds of the initial weights and the order of the images.
        seeds: 1 to 20, how many: this one and those that follow.
        every: draw the loss only every so many steps, as many programs print it.
        then: the rate of all trainings from half of their steps on; None to keep their own.
        watch: is called after each step of the first seed with the number of the rate, its losses so far, and
            the number of steps; from several threads.
        finished: is called after each training with the numbers of those done and of all.
    Raises:
        LenetError: an invalid setting, or data that cannot be loaded.
    """
    check_seed(seed)
    check_limit(limit)
    if not 1 <= len(rates) <= MOST_RATES:
        raise UsageError("rates.count", count=len(rates), most=MOST_RATES)
    if not 1 <= seeds <= MOST_SEEDS:
        raise UsageError("rates.seeds_range", seeds=seeds, most=MOST_SEEDS)
    dataset = data if isinstance(data, Dataset) else load_dataset(data)
    examples, held = hold_out(dataset, limit)
    fitted = replace(architecture, classes=len(dataset.labels))
    recipe = make_recipe(fitted, epochs, batch, rates[0])
    runner, threads = _choose_engine(engine, len(rates) * seeds)
    runner.check(fitted, recipe.update)
    if len(examples) < batch:
        raise UsageError("rates.batch", batch=batch, count=len(examples))
    steps = len(examples) // batch * epochs
    if not 1 <= every <= steps // 4:
        raise UsageError("rates.every_range", every=every, most=steps // 4)
    done = count(1)

    def run(job: tuple[int, int]) -> Training:
        chosen, number = job
        plan = np.full(steps, rates[number])
        if then is not None:
            plan[steps // 2 :] = then
        start = initialize_parameters(fitted, chosen, scheme=recipe.initialization)
        batches = cut_batches(len(examples), batch, epochs, chosen)

        def show(losses: np.ndarray) -> None:
            if chosen == seed:
                watch(number, losses, steps)

        trained = train(runner, start, recipe, examples, batches, plan, show)
        judged = judge_training(runner, trained, held, chosen, every)
        finished(next(done), len(jobs))
        return judged

    # the first seed at every rate, then the next: what is shown comes first
    jobs = [(chosen, number) for chosen in range(seed, seed + seeds) for number in range(len(rates))]
    trainings = _run_all(run, jobs, threads)
    trials = (Trial(rate, tuple(trainings[number :: len(rates)])) for number, rate in enumerate(rates))
    images = len(examples) // batch * batch
    return Comparison(tuple(trials), recipe, fitted, runner.name, images, len(held), every, then)


def hold_out(dataset: Dataset, limit: int) -> tuple[Examples, Examples]:
    """The images to train on, and new ones: the last of the training part, of MNIST the usual 5,000.

    Args:
        dataset: the data set; its test part is not touched.
        limit: train on only the first so many.
    """
    parts = split_dataset(dataset, max(1, min(HELD, len(dataset.train) // HELD_SHARE)))
    return parts.train.first(limit), parts.validation


def make_recipe(architecture: Architecture, epochs: int, batch: int, rate: float) -> Recipe:
    """Plain gradient descent at a constant rate: no momentum, no weight decay, no distortion."""
    scale = 0.1 if architecture.output == "rbf" else 1.0
    return Recipe("rates", epochs, batch, rate, scale=scale, initialization="variance", validation=False)


def cut_batches(images: int, batch: int, epochs: int, seed: int) -> np.ndarray:
    """(steps, batch) indices of training images, whole batches only, in a new order every epoch."""
    whole = images // batch
    orders = [draw_order(seed, number, images)[: whole * batch] for number in range(epochs)]
    return np.concatenate(orders).reshape(-1, batch)


def _choose_engine(name: str, jobs: int) -> tuple[Engine, int]:
    """The engine, and how many trainings run beside each other, in one thread each."""
    engine = get_engine(name, training=True)
    if engine.name != "native":
        return engine, 1
    from lenet.engines.native.engine import NativeEngine

    return NativeEngine(threads=1), min(count_threads(), jobs)


def _run_all(
    run: Callable[[tuple[int, int]], Training], jobs: list[tuple[int, int]], threads: int
) -> list[Training]:
    if threads == 1:
        return [run(job) for job in jobs]
    with ThreadPoolExecutor(threads) as pool:
        try:
            return list(pool.map(run, jobs))
        except BaseException:  # Ctrl-C, too: those that have not begun are not waited for
            pool.shutdown(wait=False, cancel_futures=True)
            raise
