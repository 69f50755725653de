"""Wrong arguments to `_native` itself are exceptions: nothing is read or written out of bounds."""

import numpy as np
import pytest

from lenet import _native
from lenet.architecture import MODERN, ORIGINAL
from lenet.engines.loss import Loss
from lenet.engines.native import layout
from lenet.parameters import initialize_parameters

VARIANT = _native.variants()[0]
IMAGES = np.zeros((4, 28, 28), np.uint8)
LABELS = np.zeros(4, np.int32)


@pytest.fixture
def plan():
    return layout.Layout(ORIGINAL)


@pytest.fixture
def weights(plan):
    return plan.pack(initialize_parameters(ORIGINAL, 0))


@pytest.fixture
def program(plan):
    return plan.compile(VARIANT)


def make_task(images=IMAGES, targets=LABELS):
    return layout.prepare_task(images, targets, Loss())


@pytest.mark.parametrize(
    "images",
    [
        np.zeros((4, 28, 27), np.uint8),
        np.zeros((4, 28), np.uint8),
        np.zeros((4, 28, 28), np.int8),
        np.zeros((4, 1, 28, 28), np.float32),
        np.zeros((4, 1, 32, 32), np.float64),
        np.zeros((), np.uint8),
    ],
)
def test_images_of_another_form_are_refused(program, weights, images):
    with pytest.raises(ValueError, match="images"):
        program.recognize(weights, images, np.empty((4, 10), np.float32), 1)
    with pytest.raises(ValueError, match="images"):
        program.trace(weights, images, [None] * 14)
    with pytest.raises((ValueError, TypeError)):
        _native.Task(images, LABELS, _native.Loss(0, 1, 1))


def test_buffers_of_another_size_are_refused(program, weights):
    with pytest.raises(ValueError, match="parameters"):
        program.recognize(weights[:-16], IMAGES, np.empty((4, 10), np.float32), 1)
    with pytest.raises(ValueError, match="penalties"):
        program.recognize(weights, IMAGES, np.empty((4, 9), np.float32), 1)
    with pytest.raises(ValueError, match="parameters"):
        program.differentiate(weights, make_task(), False, np.empty(16, np.float32), 1)
    with pytest.raises(ValueError, match="out"):
        program.trace(weights, IMAGES, [np.empty(3, np.float32)] + [None] * 13)
    with pytest.raises(ValueError, match="out"):
        program.trace(weights, IMAGES, [])


@pytest.mark.parametrize("label", [-1, 10, 2**31 - 1])
def test_labels_that_are_no_classes_are_refused(program, weights, label):
    task = make_task(targets=np.full(4, label, np.int32))
    with pytest.raises(ValueError, match="label"):
        program.differentiate(weights, task, False, np.zeros_like(weights), 1)


def test_targets_of_another_form_are_refused(program, weights):
    with pytest.raises(ValueError, match="targets"):
        make_task(targets=LABELS[:3])
    with pytest.raises(ValueError, match="targets"):
        program.differentiate(
            weights, make_task(targets=np.zeros((4, 9), np.float32)), False, np.zeros_like(weights), 1
        )


@pytest.mark.parametrize(
    "order", [np.zeros((2, 0), np.int32), np.full((2, 2), 4, np.int32), -np.ones((2, 2), np.int32)]
)
def test_an_order_out_of_range_is_refused(program, weights, order):
    update = _native.Update(weights, np.zeros_like(weights), None, 0.9, 0.0)
    with pytest.raises(ValueError, match="order"):
        program.train(update, make_task(), order, np.ones(2, np.float32), np.empty(2), 1)


def test_rates_and_losses_belong_to_the_steps(program, weights):
    update = _native.Update(weights, np.zeros_like(weights), None, 0.9, 0.0)
    order = np.zeros((2, 1), np.int32)
    for rates, losses in ((np.ones(1, np.float32), np.empty(2)), (np.ones(2, np.float32), np.empty(1))):
        with pytest.raises(ValueError, match="rates"):
            program.train(update, make_task(), order, rates, losses, 1)


def test_velocity_and_scales_are_as_long_as_the_parameters(program, weights):
    order, rates = np.zeros((1, 1), np.int32), np.ones(1, np.float32)
    short = weights[:-16].copy()
    for update in (_native.Update(weights, short, None, 0, 0), _native.Update(weights, weights, short, 0, 0)):
        with pytest.raises(ValueError, match="parameters"):
            program.train(update, make_task(), order, rates, np.empty(1), 1)


@pytest.mark.parametrize("patterns", [[4], [-1]])
def test_patterns_that_are_not_there_are_not_shown(patterns):
    out = np.empty((1, 1, 32, 32), np.float32)
    with pytest.raises(ValueError, match="patterns"):
        _native.show(VARIANT, IMAGES, np.array(patterns, np.int32), None, out)
    with pytest.raises(ValueError, match="out"):
        _native.show(VARIANT, IMAGES, np.array([0, 1], np.int32), None, out)


@pytest.mark.parametrize(
    "changes",
    [
        {"activation": 3}, {"pooling": -1}, {"output": 2}, {"classes": 0}, {"classes": 129}, {"first": [0]},
        {"first": [0] * 17}, {"source": [6] * 60}, {"offset": [0] * 15}, {"offset": [8] * 15},
        {"codes": np.zeros((1, 1), np.float32)},
    ],
)  # fmt: skip
def test_a_network_that_does_not_exist_is_refused(changes, monkeypatch):
    made = {}
    monkeypatch.setattr(_native, "Program", lambda **given: made.update(given))
    layout.Layout(ORIGINAL).compile(VARIANT)
    monkeypatch.undo()
    _native.Program(**made)
    with pytest.raises(ValueError, match=r":|no such"):
        _native.Program(**made | changes)


def test_both_presets_are_accepted():
    for architecture in (ORIGINAL, MODERN):
        layout.Layout(architecture).compile(VARIANT)


def test_states_of_a_trace_cannot_be_left_out(program, weights):
    sizes = [1024, 4704, 1176, 1600, 400, 120, 84, 10]
    out = [np.empty((4, size), np.float32) for size in sizes] + [None] * 6
    program.trace(weights, IMAGES, out)
    for left_out in range(8):
        with pytest.raises(ValueError, match="only sums can be left out"):
            program.trace(weights, IMAGES, [None if at == left_out else each for at, each in enumerate(out)])


@pytest.mark.parametrize(
    "ranges",
    [
        (0.1, 0.1, float("nan"), 1, 2, 4, 0),
        (float("inf"), 0.1, 0.1, 1, 2, 4, 0),
        (0.1, 0.1, 0.1, -1e30, 2, 4, 0),
        (0.1, 0.1, 0.1, 1, 2, 1.9, 0),
        (0.1, 0.1, 0.1, 1, 2, 0, 0),
        (0.1, 0.1, 0.1, 1, 2, -4, 0),
        (0.1, 0.1, 0.1, 1, 2, 4, 45.5),
        (0.1, 0.1, 0.1, 1, 2, 4, -1),
        (0.1, 0.1, 0.1, 1, 2, 4, float("nan")),
    ],
)
def test_a_distortion_out_of_every_range_is_refused(ranges):
    _native.Distortion(0.1, 0.1, 0.1, 1, 2, 2, 45, 1, 0, 0)
    with pytest.raises(ValueError, match="distortion"):
        _native.Distortion(*ranges, 1, 0, 0)
