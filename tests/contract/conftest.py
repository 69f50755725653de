"""What the contract is tried on: every engine at hand, and networks and images that are not special."""

import os
from functools import cache
from typing import Any

import numpy as np
import pytest

from lenet.architecture import MODERN, ORIGINAL, Architecture
from lenet.engines import ENGINES, Engine, get_engine
from lenet.engines.loss import LOSSES, Loss
from lenet.errors import MissingExtra
from lenet.parameters import Parameters, initialize_parameters

from .wasm_engine import WasmEngine

REFERENCE = get_engine("reference")
Task = tuple[Architecture, Loss]

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

# What can be trained: MSE over logits has no smallest value, and every engine refuses it.
TASKS = {
    f"{name}-{kind}": (architecture, Loss(kind, scale=0.1 if architecture.output == "rbf" else 1.0, j=20.0))
    for name, architecture in ARCHITECTURES.items()
    for kind in LOSSES
    if kind != "mse" or architecture.output == "rbf"
}


def get_any_engine(name: str) -> Engine:
    """An engine that users can ask for, or the kernels as the page has them."""
    return WasmEngine() if name == "wasm" else get_engine(name)


@pytest.fixture(scope="session", params=(*ENGINES, "wasm"))
def engine(request: pytest.FixtureRequest) -> Engine:
    """Every engine; one that is not installed is skipped, unless LENET_REQUIRE_ENGINES names it."""
    try:
        return get_any_engine(request.param)
    except MissingExtra as missing:
        if request.param in os.environ.get("LENET_REQUIRE_ENGINES", "").split(","):
            pytest.fail(f"LENET_REQUIRE_ENGINES asks for {request.param}: {missing}")
        pytest.skip(str(missing))


@pytest.fixture(params=ARCHITECTURES)
def architecture(request: pytest.FixtureRequest) -> Architecture:
    return ARCHITECTURES[request.param]


@cache
def lively_parameters(architecture: Architecture) -> Parameters:
    """Parameters as after some training: no bias is 0, no layer is asleep; float32."""
    chance = np.random.default_rng(5)
    start = initialize_parameters(architecture, 1, scheme="variance")
    return start.map(lambda a: (a + chance.uniform(-0.1, 0.1, a.shape)).astype(np.float32))


def load(engine: Engine, architecture: Architecture, dtype: str = "float32") -> Any:
    return engine.load(architecture, lively_parameters(architecture), dtype)


def draw_digits(count: int, side: int = 28) -> np.ndarray:
    """(count, side, side) uint8: smooth strokes on paper, all different."""
    chance = np.random.default_rng(count + side)
    y, x = np.mgrid[:side, :side]
    pictures = np.zeros((count, side, side))
    for _ in range(3):
        a, b, c, width = chance.uniform([-1, -1, -6, 2], [1, 1, 6, 4], (count, 4)).T[..., None, None]
        distance = np.abs(a * (x - side / 2) + b * (y - side / 2) + c) / np.hypot(a, b)
        pictures = np.maximum(pictures, 255 * np.clip(width - distance, 0, 1))
    return pictures.astype(np.uint8)


def draw_labels(count: int, classes: int) -> np.ndarray:
    return np.random.default_rng(count).integers(0, classes, count)


def draw_shares(count: int, classes: int) -> np.ndarray:
    return np.random.default_rng(count).dirichlet(np.full(classes, 0.3), count)


def assert_close(found: np.ndarray, expected: np.ndarray, tolerance: float, name: str = "") -> None:
    """The largest difference is at most `tolerance` times the largest expected value."""
    assert found.shape == expected.shape, name
    gap, size = np.abs(found - expected).max(), np.abs(expected).max()
    assert size > 0, f"{name}: nothing to compare"
    assert gap <= tolerance * size, f"{name}: off by {gap:.3g}, {gap / size:.3g} of the largest value"
