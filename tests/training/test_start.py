"""Going on from trained weights: what it starts from, what it keeps, what it changes, what is refused."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import lenet
from lenet.architecture import MODERN, ORIGINAL
from lenet.data.examples import Dataset, Examples
from lenet.errors import RunError, UsageError
from lenet.network import Network
from lenet.parameters import initialize_parameters
from lenet.training import change as changes
from lenet.training.recipe import Recipe, load_recipe
from lenet.training.run import resume, train
from lenet.training.settings import Settings
from lenet.training.start import (
    START_FILE,
    choose_recipe,
    fit_labels,
    hash_weights,
    mix_weights,
    take_start,
)

RECIPE = Recipe("tiny", 2, 8, 0.01, momentum=0.9, validation=False)
DIGITS = tuple("0123456789")


def make_dataset(labels: tuple[str, ...] = DIGITS, count: int = 40) -> Dataset:
    random = np.random.default_rng(0)
    images = random.integers(0, 80, (count, 28, 28), np.uint8)
    numbers = np.arange(count) % len(labels)
    images[np.arange(count), 4 + 2 * numbers] = 255
    parts = Examples(images[:-10], numbers[:-10]), Examples(images[-10:], numbers[-10:])
    return Dataset("hers", "made by hand", labels, *parts)


@pytest.fixture(autouse=True)
def hide_mnist(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("LENET_DATA", raising=False)
    monkeypatch.setenv("LENET_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def start() -> Network:
    card = {"calibration": {"temperature": 2.0, "judge": None, "rubbish": 0.0, "sure": 0.5}, "seed": 9}
    return Network(MODERN, initialize_parameters(MODERN, 3), DIGITS, card)


def test_a_training_goes_on_from_the_weights_that_it_is_given(start: Network) -> None:
    result = train(make_dataset(), RECIPE.changed(rate=1e-30), start=start, engine="reference")
    assert result.network.architecture == MODERN
    for name, array in start.parameters.items():
        np.testing.assert_array_equal(result.start[name], array)
        np.testing.assert_allclose(result.network.parameters[name], array, atol=1e-7)


def test_what_is_kept_lies_between_start_and_end(start: Network) -> None:
    free = train(make_dataset(), RECIPE, start=start, engine="reference").network.parameters
    kept = train(
        make_dataset(), RECIPE.changed(keep=0.75), start=start, engine="reference"
    ).network.parameters
    for name, array in start.parameters.items():
        np.testing.assert_allclose(kept[name], 0.75 * array + 0.25 * free[name], atol=1e-6)
    assert any((free[name] != kept[name]).any() for name in free)
    assert mix_weights(start.parameters, free, 0.0) is free


def test_the_card_names_the_start_and_inherits_its_calibration_only(start: Network) -> None:
    result = train(make_dataset(), RECIPE, start=start, engine="reference", seed=4)
    card = result.network.card
    assert (card["start"], card["start_hash"]) == (START_FILE, hash_weights(start))
    assert card["calibration"] == start.card["calibration"]
    assert card["seed"] == 4
    assert "start" not in train(make_dataset(), RECIPE, engine="reference").network.card


def test_without_a_recipe_it_fine_tunes(start: Network) -> None:
    result = train(make_dataset(), start=start, engine="reference")
    assert result.settings.recipe == load_recipe("fine-tune", MODERN)
    assert choose_recipe(None) == "fast"


def test_fewer_classes_and_another_order_get_the_numbers_of_the_network(start: Network) -> None:
    dataset = make_dataset(("7", "3"))
    fitted = fit_labels(dataset, start)
    assert fitted.labels == DIGITS
    assert fitted.train.labels[:4].tolist() == [7, 3, 7, 3]
    assert fitted.test.labels[:2].tolist() == [7, 3]
    result = train(dataset, RECIPE, start=start, engine="reference")
    assert result.network.labels == DIGITS


def test_a_class_that_the_network_lacks_is_refused(start: Network) -> None:
    with pytest.raises(UsageError, match=r"network does not have: A, x\. It knows 0, 1"):
        train(make_dataset(("0", "A", "x")), RECIPE, start=start, engine="reference")


def test_an_architecture_beside_a_start_is_refused(start: Network) -> None:
    with pytest.raises(UsageError, match="leave out architecture"):
        train(make_dataset(), RECIPE, start=start, architecture="modern", engine="reference")


@pytest.mark.parametrize("wrong", [7, [1], MODERN])
def test_what_is_no_network_is_refused(wrong: object) -> None:
    with pytest.raises(UsageError, match="expected the name of a network"):
        train(make_dataset(), RECIPE, start=wrong, engine="reference")  # type: ignore[arg-type]


def test_a_recipe_that_keeps_weights_is_refused_where_there_are_none() -> None:
    with pytest.raises(UsageError, match=r"keeps a share of 0\.5"):
        train(make_dataset(), "fine-tune", engine="reference")


def test_a_file_is_named_by_its_absolute_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    start = Network(ORIGINAL, initialize_parameters(ORIGINAL, 0), DIGITS)
    start.save("net.safetensors")
    assert take_start("net.safetensors")[0] == str(tmp_path / "net.safetensors")
    assert take_start("1998")[0] == "1998"


def test_float64_weights_are_trained_as_float32(start: Network) -> None:
    wide = replace(start, parameters=start.parameters.map(lambda array: array.astype(np.float64)))
    _, taken = take_start(wide)
    assert {array.dtype for array in taken.parameters.values()} == {np.dtype(np.float32)}
    assert hash_weights(taken) == hash_weights(start)


def test_other_weights_have_another_hash(start: Network) -> None:
    other = replace(start, parameters=initialize_parameters(MODERN, 4))
    assert hash_weights(other) != hash_weights(start)
    assert hash_weights(replace(start, labels=DIGITS[::-1])) != hash_weights(start)


def write_data(folder: Path) -> Path:
    dataset = make_dataset()
    arrays = {"x_train": dataset.train.images, "y_train": dataset.train.labels}
    path = folder / "hers.npz"
    np.savez(path, **arrays, x_test=dataset.test.images, y_test=dataset.test.labels)
    return path


def test_a_resumed_run_ends_in_the_same_bytes_and_needs_only_its_folder(
    start: Network, tmp_path: Path
) -> None:
    file, data = tmp_path / "net.safetensors", write_data(tmp_path)
    start.save(file)
    recipe = RECIPE.changed(keep=0.5)
    train(data, recipe, start=file, engine="reference", out=tmp_path / "whole")
    asked = iter(range(100))
    stopped = train(
        data, recipe, start=file, engine="reference", out=tmp_path / "cut", stop=lambda: next(asked) > 0
    )
    assert stopped.change is None
    file.unlink()
    result = resume(tmp_path / "cut")
    names = ("network.safetensors", "recipe.toml", START_FILE, "history.jsonl", "report.html")
    for name in names:
        assert (tmp_path / "whole" / name).read_bytes() == (tmp_path / "cut" / name).read_bytes(), name
    assert result.change is not None
    assert Settings.read(tmp_path / "cut" / "recipe.toml").start == str(file)


def test_a_start_that_was_exchanged_is_noticed(start: Network, tmp_path: Path) -> None:
    train(write_data(tmp_path), RECIPE, start=start, engine="reference", out=tmp_path / "run")
    replace(start, parameters=initialize_parameters(MODERN, 4)).save(tmp_path / "run" / START_FILE)
    with pytest.raises(RunError, match="not the network that this run was started from"):
        resume(tmp_path / "run")


def test_errors_before_and_after_are_those_of_the_two_networks(start: Network) -> None:
    dataset = make_dataset()
    result = train(dataset, RECIPE.changed(epochs=8, rate=0.05), start=start, engine="reference")
    assert result.change is not None
    own = result.change.own
    expected = lenet.evaluate(start, dataset.test.images, dataset.test.labels)
    assert (own.before.answers == expected.answers).all()
    assert own.after is result.evaluation
    assert own.after.wrong < own.before.wrong
    assert train(dataset, RECIPE, engine="reference").change is None


def test_forgetting_is_measured_on_mnist_where_it_is_at_hand(
    start: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = make_dataset(count=60)
    monkeypatch.setattr(changes, "load_dataset", lambda name, download: known)
    result = train(make_dataset(), RECIPE, start=start, engine="reference")
    assert result.change is not None
    assert result.change.mnist is not None
    after = lenet.evaluate(result.network, known.test.images, known.test.labels)
    assert (result.change.mnist.after.answers == after.answers).all()
    before = lenet.evaluate(start, known.test.images, known.test.labels)
    assert (result.change.mnist.before.answers == before.answers).all()
    assert not result.change.why


def test_why_forgetting_was_not_measured_is_said(start: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    result = train(make_dataset(), RECIPE, start=start, engine="reference")
    assert result.change is not None
    assert result.change.mnist is None
    assert "lenet data fetch mnist" in result.change.why
    letters = replace(start, labels=tuple("abcdefghij"))
    result = train(make_dataset(tuple("abc")), RECIPE, start=letters, engine="reference")
    assert result.change is not None
    assert "not the ten digits" in result.change.why
    monkeypatch.setattr(changes, "has_mnist_test_part", lambda dataset: True)
    result = train(make_dataset(), RECIPE, start=start, engine="reference")
    assert result.change is not None
    assert "MNIST itself" in result.change.why
