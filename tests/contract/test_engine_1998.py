"""The method of 1998 in every engine that has it: its curvature, and its first hundred updates."""

import numpy as np
import pytest

from lenet.architecture import ORIGINAL
from lenet.data.examples import Examples
from lenet.engines import Engine
from lenet.images.normalize import normalize_digit
from lenet.parameters import initialize_parameters
from lenet.samples import read_sample
from lenet.training.events import EpochEnded
from lenet.training.recipe import load_recipe
from lenet.training.trainer import SCALE, Trainer

from .conftest import REFERENCE

UPDATES = 100


def make_digits() -> Examples:
    """The ten samples, each in ten places."""
    digits = [normalize_digit(read_sample(digit)) for digit in range(10)]
    moved = [np.roll(digit, (copy % 3 - 1, copy // 3 - 1), (0, 1)) for copy in range(10) for digit in digits]
    return Examples(np.stack(moved), np.arange(UPDATES) % 10)


def test_curvature_and_a_hundred_updates_are_those_of_the_reference(engine: Engine) -> None:
    recipe = load_recipe("1998", ORIGINAL).changed(epochs=1)
    if engine.refuses(ORIGINAL, recipe.update):
        pytest.skip("it refuses rates of the parameters' own, as another test shows")
    start = initialize_parameters(ORIGINAL, 0, scheme=recipe.initialization)
    digits, found = make_digits(), {}
    for name, each, first in (("exact", REFERENCE, start.astype(np.float64)), ("found", engine, start)):
        trainer = Trainer(each, first, recipe, digits, digits.first(0), 0)
        losses = [event.losses for event in trainer.events() if not isinstance(event, EpochEnded)]
        assert trainer.steps == UPDATES
        found[name] = np.concatenate(losses), trainer.state(), trainer.parameters()
    losses, state, parameters = found["exact"]
    np.testing.assert_allclose(found["found"][0], losses, rtol=1e-4)
    for name in start:
        # a parameter's own rate, 1 / (mu + h): what the curvature is there for
        np.testing.assert_allclose(found["found"][1][SCALE + name], state[SCALE + name], rtol=1e-4)
        gap = np.abs(found["found"][2][name] - parameters[name]).max()
        assert gap <= 1e-4 * np.abs(parameters[name]).max(), name
        assert np.abs(parameters[name] - start[name]).max() > 0, name
