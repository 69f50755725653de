"""A training of seconds: noise to learn, the recipes for it, and a record of what the engine was asked."""

import itertools
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from lenet.architecture import ORIGINAL, Architecture
from lenet.data.examples import Examples
from lenet.engines.reference.engine import ReferenceEngine, ReferenceRun
from lenet.parameters import Parameters, initialize_parameters
from lenet.training import trainer as module
from lenet.training.events import Advanced, EpochEnded
from lenet.training.recipe import Recipe
from lenet.training.trainer import Trainer

SEED = 7
COUNT, BATCH = 22, 4
STEPS = 6  # an epoch: five batches of 4 and one of 2
RECIPE = Recipe("tiny", 2, BATCH, 0.05, "one-cycle", momentum=0.9, initialization="variance")

LM = RECIPE.changed(rate=0.0005, schedule="1998", momentum=0.0, method="diagonal-lm", curvature_samples=5)

Call = SimpleNamespace

LOSSES = 200  # of a history that falls


def make_examples(count: int, seed: int = 0) -> Examples:
    """Noise, with a bright row for each class."""
    random = np.random.default_rng(seed)
    labels = np.arange(count) % 10
    images = random.integers(0, 80, (count, 28, 28), np.uint8)
    images[np.arange(count), 4 + 2 * labels] = 255
    return Examples(images, labels)


TRAIN, VALIDATION = make_examples(COUNT), make_examples(5, seed=1)


def make_trainer(
    recipe: Recipe = RECIPE,
    architecture: Architecture = ORIGINAL,
    train: Examples = TRAIN,
    validation: Examples = VALIDATION,
) -> Trainer:
    start = initialize_parameters(architecture, SEED, scheme=recipe.initialization)
    return Trainer(ReferenceEngine(), start, recipe, train, validation, SEED)


def set_stretches(monkeypatch: pytest.MonkeyPatch, seconds: Sequence[float]) -> None:
    """Let the stretches seem to take so long, in turn, whatever they take."""
    moments = itertools.accumulate(
        duration for taken in itertools.cycle(seconds) for duration in (0.0, taken)
    )
    monkeypatch.setattr(module, "time", SimpleNamespace(perf_counter=lambda: next(moments)))


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[Call]:
    """Every call of the engine's `advance`, in order."""
    found: list[Call] = []
    advance = ReferenceRun.advance

    def note(
        run: ReferenceRun,
        images: Any,
        targets: Any,
        order: Any,
        rates: Any,
        scales: Any = None,
        distortion: Any = None,
    ) -> np.ndarray:
        before = run.parameters()
        found.append(
            Call(
                images=images,
                targets=targets,
                order=order,
                rates=rates,
                scales=scales,
                distortion=distortion,
                before=before,
            )
        )
        return advance(run, images, targets, order, rates, scales, distortion)

    monkeypatch.setattr(ReferenceRun, "advance", note)
    return found


def finish(trainer: Trainer) -> list[Advanced | EpochEnded]:
    return list(trainer.events())


def assert_same_bits(a: Parameters, b: Parameters) -> None:
    assert {name: array.tobytes() for name, array in a.items()} == {n: x.tobytes() for n, x in b.items()}


@pytest.fixture
def make_noise():
    """Noise of a loss: make_noise(spread, seed)."""
    return lambda spread=0.1, seed=0: np.random.default_rng(seed).normal(0, spread, LOSSES)


@pytest.fixture
def falling():
    """A loss that falls without noise."""
    return 2.5 * np.exp(-np.arange(LOSSES) / 40) + 0.3
