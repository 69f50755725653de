"""What every engine promises of states and derivatives; `reference` in float64 says what is right."""

from functools import cache

import numpy as np
import pytest

from lenet.architecture import CHOICES, ORIGINAL, PRESETS, Architecture
from lenet.engines import Engine
from lenet.engines.inputs import scale_images
from lenet.engines.loss import Loss
from lenet.parameters import Parameters, initialize_parameters

from .conftest import (
    ARCHITECTURES,
    REFERENCE,
    TASKS,
    Task,
    assert_close,
    draw_digits,
    draw_labels,
    draw_shares,
    lively_parameters,
    load,
)


@cache
def expected_trace(architecture: Architecture) -> dict[str, np.ndarray]:
    model = REFERENCE.load(architecture, lively_parameters(architecture), "float64")
    return model.trace(draw_digits(17), sums=True)


@cache
def expected_derivative(architecture: Architecture, loss: Loss, which: str, soft: bool) -> Parameters:
    model = REFERENCE.load(architecture, lively_parameters(architecture), "float64")
    return getattr(model, which)(draw_digits(17), draw_targets(17, architecture, soft), loss)


def draw_targets(count: int, architecture: Architecture, soft: bool) -> np.ndarray:
    return (draw_shares if soft else draw_labels)(count, architecture.classes)


def test_the_architectures_tried_have_every_preset_and_every_choice() -> None:
    tried = list(ARCHITECTURES.values())
    assert set(PRESETS.values()) <= set(tried)
    for field, values in CHOICES.items():
        assert {getattr(architecture, field) for architecture in tried} == set(values)


def test_every_layer_gives_what_the_reference_gives(engine: Engine, architecture: Architecture) -> None:
    expected = expected_trace(architecture)
    found = load(engine, architecture).trace(draw_digits(17), sums=True)
    assert list(found) == list(expected)
    for name in expected:
        assert found[name].dtype == np.float32
        assert_close(found[name], expected[name], 1e-5, name)


@pytest.mark.parametrize("side", [(28, 96), (40, 28), (52, 296)])
def test_a_larger_field_gives_what_the_reference_gives(
    engine: Engine, architecture: Architecture, side: tuple[int, int]
) -> None:
    field = np.random.default_rng(3).integers(0, 256, (2, *side)).astype(np.uint8)
    exact = REFERENCE.load(architecture, lively_parameters(architecture), "float64")
    found = load(engine, architecture).penalties(field)
    assert found.dtype == np.float32
    assert_close(found, exact.penalties(field), 1e-5, "output")


def test_double_precision_gives_the_reference_to_twelve_digits(
    engine: Engine, architecture: Architecture
) -> None:
    expected = expected_trace(architecture)
    found = load(engine, architecture, "float64").trace(draw_digits(17), sums=True)
    for name in expected:
        assert found[name].dtype == np.float64
        assert_close(found[name], expected[name], 1e-12, name)


def test_a_trace_without_sums_has_the_states_alone(engine: Engine) -> None:
    trace = load(engine, ORIGINAL).trace(draw_digits(1))
    assert list(trace) == ["input", "c1", "s2", "c3", "s4", "c5", "f6", "output"]
    shapes = [(1, 32, 32), (6, 28, 28), (6, 14, 14), (16, 10, 10), (16, 5, 5), (120, 1, 1), (84,), (10,)]
    assert [array.shape[1:] for array in trace.values()] == shapes


def test_penalties_are_the_output_of_the_trace(engine: Engine, architecture: Architecture) -> None:
    model, images = load(engine, architecture), draw_digits(17)
    penalties = model.penalties(images)
    assert penalties.shape == (17, architecture.classes)
    np.testing.assert_allclose(penalties, model.trace(images)["output"], rtol=1e-6, atol=1e-5)
    if architecture.output == "rbf":
        assert penalties.min() >= 0


@pytest.mark.parametrize("count", [0, 1, 3, 17, 300])
def test_a_batch_of_any_size_gives_each_image_its_own_penalties(engine: Engine, count: int) -> None:
    model, images = load(engine, ORIGINAL), draw_digits(300)[:count]
    penalties = model.penalties(images)
    assert penalties.shape == (count, 10)
    for n in range(0, count, 37):
        assert_close(model.penalties(images[n : n + 1])[0], penalties[n], 1e-5)
    states = model.trace(images, sums=True)
    assert {name: len(array) for name, array in states.items()} == dict.fromkeys(states, count)


@pytest.mark.parametrize("preset", PRESETS)
def test_stored_bytes_and_scaled_images_are_the_same_input(engine: Engine, preset: str) -> None:
    model, stored = load(engine, PRESETS[preset]), draw_digits(3)
    scaled = scale_images(stored, np.float32)
    np.testing.assert_array_equal(model.trace(stored)["input"], model.trace(scaled)["input"])
    np.testing.assert_array_equal(model.penalties(stored), model.penalties(scaled))
    assert_close(model.penalties(scaled.astype(np.float64)), model.penalties(stored), 1e-6)


def test_images_may_be_read_only_strided_and_reversed(engine: Engine) -> None:
    model, images = load(engine, ORIGINAL), draw_digits(6)
    expected = model.penalties(images)
    read_only = images.copy()
    read_only.flags.writeable = False
    np.testing.assert_array_equal(model.penalties(read_only), expected)
    assert_close(model.penalties(images[::-2]), expected[::-2], 1e-5)
    assert_close(model.penalties(np.asfortranarray(images)), expected, 1e-5)


@pytest.mark.parametrize("preset", PRESETS)
def test_a_larger_field_gives_at_each_place_what_its_crop_gives(engine: Engine, preset: str) -> None:
    model = load(engine, PRESETS[preset])
    field = scale_images(draw_digits(2, 40)[:, :36, :32], np.float32)  # 40x36 with its border
    penalties = model.penalties(field)
    assert penalties.shape == (2, 10, 3, 2)
    for y, x in np.ndindex(3, 2):
        crop = field[:, :, 4 * y : 4 * y + 32, 4 * x : 4 * x + 32]
        assert_close(model.penalties(np.ascontiguousarray(crop)), penalties[..., y, x], 1e-5)
    trace = model.trace(field)
    assert trace["c5"].shape == (2, 120, 3, 2)
    assert trace["f6"].shape == (2, 84, 3, 2)
    if engine.name == "native":  # its traces of a field are the reference's, its penalties its own
        assert_close(trace["output"], penalties, 1e-5)
    else:
        np.testing.assert_array_equal(trace["output"], penalties)


@pytest.mark.parametrize("soft", [False, True], ids=["labels", "shares"])
@pytest.mark.parametrize("which", ["gradient", "curvature"])
@pytest.mark.parametrize("task", TASKS.values(), ids=TASKS)
def test_derivatives_are_those_of_the_reference(engine: Engine, task: Task, which: str, soft: bool) -> None:
    architecture, loss = task
    expected = expected_derivative(architecture, loss, which, soft)
    derive = getattr(load(engine, architecture), which)
    found = derive(draw_digits(17), draw_targets(17, architecture, soft), loss)
    for name, array in found.items():
        assert array.dtype == np.float32
        assert_close(array, expected[name], 1e-4, name)
        if which == "curvature":
            assert array.min() >= 0, name


@pytest.mark.parametrize("which", ["gradient", "curvature"])
def test_a_derivative_is_the_mean_over_any_number_of_images(engine: Engine, which: str) -> None:
    derive = getattr(load(engine, ORIGINAL, "float64"), which)
    images, labels, loss = draw_digits(300), draw_labels(300, 10), Loss()
    one, rest = derive(images[:1], labels[:1], loss), derive(images[1:], labels[1:], loss)
    for name, whole in derive(images, labels, loss).items():
        assert_close(whole, (one[name] + 299 * rest[name]) / 300, 1e-12, name)
    nothing = derive(images[:0], labels[:0], loss)
    assert all(not array.any() for array in nothing.values())


@pytest.mark.parametrize("preset", PRESETS)
def test_saturated_weights_give_finite_numbers(engine: Engine, preset: str) -> None:
    architecture = PRESETS[preset]
    hard = initialize_parameters(architecture, 1).map(lambda array: array * np.float32(30))
    model, images, labels = engine.load(architecture, hard), draw_digits(3), draw_labels(3, 10)
    assert np.isfinite(model.penalties(images)).all()
    loss = Loss(scale=0.1 if architecture.output == "rbf" else 1.0)
    for which in ("gradient", "curvature"):
        derivative = getattr(model, which)(images, labels, loss)
        assert all(np.isfinite(array).all() for array in derivative.values())


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 3e38])
@pytest.mark.parametrize("preset", PRESETS)
def test_numbers_that_are_none_spoil_their_own_image_alone(engine: Engine, preset: str, bad: float) -> None:
    model, images = load(engine, PRESETS[preset]), scale_images(draw_digits(3), np.float32)
    expected = model.penalties(images)
    images[1, 0, 10, 10] = bad
    penalties = model.penalties(images)
    assert_close(penalties[[0, 2]], expected[[0, 2]], 1e-6)
    if np.isnan(bad):
        assert np.isnan(penalties[1]).all()
