"""The forecast of `lenet reproduce`: it counts what is done, and measures what that takes."""

import time
from pathlib import Path

import numpy as np
import pytest

from lenet.data.examples import Dataset, Examples
from lenet.engines.reference.engine import ReferenceModel
from lenet.reproduction.results import collect_results
from lenet.reproduction.time import Pace, measure_pace
from lenet.reproduction.trainings import NOISE, Shelf, Training

RECIPES = ("1998", "1998-distorted")
NOTHING = dict.fromkeys(RECIPES, 0.0)
PLAN = (
    Training("1998", 0, epochs=2),
    Training("1998-distorted", 0, epochs=1),
    Training("1998", 0, part=4, epochs=3),
    Training("1998", 0, noise=NOISE, epochs=1),
    Training("1998", 1, epochs=1),
)


def draw_examples(count: int) -> Examples:
    rng = np.random.default_rng(count)
    return Examples(rng.integers(0, 256, (count, 28, 28), dtype=np.uint8), np.arange(count) % 10)


# 23 test digits: a fifth of them, that are changed, is no whole number
DATA = Dataset("by hand", "made by hand", tuple("0123456789"), draw_examples(40), draw_examples(23))


def test_a_training_takes_its_epochs_its_updates_and_its_errors() -> None:
    pace = Pace(beginning={"1998": 1000.0}, update={"1998": 10.0}, reading=0.1)
    # 3 epochs over 10 of 40 images; 10 + 23 images read after each, and the 23 test digits at the end
    seconds = 3 * 1000 + 30 * 10 + (3 * 33 + 23) * 0.1
    assert pace.forecast_training(PLAN[2], DATA) == pytest.approx(seconds)


def test_every_image_that_is_read_is_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read = 0
    penalties = ReferenceModel.penalties

    def count(model: ReferenceModel, images: np.ndarray) -> np.ndarray:
        nonlocal read
        read += len(images)
        return penalties(model, images)

    monkeypatch.setattr(ReferenceModel, "penalties", count)
    pace = Pace(NOTHING, NOTHING, reading=1)
    shelf = Shelf(tmp_path, DATA, "reference")
    trained = [shelf.make(training, lambda *_: None, lambda: False) for training in PLAN]
    assert read == sum(pace.forecast_training(training, DATA) for training in PLAN)
    read = 0
    collect_results(trained, DATA, "reference", False)
    assert read == pace.forecast_results(PLAN, DATA)


def test_a_slow_curvature_and_a_slow_reading_are_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    curvature, penalties = ReferenceModel.curvature, ReferenceModel.penalties
    now = 0.0

    def read_clock() -> float:
        nonlocal now
        now += 1e-5  # all that is not slowed down; a busy machine changes nothing
        return now

    def differentiate_slowly(*words: object) -> object:
        nonlocal now
        now += 0.2
        return curvature(*words)

    def read_slowly(*words: object) -> object:
        nonlocal now
        now += 0.4
        return penalties(*words)

    monkeypatch.setattr(time, "perf_counter", read_clock)

    before = measure_pace(DATA, "reference", PLAN)
    monkeypatch.setattr(ReferenceModel, "curvature", differentiate_slowly)
    monkeypatch.setattr(ReferenceModel, "penalties", read_slowly)
    pace = measure_pace(DATA, "reference", PLAN)
    for recipe in RECIPES:
        assert pace.beginning[recipe] > max(0.2, before.beginning[recipe])
        assert 0 < pace.update[recipe] < 0.2
    assert pace.reading > 0.4 / 40 > before.reading
