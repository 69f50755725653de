"""Trainings whose verdict is known from how they were made, to judge those who give verdicts by.

A setting is a network, a batch size and a seed. Its divergence rate is measured by bisection: above it the
training ends knowing nothing. A run's truth is where its rate lies against that, never how its curve looks:

    diverges         at 2 to 6 times the divergence rate
    oscillates       at 0.5 to 0.8 of it: on a quadratic loss, a step overshoots the minimum above a half
    smooth           at 0.01 to 0.1 of it
    crawls           so low that all steps together, made at once, were 0.005 to 0.05 of it
    frozen           at rate 0: crawls, and all that jumps is sampling noise

This file was committed before the classifier (src/lenet/training/diagnosis.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np

from lenet.architecture import MODERN, ORIGINAL, Architecture
from lenet.data.dataset import load_dataset
from lenet.data.examples import Examples
from lenet.engines import get_engine
from lenet.engines.loss import Loss
from lenet.parameters import Parameters, initialize_parameters
from lenet.randomness import draw_order
from lenet.training.recipe import Recipe

STEPS = 200
BATCHES = (16, 32, 64)
BANDS = {"diverges": (2.0, 6.0), "oscillates": (0.5, 0.8), "smooth": (0.01, 0.1)}  # of the divergence rate
CRAWL = (0.005, 0.05)  # rate x steps, of the divergence rate
GROWTH = 1.3  # from rate to rate on the way up to the first one that diverges
PRECISION = 1.1  # the bisection stops when its two ends are this near, as a factor
RATES = (1e-3, 1e3)  # between which the divergence rate is looked for
MEASURED = 500  # training images on which a training is measured in the end


@dataclass(frozen=True)
class Setting:
    """What trainings at several rates have in common, drawn from its seed."""

    seed: int
    architecture: Architecture
    batch: int

    @classmethod
    def draw(cls, seed: int) -> Setting:
        random = np.random.default_rng(seed)
        architecture = (ORIGINAL, MODERN)[random.integers(2)]
        return cls(seed, architecture, int(random.choice(BATCHES)))

    @property
    def recipe(self) -> Recipe:
        """Plain gradient descent; the rate is replaced."""
        scale = 0.1 if self.architecture.output == "rbf" else 1.0
        return Recipe("rates", passes=1, batch=self.batch, rate=1.0, scale=scale, initialization="variance")

    def start(self) -> Parameters:
        return initialize_parameters(self.architecture, self.seed, scheme="variance")

    def batches(self) -> np.ndarray:
        """(STEPS, batch) indices of training images."""
        count = len(load_examples())
        whole = count // self.batch
        passes = [draw_order(self.seed, number, count) for number in range(-(-STEPS // whole))]
        return np.concatenate([order[: whole * self.batch].reshape(-1, self.batch) for order in passes])[:STEPS]


@dataclass(frozen=True)
class Case:
    """One run: a rate, and the verdict that is right for it."""

    setting: Setting
    rate: float
    ratio: float  # rate over the measured divergence rate
    truth: str


@cache
def load_examples() -> Examples:
    """scikit-learn's training digits."""
    return load_dataset("digits").train


def diverges(setting: Setting, rate: float) -> bool:
    """Whether a training ends knowing nothing: its loss no number, or no lower than that of a constant guess."""
    examples, engine = load_examples(), get_engine("auto", training=True)
    run = engine.start(setting.architecture, setting.start(), setting.recipe)
    with np.errstate(all="ignore"):
        losses = run.advance(examples.images, examples.labels, setting.batches(), np.full(STEPS, rate))
        trained = run.parameters()
        penalties = engine.load(setting.architecture, trained).penalties(examples.images[:MEASURED])
        loss = measure_mean_loss(penalties, examples.labels[:MEASURED], setting.recipe.loss)
    guessing = np.log(setting.architecture.classes)
    return not (np.isfinite(losses).all() and np.isfinite(loss) and loss < guessing)


def measure_mean_loss(penalties: np.ndarray, labels: np.ndarray, loss: Loss) -> float:
    """Mean cross-entropy, in float64."""
    logits = -loss.scale * penalties.astype(np.float64)
    logits -= logits.max(axis=1, keepdims=True)
    logs = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    return float(-logs[np.arange(len(labels)), labels].mean())


def measure_divergence_rate(setting: Setting) -> float:
    """The rate above which a training diverges: raised until it does, then bisected on a logarithmic scale.

    The lower end must learn, so it starts where one that learns is found: a rate can also be too low for
    `STEPS` steps to beat a constant guess.
    """
    low = next(rate for rate in np.geomspace(0.03, RATES[0], 6) if not diverges(setting, rate))
    high = GROWTH * low
    while not diverges(setting, high):
        low, high = high, GROWTH * high
        if high > RATES[1]:
            raise RuntimeError(f"{setting}: no rate up to {high:g} diverges")
    while high / low > PRECISION:
        middle = float(np.sqrt(low * high))
        low, high = (low, middle) if diverges(setting, middle) else (middle, high)
    return float(np.sqrt(low * high))


def make_cases(seed: int) -> Iterator[Case]:
    """Five runs of one setting, one of each kind; their rates are drawn from the seed, too."""
    setting = Setting.draw(seed)
    limit = measure_divergence_rate(setting)
    random = np.random.default_rng([seed, 1])
    for truth, ends in BANDS.items():
        ratio = float(np.exp(random.uniform(*np.log(ends))))
        yield Case(setting, ratio * limit, ratio, truth)
    ratio = float(np.exp(random.uniform(*np.log(CRAWL)))) / STEPS
    yield Case(setting, ratio * limit, ratio, "crawls")
    yield Case(setting, 0.0, 0.0, "frozen")
