"""`build_network` in the hands of somebody who knows Keras and not us."""

from pathlib import Path

import numpy as np
import pytest

from lenet.architecture import MODERN, ORIGINAL, PRESETS, Architecture
from lenet.errors import ShapeError
from lenet.parameters import initialize_parameters

pytest.importorskip("tensorflow")
from lenet.engines.keras.network import build_network, read_parameters, set_parameters
from lenet.engines.keras.setup import keras
from lenet.engines.keras.training import Momentum, PenaltyLoss


def draw_images(count: int, height: int = 32, width: int = 32) -> np.ndarray:
    return np.random.default_rng(1).random((count, height, width, 1), np.float32) * 1.275 - 0.1


@pytest.mark.parametrize(("preset", "count"), [("original", 60_000), ("modern", 61_706)])
def test_it_has_as_many_parameters_as_the_architecture(preset: str, count: int) -> None:
    assert build_network(PRESETS[preset]).count_params() == count == PRESETS[preset].trainable


def test_it_starts_from_the_parameters_of_its_seed() -> None:
    found = read_parameters(build_network(seed=7), ORIGINAL)
    for name, array in initialize_parameters(ORIGINAL, 7).items():
        np.testing.assert_array_equal(found[name], array)


def test_axes_are_those_of_keras() -> None:
    parameters = initialize_parameters(MODERN, 3)
    network = build_network(parameters=parameters)
    kernel = network.get_layer("c5").kernel.numpy()
    assert kernel.shape == (5, 5, 16, 120)
    assert kernel[1, 2, 3, 4] == parameters["c5.weight"][4, 3, 1, 2]
    assert network.get_layer("f6").kernel.numpy()[5, 6] == parameters["f6.weight"][6, 5]
    assert network.get_layer("c3").weight.shape == (96, 5, 5)


def test_parameters_of_another_architecture_are_refused() -> None:
    with pytest.raises(ShapeError):
        build_network(ORIGINAL, initialize_parameters(MODERN, 0))
    with pytest.raises(ShapeError):
        set_parameters(build_network(MODERN), initialize_parameters(ORIGINAL, 0))
    with pytest.raises(ShapeError):
        read_parameters(build_network(MODERN), ORIGINAL)


def test_an_image_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ShapeError, match="34"):
        build_network(side=34)


def test_it_gives_a_penalty_for_every_class_and_a_map_of_them_on_a_larger_field() -> None:
    assert build_network()(draw_images(3)).shape == (3, 10)
    assert build_network(side=36)(draw_images(3, 36, 36)).shape == (3, 2, 2, 10)
    field = draw_images(2, 32, 48)
    penalties = build_network(side=None)(field).numpy()
    assert penalties.shape == (2, 1, 5, 10)
    np.testing.assert_allclose(penalties[:, 0, 3], build_network()(field[:, :, 12:44]), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("preset", PRESETS)
def test_it_learns_by_an_ordinary_fit_and_survives_a_file(preset: str, tmp_path: Path) -> None:
    network = build_network(PRESETS[preset], seed=1)
    loss = PenaltyLoss(scale=0.1 if preset == "original" else 1.0)
    network.compile(Momentum(0.02, momentum=0.9, pull=1e-4), loss, jit_compile=False)
    images, shares = draw_images(8), np.eye(10, dtype=np.float32)[:8]
    losses = network.fit(images, shares, batch_size=8, epochs=30, verbose=0).history["loss"]
    assert losses[-1] < losses[0] - 0.05
    network.save(tmp_path / "lenet.keras")
    loaded = keras.models.load_model(tmp_path / "lenet.keras")
    np.testing.assert_array_equal(loaded(images), network(images))
    assert loaded.optimizer.get_config() == network.optimizer.get_config()
    assert loaded.loss.get_config() == network.loss.get_config()
    # and learns on from there, velocities included
    more = [one.fit(images, shares, batch_size=8, verbose=0).history["loss"] for one in (network, loaded)]
    assert more[0] == pytest.approx(more[1], rel=1e-6)


@pytest.mark.parametrize("activation", ["tanh", "logistic", "relu"])
def test_its_layers_give_sums_and_states(activation: str) -> None:
    network = build_network(Architecture(activation))
    names = [layer.name for layer in network.layers]
    expected = [name + end for name in ("c1", "s2", "c3", "s4", "c5", "f6") for end in ("", "_activation")]
    assert names == ["image", *expected, "output", "penalties"]
