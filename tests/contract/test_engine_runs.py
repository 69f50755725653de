"""What the training of every engine promises: losses, weights and states; `reference` says what is right."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lenet.architecture import ORIGINAL, PRESETS, Architecture
from lenet.engines import Engine, Update
from lenet.engines.inputs import scale_images
from lenet.engines.loss import Loss
from lenet.errors import ShapeError
from lenet.images.distort import DistortedEpoch, Distortion
from lenet.parameters import initialize_parameters
from lenet.storage import load_arrays, save_arrays

from .conftest import (
    REFERENCE,
    TASKS,
    Task,
    draw_digits,
    draw_labels,
    lively_parameters,
)


def draw_training(architecture: Architecture, steps: int = 20, batch: int = 3) -> tuple[np.ndarray, ...]:
    """images, labels, order, rates."""
    order = np.random.default_rng(steps).integers(0, 40, (steps, batch)).astype(np.int32)
    rates = np.linspace(1, 0.1, steps) * (1e-3 if architecture.activation == "relu" else 5e-3)
    return draw_digits(40), draw_labels(40, architecture.classes), order, rates


@pytest.mark.parametrize("task", TASKS.values(), ids=TASKS)
@pytest.mark.parametrize("scaled", [False, True], ids=["one rate", "a rate for each"])
def test_the_first_twenty_losses_are_those_of_the_reference(engine: Engine, task: Task, scaled: bool) -> None:
    architecture, loss = task
    images, labels, order, rates = draw_training(architecture)
    if loss.kind != "cross-entropy":
        rates = rates / 10
    start, update = lively_parameters(architecture), Update(loss, momentum=0.9, weight_decay=1e-3)
    if scaled and engine.refuses(architecture, replace(update, method="diagonal-lm")):
        pytest.skip("it refuses rates of the parameters' own, as another test shows")
    scales = start.map(lambda a: np.linspace(0.5, 1.5, a.size).reshape(a.shape).astype(np.float32))
    exact = REFERENCE.start(architecture, start.astype(np.float64), update)
    run = engine.start(architecture, start, update)
    wide = scales.astype(np.float64)
    expected = exact.advance(images, labels, order, rates, wide if scaled else None)
    found = run.advance(images, labels, order, rates, scales if scaled else None)
    assert found.dtype == np.float64
    assert found.shape == (20,)
    np.testing.assert_allclose(found, expected, rtol=1e-4)
    # where a slope has steps, a rounding may put a single unit on the other side of one
    smooth = architecture.activation != "relu" and architecture.pooling != "max"
    tolerance = 1e-3 if smooth else 2e-2
    for name, array in run.parameters().items():
        moved = exact.parameters()[name] - start[name]
        assert np.abs(moved).max() > 0, name
        gap = np.abs(array - start[name] - moved).max()
        assert gap <= tolerance * np.abs(moved).max() + 2e-6 * np.abs(array).max(), name  # 20 roundings


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize("elastic", [0, 5])
def test_losses_over_distorted_images_are_those_of_the_reference(
    engine: Engine, preset: str, batch: int, elastic: float
) -> None:
    architecture = PRESETS[preset]
    images, labels, _, rates = draw_training(architecture, batch=batch)
    rates = rates / 2  # one sample an update is lively enough to double a rounding every few steps
    # three copies of each image, the first of which stays as it is
    order = np.random.default_rng(1).permutation(120)[: 20 * batch].reshape(20, batch).astype(np.int32)
    distortion = DistortedEpoch(Distortion(0.2, 0.1, 0.3, 2, elastic), seed=2**63 + 5, epoch=3, plain=40)
    start, update = lively_parameters(architecture), Update(Loss(), momentum=0.9)
    exact = REFERENCE.start(architecture, start.astype(np.float64), update)
    expected = exact.advance(images, labels, order, rates, distortion=distortion)
    found = engine.start(architecture, start, update).advance(
        images, labels, order, rates, distortion=distortion
    )
    np.testing.assert_allclose(found, expected, rtol=1e-4)


def test_patterns_below_plain_are_the_images_themselves(engine: Engine) -> None:
    images, labels, order, rates = draw_training(ORIGINAL)
    start, update = lively_parameters(ORIGINAL), Update(Loss())
    distortion = DistortedEpoch(Distortion(shift=3), seed=0, epoch=0, plain=40)
    plain, none = (engine.start(ORIGINAL, start, update) for _ in range(2))
    np.testing.assert_array_equal(
        plain.advance(images, labels, order, rates, distortion=distortion),
        none.advance(images, labels, order, rates),
    )
    assert_same_state(plain, none)
    moved = engine.start(ORIGINAL, start, update)
    assert not np.allclose(
        moved.advance(images, labels, order + 40, rates, distortion=distortion),
        none.advance(images, labels, order, rates),
    )


def test_soft_targets_train_as_labels_do(engine: Engine) -> None:
    images, labels, order, rates = draw_training(ORIGINAL)
    start, update = lively_parameters(ORIGINAL), Update(Loss())
    hard = engine.start(ORIGINAL, start, update).advance(images, labels, order, rates)
    soft = engine.start(ORIGINAL, start, update).advance(images, np.eye(10)[labels], order, rates)
    np.testing.assert_allclose(soft, hard, rtol=1e-5)


def test_training_lowers_the_loss(engine: Engine, architecture: Architecture) -> None:
    images, labels, _, _ = draw_training(architecture)
    loss = Loss(scale=0.1 if architecture.output == "rbf" else 1.0)
    run = engine.start(architecture, lively_parameters(architecture), Update(loss, momentum=0.5))
    order = np.tile(np.arange(40, dtype=np.int32), (20, 1))
    losses = run.advance(images, labels, order, np.full(20, 0.005))
    assert losses[-1] < losses[0] - 0.005


@pytest.mark.parametrize("preset", PRESETS)
def test_one_stretch_or_two_and_a_restored_run_have_the_same_bits(engine: Engine, preset: str) -> None:
    architecture = PRESETS[preset]
    images, labels, order, rates = draw_training(architecture, steps=12, batch=16)
    start, update = (
        initialize_parameters(architecture, 3),
        Update(Loss(), momentum=0.9, weight_decay=1e-4),
    )
    unbroken = engine.start(architecture, start, update)
    losses = unbroken.advance(images, labels, order, rates)

    stretched = engine.start(architecture, start, update)
    first = stretched.advance(images, labels, order[:5], rates[:5])
    saved, middle = stretched.state(), stretched.parameters()
    second = stretched.advance(images, labels, order[5:], rates[5:])
    np.testing.assert_array_equal(np.concatenate([first, second]), losses)
    assert_same_state(stretched, unbroken)

    resumed = engine.start(architecture, initialize_parameters(architecture, 4), update)
    resumed.advance(images[:16], labels[:16], order[:2] % 16, rates[:2])  # something to forget
    resumed.restore(saved)
    for name, array in resumed.parameters().items():
        np.testing.assert_array_equal(array, middle[name])
    np.testing.assert_array_equal(resumed.advance(images, labels, order[5:], rates[5:]), second)
    assert_same_state(resumed, unbroken)


def test_a_state_survives_a_file(engine: Engine, tmp_path: Path) -> None:
    images, labels, order, rates = draw_training(ORIGINAL, steps=4)
    update = Update(Loss(), momentum=0.9)
    run = engine.start(ORIGINAL, lively_parameters(ORIGINAL), update)
    run.advance(images, labels, order, rates)
    save_arrays(tmp_path / "state.safetensors", run.state(), {})
    restored = engine.start(ORIGINAL, initialize_parameters(ORIGINAL, 2), update)
    restored.restore(load_arrays(tmp_path / "state.safetensors")[0])
    assert_same_state(restored, run)
    np.testing.assert_array_equal(
        restored.advance(images, labels, order, rates), run.advance(images, labels, order, rates)
    )


def assert_same_state(run: Any, other: Any) -> None:
    state, other_state = run.state(), other.state()
    assert list(state) == list(other_state)
    for name, array in state.items():
        assert isinstance(array, np.ndarray)
        np.testing.assert_array_equal(array, other_state[name], name)


def test_what_a_run_hands_out_stays_as_it_was(engine: Engine) -> None:
    images, labels, order, rates = draw_training(ORIGINAL, steps=4)
    start = lively_parameters(ORIGINAL)
    before = start.map(np.copy)
    run = engine.start(ORIGINAL, start, Update(Loss(), momentum=0.9))
    run.advance(images, labels, order, rates)
    given, state = run.parameters(), run.state()
    copies = given.map(np.copy), {name: array.copy() for name, array in state.items()}
    run.advance(images, labels, order, rates)
    for name, array in before.items():
        np.testing.assert_array_equal(start[name], array)
        np.testing.assert_array_equal(given[name], copies[0][name])
        assert not np.array_equal(run.parameters()[name], array)
    for name, array in copies[1].items():
        np.testing.assert_array_equal(state[name], array)


def test_a_run_in_double_precision_is_the_reference_to_ten_digits(engine: Engine) -> None:
    images, labels, order, rates = draw_training(ORIGINAL)
    start, update = lively_parameters(ORIGINAL).astype(np.float64), Update(Loss(), momentum=0.9)
    expected = REFERENCE.start(ORIGINAL, start, update).advance(images, labels, order, rates)
    run = engine.start(ORIGINAL, start, update)
    np.testing.assert_allclose(run.advance(images, labels, order, rates), expected, rtol=1e-10)
    assert run.parameters().dtype == np.float64


def test_images_and_labels_of_another_set_are_noticed(engine: Engine) -> None:
    images, labels, order, _ = draw_training(ORIGINAL, steps=3)
    run = engine.start(ORIGINAL, lively_parameters(ORIGINAL), Update(Loss()))
    still = np.zeros(3)
    first = run.advance(images, labels, order, still)
    assert not np.allclose(run.advance(images[::-1].copy(), labels, order, still), first)
    assert not np.allclose(run.advance(images, labels[::-1].copy(), order, still), first)
    np.testing.assert_array_equal(run.advance(images, labels, order, still), first)


def test_scaled_images_train_as_stored_ones_do(engine: Engine) -> None:
    images, labels, order, rates = draw_training(ORIGINAL)
    start, update = lively_parameters(ORIGINAL), Update(Loss())
    stored = engine.start(ORIGINAL, start, update).advance(images, labels, order, rates)
    scaled = scale_images(images, np.float32)
    np.testing.assert_allclose(
        engine.start(ORIGINAL, start, update).advance(scaled, labels, order, rates), stored, rtol=1e-6
    )


@pytest.mark.parametrize(
    ("order", "rates"),
    [
        (np.zeros((2, 0), np.int32), np.ones(2)),
        (np.zeros(4, np.int32), np.ones(4)),
        (np.zeros((2, 3), np.int32), np.ones(1)),
        (np.full((2, 3), 40, np.int32), np.ones(2)),
        (np.full((2, 3), -1, np.int32), np.ones(2)),
    ],
    ids=["no image in a step", "one axis", "another number of rates", "beyond the images", "below 0"],
)
def test_an_order_that_cannot_be_followed_is_refused(
    engine: Engine, order: np.ndarray, rates: np.ndarray
) -> None:
    images, labels, _, _ = draw_training(ORIGINAL)
    run = engine.start(ORIGINAL, initialize_parameters(ORIGINAL, 0), Update(Loss()))
    with pytest.raises(ShapeError):
        run.advance(images, labels, order, rates)
