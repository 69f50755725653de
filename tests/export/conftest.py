"""What exports are tried on: every named value of every field, and digits that are not special."""

import os
from functools import cache
from importlib.util import find_spec

import numpy as np
import pytest

from lenet.architecture import MODERN, ORIGINAL, Architecture
from lenet.codes import CLASS_CHARACTERS
from lenet.network import Network
from lenet.parameters import initialize_parameters
from lenet.samples import sample_path

# Together they have every named value of every field; the first two are the presets.
ARCHITECTURES = {
    "original": ORIGINAL,
    "modern": MODERN,
    "logistic-average-full-rbf": Architecture("logistic", "average", "full", "rbf"),
    "logistic-trainable-table-linear": Architecture("logistic", "trainable", "table", "linear", 26),
    "relu-trainable-full-rbf": Architecture("relu", "trainable", "full", "rbf"),
    "tanh-max-table-linear": Architecture("tanh", "max", "table", "linear", 2),
    "tanh-average-table-rbf": Architecture("tanh", "average", "table", "rbf", 95),
}


def need(package: str) -> None:
    """Skip without this package, except under `make test-all`, which installs every one."""
    if not find_spec(package):
        if "LENET_REQUIRE_ENGINES" in os.environ:
            pytest.fail(f"{package} is not installed")
        pytest.skip(f"{package} is not installed")


@cache
def make_network(architecture: Architecture, labels: tuple[str, ...] | None = None) -> Network:
    """A network as after some training: no bias is 0, no layer is asleep."""
    chance = np.random.default_rng(5)
    start = initialize_parameters(architecture, 1, scheme="variance")
    parameters = start.map(lambda a: (a + chance.uniform(-0.1, 0.1, a.shape)).astype(np.float32))
    labels = labels or tuple(CLASS_CHARACTERS[: architecture.classes])
    return Network(architecture, parameters, labels, {}, "reference")


@cache
def draw_images(count: int = 12) -> np.ndarray:
    """(count, 28, 28) uint8: the sample digits, then noise, black and white."""
    from lenet.images.normalize import normalize_digit
    from lenet.images.read import read_picture

    digits = [normalize_digit(read_picture(sample_path(digit))) for digit in range(10)]
    noise = list(np.random.default_rng(0).integers(0, 256, (max(count - 12, 1), 28, 28), np.uint8))
    plain = [np.zeros((28, 28), np.uint8), np.full((28, 28), 255, np.uint8)]
    return np.stack([*digits, *plain, *noise])[:count]


@pytest.fixture(
    params=[
        name if number < 2 else pytest.param(name, marks=pytest.mark.slow)
        for number, name in enumerate(ARCHITECTURES)
    ]
)
def network(request: pytest.FixtureRequest) -> Network:
    return make_network(ARCHITECTURES[request.param])
