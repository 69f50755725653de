"""What every engine promises, tried on each; `reference` in float64 says what is right."""

from dataclasses import replace
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lenet.architecture import CHOICES, MODERN, ORIGINAL, PRESETS, Architecture
from lenet.engines import ENGINES, Engine, Refusal, get_engine
from lenet.engines.inputs import scale_images
from lenet.engines.loss import Loss
from lenet.errors import EngineError, LenetError, MissingExtra, RecipeError, ShapeError
from lenet.images.distort import DistortedPass, Distortion
from lenet.parameters import Parameters, initialize_parameters
from lenet.storage import load_arrays, save_arrays

from .conftest import (
    ARCHITECTURES,
    TASKS,
    Settings,
    assert_close,
    draw_digits,
    draw_labels,
    draw_shares,
    get_any_engine,
    lively_parameters,
)

REFERENCE = get_engine("reference")
Task = tuple[Architecture, Loss]


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


def load(engine: Engine, architecture: Architecture, dtype: str = "float32") -> Any:
    return engine.load(architecture, lively_parameters(architecture), dtype)


def draw_training(architecture: Architecture, steps: int = 20, batch: int = 3) -> tuple[np.ndarray, ...]:
    """images, labels, order, rates."""
    order = np.random.default_rng(steps).integers(0, 40, (steps, batch)).astype(np.int32)
    rates = np.linspace(1, 0.1, steps) * (1e-3 if architecture.activation == "relu" else 5e-3)
    return draw_digits(40), draw_labels(40, architecture.classes), order, rates


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


@pytest.mark.parametrize("task", TASKS.values(), ids=TASKS)
@pytest.mark.parametrize("scaled", [False, True], ids=["one rate", "a rate for each"])
def test_the_first_twenty_losses_are_those_of_the_reference(engine: Engine, task: Task, scaled: bool) -> None:
    architecture, loss = task
    images, labels, order, rates = draw_training(architecture)
    if loss.kind != "cross-entropy":
        rates = rates / 10
    start, settings = lively_parameters(architecture), Settings(loss, momentum=0.9, weight_decay=1e-3)
    if scaled and engine.refuses(architecture, replace(settings, method="diagonal-lm")):
        pytest.skip("it refuses rates of the parameters' own, as another test shows")
    scales = start.map(lambda a: np.linspace(0.5, 1.5, a.size).reshape(a.shape).astype(np.float32))
    exact = REFERENCE.start(architecture, start.astype(np.float64), settings)
    run = engine.start(architecture, start, settings)
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
    # three copies of each image, the first of which stays as it is
    order = np.random.default_rng(1).permutation(120)[: 20 * batch].reshape(20, batch).astype(np.int32)
    distortion = DistortedPass(Distortion(0.2, 0.1, 0.3, 2, elastic), seed=2**63 + 5, pass_=3, plain=40)
    start, settings = lively_parameters(architecture), Settings(Loss(), momentum=0.9)
    exact = REFERENCE.start(architecture, start.astype(np.float64), settings)
    expected = exact.advance(images, labels, order, rates, distortion=distortion)
    found = engine.start(architecture, start, settings).advance(
        images, labels, order, rates, distortion=distortion
    )
    np.testing.assert_allclose(found, expected, rtol=1e-4)


def test_patterns_below_plain_are_the_images_themselves(engine: Engine) -> None:
    images, labels, order, rates = draw_training(ORIGINAL)
    start, settings = lively_parameters(ORIGINAL), Settings(Loss())
    distortion = DistortedPass(Distortion(shift=3), seed=0, pass_=0, plain=40)
    plain, none = (engine.start(ORIGINAL, start, settings) for _ in range(2))
    np.testing.assert_array_equal(
        plain.advance(images, labels, order, rates, distortion=distortion),
        none.advance(images, labels, order, rates),
    )
    assert_same_state(plain, none)
    moved = engine.start(ORIGINAL, start, settings)
    assert not np.allclose(
        moved.advance(images, labels, order + 40, rates, distortion=distortion),
        none.advance(images, labels, order, rates),
    )


def test_soft_targets_train_as_labels_do(engine: Engine) -> None:
    images, labels, order, rates = draw_training(ORIGINAL)
    start, settings = lively_parameters(ORIGINAL), Settings(Loss())
    hard = engine.start(ORIGINAL, start, settings).advance(images, labels, order, rates)
    soft = engine.start(ORIGINAL, start, settings).advance(images, np.eye(10)[labels], order, rates)
    np.testing.assert_allclose(soft, hard, rtol=1e-5)


def test_training_lowers_the_loss(engine: Engine, architecture: Architecture) -> None:
    images, labels, _, _ = draw_training(architecture)
    loss = Loss(scale=0.1 if architecture.output == "rbf" else 1.0)
    run = engine.start(architecture, lively_parameters(architecture), Settings(loss, momentum=0.5))
    order = np.tile(np.arange(40, dtype=np.int32), (20, 1))
    losses = run.advance(images, labels, order, np.full(20, 0.005))
    assert losses[-1] < losses[0] - 0.005


@pytest.mark.parametrize("preset", PRESETS)
def test_one_stretch_or_two_and_a_restored_run_have_the_same_bits(engine: Engine, preset: str) -> None:
    architecture = PRESETS[preset]
    images, labels, order, rates = draw_training(architecture, steps=12, batch=16)
    start, settings = (
        initialize_parameters(architecture, 3),
        Settings(Loss(), momentum=0.9, weight_decay=1e-4),
    )
    unbroken = engine.start(architecture, start, settings)
    losses = unbroken.advance(images, labels, order, rates)

    stretched = engine.start(architecture, start, settings)
    first = stretched.advance(images, labels, order[:5], rates[:5])
    saved, middle = stretched.state(), stretched.parameters()
    second = stretched.advance(images, labels, order[5:], rates[5:])
    np.testing.assert_array_equal(np.concatenate([first, second]), losses)
    assert_same_state(stretched, unbroken)

    resumed = engine.start(architecture, initialize_parameters(architecture, 4), settings)
    resumed.advance(images[:16], labels[:16], order[:2] % 16, rates[:2])  # something to forget
    resumed.restore(saved)
    for name, array in resumed.parameters().items():
        np.testing.assert_array_equal(array, middle[name])
    np.testing.assert_array_equal(resumed.advance(images, labels, order[5:], rates[5:]), second)
    assert_same_state(resumed, unbroken)


def test_a_state_survives_a_file(engine: Engine, tmp_path: Path) -> None:
    images, labels, order, rates = draw_training(ORIGINAL, steps=4)
    settings = Settings(Loss(), momentum=0.9)
    run = engine.start(ORIGINAL, lively_parameters(ORIGINAL), settings)
    run.advance(images, labels, order, rates)
    save_arrays(tmp_path / "state.safetensors", run.state(), {})
    restored = engine.start(ORIGINAL, initialize_parameters(ORIGINAL, 2), settings)
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
    run = engine.start(ORIGINAL, start, Settings(Loss(), momentum=0.9))
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
    start, settings = lively_parameters(ORIGINAL).astype(np.float64), Settings(Loss(), momentum=0.9)
    expected = REFERENCE.start(ORIGINAL, start, settings).advance(images, labels, order, rates)
    run = engine.start(ORIGINAL, start, settings)
    np.testing.assert_allclose(run.advance(images, labels, order, rates), expected, rtol=1e-10)
    assert run.parameters().dtype == np.float64


def test_images_and_labels_of_another_set_are_noticed(engine: Engine) -> None:
    images, labels, order, _ = draw_training(ORIGINAL, steps=3)
    run = engine.start(ORIGINAL, lively_parameters(ORIGINAL), Settings(Loss()))
    still = np.zeros(3)
    first = run.advance(images, labels, order, still)
    assert not np.allclose(run.advance(images[::-1].copy(), labels, order, still), first)
    assert not np.allclose(run.advance(images, labels[::-1].copy(), order, still), first)
    np.testing.assert_array_equal(run.advance(images, labels, order, still), first)


def test_scaled_images_train_as_stored_ones_do(engine: Engine) -> None:
    images, labels, order, rates = draw_training(ORIGINAL)
    start, settings = lively_parameters(ORIGINAL), Settings(Loss())
    stored = engine.start(ORIGINAL, start, settings).advance(images, labels, order, rates)
    scaled = scale_images(images, np.float32)
    np.testing.assert_allclose(
        engine.start(ORIGINAL, start, settings).advance(scaled, labels, order, rates), stored, rtol=1e-6
    )


SOME, FIELD = np.zeros((2, 28, 28), np.uint8), np.zeros((2, 1, 32, 32), np.float32)
WRONG_IMAGES = {
    "another size": np.zeros((2, 27, 30), np.uint8),
    "too small": np.zeros((2, 20, 20), np.uint8),
    "one picture": np.zeros((28, 28), np.uint8),
    "whole numbers": np.zeros((2, 28, 28), np.int64),
    "colour": np.zeros((2, 3, 32, 32), np.float32),
    "no channel": np.zeros((2, 32, 32), np.float32),
    "not 32 and fours": np.zeros((2, 1, 34, 32), np.float32),
}
WRONG_TARGETS = {
    "too few": np.zeros(1, int),
    "too large": np.array([0, 10]),
    "negative": np.array([-1, 3]),
    "shares of other classes": np.full((2, 9), 1 / 9),
    "halves": np.array([0.5, 1.5]),
    "whole shares": np.eye(10, dtype=int)[:2],
}


def say_error(action: Any, *args: Any) -> tuple[type, str]:
    with pytest.raises(LenetError) as caught:
        action(*args)
    return type(caught.value), str(caught.value)


@pytest.mark.parametrize("images", WRONG_IMAGES.values(), ids=WRONG_IMAGES)
def test_images_that_do_not_fit_are_refused_in_the_same_words(engine: Engine, images: np.ndarray) -> None:
    model, reference = load(engine, ORIGINAL), load(REFERENCE, ORIGINAL)
    for verb in ("penalties", "trace"):
        expected = say_error(getattr(reference, verb), images)
        assert expected[0] is ShapeError
        assert say_error(getattr(model, verb), images) == expected


@pytest.mark.parametrize("targets", WRONG_TARGETS.values(), ids=WRONG_TARGETS)
def test_targets_that_do_not_fit_are_refused_in_the_same_words(engine: Engine, targets: np.ndarray) -> None:
    for verb in ("gradient", "curvature"):
        expected = say_error(getattr(load(REFERENCE, ORIGINAL), verb), SOME, targets, Loss())
        assert expected[0] is ShapeError
        assert say_error(getattr(load(engine, ORIGINAL), verb), SOME, targets, Loss()) == expected
    run = engine.start(ORIGINAL, lively_parameters(ORIGINAL), Settings(Loss()))
    step = np.zeros((1, 2), np.int32), np.ones(1)
    assert say_error(run.advance, SOME, targets, *step) == expected


def test_training_wants_fields_of_32_pixels(engine: Engine) -> None:
    wide, labels = np.zeros((2, 28, 32), np.uint8), np.zeros(2, int)
    for verb in ("gradient", "curvature"):
        expected = say_error(getattr(load(REFERENCE, ORIGINAL), verb), wide, labels, Loss())
        assert say_error(getattr(load(engine, ORIGINAL), verb), wide, labels, Loss()) == expected
    run = engine.start(ORIGINAL, lively_parameters(ORIGINAL), Settings(Loss()))
    assert say_error(run.advance, wide, labels, np.zeros((1, 2), np.int32), np.ones(1)) == expected
    assert expected[0] is ShapeError
    assert "32x36" in expected[1]


def test_mse_over_logits_is_refused_everywhere(engine: Engine) -> None:
    mse, model = Loss("mse"), load(engine, MODERN)
    expected = (RecipeError, str(RecipeError("recipe.mse_linear")))
    assert say_error(model.gradient, SOME, np.zeros(2, int), mse) == expected
    assert say_error(model.curvature, SOME, np.zeros(2, int), mse) == expected
    assert say_error(engine.start, MODERN, lively_parameters(MODERN), Settings(mse)) == expected


def test_a_refusal_is_a_sentence(engine: Engine, architecture: Architecture) -> None:
    refusal = engine.refuses(architecture)
    assert refusal is None or (isinstance(refusal, Refusal) and str(refusal))
    assert engine.refuses(ORIGINAL, Settings(Loss())) is None


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


def test_an_engine_has_the_name_that_it_is_got_by(engine: Engine) -> None:
    assert engine.name in (*ENGINES, "wasm")
    assert get_any_engine(engine.name).name == engine.name


def test_tensorflow_is_another_name_of_keras() -> None:
    if not find_spec("tensorflow"):
        pytest.skip("tensorflow is not installed")
    assert get_engine("tensorflow").name == "keras"


def test_an_unknown_engine_is_named_with_those_there_are() -> None:
    with pytest.raises(EngineError, match=f"'cuda'.*auto, {', '.join(ENGINES)}"):
        get_engine("cuda")


def test_auto_takes_the_kernels_where_they_could_be_built() -> None:
    expected = {"native"} if find_spec("lenet._native") else {"pytorch", "reference"}
    assert {get_engine("auto", training).name for training in (False, True)} <= expected


def test_without_kernels_auto_waits_for_pytorch_only_to_train(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lenet.engines.find_spec", lambda name: name == "torch" and find_spec(name))
    assert get_engine("auto").name == "reference"
    assert get_engine("auto", training=True).name == ("pytorch" if find_spec("torch") else "reference")


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("pytorch", r"pip install (torch --index-url \S+/cpu$|\"lenet\[pytorch\]\")"),
        ("native", "compiler"),
        ("keras", r"pip install \"lenet\[keras\]\""),
    ],
)
def test_a_missing_engine_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch, name: str, remedy: str) -> None:
    monkeypatch.setattr("lenet.engines.find_spec", lambda name: None)
    with pytest.raises(MissingExtra, match=remedy):
        get_engine(name)
    assert get_engine("auto", training=True).name == "reference"
