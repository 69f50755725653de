"""random.mjs: initial weights and orders, bit for bit as in Python."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from lenet.architecture import CHOICES, MODERN, ORIGINAL, PARAMETER_NAMES, Architecture
from lenet.parameters import initialize_parameters
from lenet.randomness import Purpose, draw_order

from .conftest import Script

INITIALIZE = """
const { initializeParameters } = await import("/page/static/random.mjs");
return list(initializeParameters(kernels, architecture, BigInt(seed), scheme));"""


def compare(script: Script, architecture: Architecture, seed: int, scheme: str = "variance") -> None:
    found = script(INITIALIZE, architecture=architecture.to_dict(), seed=str(seed), scheme=scheme)
    expected = initialize_parameters(architecture, seed, scheme=scheme)
    assert list(found) == list(expected)
    for name, array in expected.items():
        np.testing.assert_array_equal(np.array(found[name], np.float32), array.ravel(), err_msg=name)


@pytest.mark.parametrize("seed", [0, 1, 2, 3, 4, 2**64 - 1])
def test_initial_weights_are_bit_equal(script: Script, seed: int) -> None:
    compare(script, ORIGINAL, seed)


@pytest.mark.parametrize("choice", list(product(*CHOICES.values())), ids="-".join)
def test_every_architecture_starts_from_the_same_weights(script: Script, choice: tuple[str, ...]) -> None:
    compare(script, replace(ORIGINAL, **dict(zip(CHOICES, choice, strict=True))), 3)


@pytest.mark.parametrize("architecture", [ORIGINAL, MODERN], ids=["original", "modern"])
def test_the_method_of_1998_starts_from_the_same_weights(script: Script, architecture: Architecture) -> None:
    compare(script, architecture, 1, "eblearn")


def test_a_subset_is_the_same(script: Script) -> None:
    body = """const { drawOrder } = await import("/page/static/random.mjs");
        return Array.from(drawOrder(kernels, 3n, 1, 100, "subset"));"""
    assert script(body) == draw_order(3, 1, 100, Purpose.SUBSET).tolist()


@pytest.mark.parametrize("choice", list(product(*CHOICES.values())), ids="-".join)
def test_every_architecture_has_the_same_shapes(script: Script, choice: tuple[str, ...]) -> None:
    architecture = replace(ORIGINAL, **dict(zip(CHOICES, choice, strict=True)))
    body = """const { PARAMETERS, CHOICES, listShapes } = await import("/page/static/network_file.mjs");
        return { shapes: listShapes(architecture), PARAMETERS, CHOICES };"""
    found = script(body, architecture=architecture.to_dict())
    assert found["shapes"] == {name: list(shape) for name, shape in architecture.parameter_shapes.items()}
    assert found["PARAMETERS"] == list(PARAMETER_NAMES)
    assert found["CHOICES"] == {name: list(values) for name, values in CHOICES.items()}


@pytest.mark.parametrize(
    ("seed", "epoch", "count"), [(0, 0, 10_000), (1, 2, 10_000), (2**63, 9, 7), (4, 0, 1)]
)
def test_orders_are_equal(script: Script, seed: int, epoch: int, count: int) -> None:
    body = """const { drawOrder } = await import("/page/static/random.mjs");
        return Array.from(drawOrder(kernels, BigInt(seed), epoch, count));"""
    found = script(body, seed=str(seed), epoch=epoch, count=count)
    assert found == draw_order(seed, epoch, count).tolist()


def test_digits_with_the_same_key_stay_in_order(script: Script) -> None:
    """Of 20,000 keys of 23 bits some are equal: about 20 pairs."""
    body = """const { drawOrder } = await import("/page/static/random.mjs");
        return Array.from(drawOrder(kernels, 5n, 0, 20000));"""
    assert script(body) == draw_order(5, 0, 20_000).tolist()
