"""What every engine refuses, in the same words, and the names by which engines are got."""

from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest

from lenet.architecture import MODERN, ORIGINAL, Architecture
from lenet.engines import ENGINES, Engine, Refusal, Update, get_engine
from lenet.engines.loss import Loss
from lenet.errors import EngineError, LenetError, MissingExtra, RecipeError, ShapeError

from .conftest import REFERENCE, get_any_engine, lively_parameters, load

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
    run = engine.start(ORIGINAL, lively_parameters(ORIGINAL), Update(Loss()))
    step = np.zeros((1, 2), np.int32), np.ones(1)
    assert say_error(run.advance, SOME, targets, *step) == expected


def test_training_wants_fields_of_32_pixels(engine: Engine) -> None:
    wide, labels = np.zeros((2, 28, 32), np.uint8), np.zeros(2, int)
    for verb in ("gradient", "curvature"):
        expected = say_error(getattr(load(REFERENCE, ORIGINAL), verb), wide, labels, Loss())
        assert say_error(getattr(load(engine, ORIGINAL), verb), wide, labels, Loss()) == expected
    run = engine.start(ORIGINAL, lively_parameters(ORIGINAL), Update(Loss()))
    assert say_error(run.advance, wide, labels, np.zeros((1, 2), np.int32), np.ones(1)) == expected
    assert expected[0] is ShapeError
    assert "32x36" in expected[1]


def test_mse_over_logits_is_refused_everywhere(engine: Engine) -> None:
    mse, model = Loss("mse"), load(engine, MODERN)
    expected = (RecipeError, str(RecipeError("recipe.mse_linear")))
    assert say_error(model.gradient, SOME, np.zeros(2, int), mse) == expected
    assert say_error(model.curvature, SOME, np.zeros(2, int), mse) == expected
    assert say_error(engine.start, MODERN, lively_parameters(MODERN), Update(mse)) == expected


def test_a_refusal_is_a_sentence(engine: Engine, architecture: Architecture) -> None:
    refusal = engine.refuses(architecture)
    assert refusal is None or (isinstance(refusal, Refusal) and str(refusal))
    assert engine.refuses(ORIGINAL, Update(Loss())) is None


def test_check_raises_what_refuses_names(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    engine.check(ORIGINAL, Update(Loss()))
    refusal = Refusal("native.classes", {"classes": 200, "limit": 128})
    monkeypatch.setattr(type(engine), "refuses", lambda *_: refusal)
    assert say_error(engine.check, ORIGINAL) == (EngineError, str(refusal))


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
    monkeypatch.setattr("lenet.engines.choose.find_spec", lambda name: name == "torch" and find_spec(name))
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
    monkeypatch.setattr("lenet.engines.choose.find_spec", lambda name: None)
    with pytest.raises(MissingExtra, match=remedy):
        get_engine(name)
    assert get_engine("auto", training=True).name == "reference"
