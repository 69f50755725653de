"""The layers that Keras lacks, in the hands of somebody who knows Keras and not us."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from lenet.architecture import C3_TABLE, ORIGINAL
from lenet.errors import ShapeError

pytest.importorskip("tensorflow")
from lenet.engines.keras.layers import EuclideanRBF, Subsampling, TableConvolution, scaled_tanh
from lenet.engines.keras.setup import keras, tf

SMALL = st.floats(-2, 2, width=32)


def test_scaled_tanh_passes_through_plus_and_minus_one() -> None:
    np.testing.assert_allclose(
        scaled_tanh(tf.constant([-1.0, 0.0, 1.0, 100.0])), [-1, 0, 1, 1.7159], atol=1e-5
    )


def test_subsampling_by_hand() -> None:
    layer = Subsampling()
    maps = np.array([[1, 2, 5, 6], [3, 4, 7, 8]], np.float32)[None, :, :, None]
    layer.build(maps.shape)
    layer.coefficient.assign([0.5])
    layer.bias.assign([-1.0])
    np.testing.assert_array_equal(layer(maps).numpy()[0, :, :, 0], [[10 / 2 - 1, 26 / 2 - 1]])


def test_a_table_convolution_reads_what_its_table_names_and_nothing_else() -> None:
    layer = TableConvolution([[1], [0, 2]], side=2)
    maps = np.arange(12, dtype=np.float32).reshape(1, 2, 2, 3)
    layer.build(maps.shape)
    kernels = np.array([[[1, 0], [0, 0]], [[0, 1], [0, 0]], [[0, 0], [0, 1]]], np.float32)
    layer.weight.assign(kernels)
    layer.bias.assign([0.5, 0])
    upper_left, upper_right, lower_right = maps[0, 0, 0, 1], maps[0, 0, 1, 0], maps[0, 1, 1, 2]
    np.testing.assert_array_equal(layer(maps).numpy()[0, 0, 0], [upper_left + 0.5, upper_right + lower_right])


def test_a_table_for_more_maps_than_there_are_is_named() -> None:
    with pytest.raises(ShapeError, match=r"map 5.*4 maps"):
        TableConvolution()(np.zeros((1, 14, 14, 4), np.float32))


@settings(max_examples=20, deadline=None)
@given(arrays(np.float32, (1, 7, 6, 6), elements=SMALL), st.integers(0, 15))
def test_each_map_of_c3_is_the_sum_over_its_row_of_table_i(maps: np.ndarray, m: int) -> None:
    layer = TableConvolution()
    layer.build(maps.shape)
    found = layer(maps).numpy()[0, :, :, m]
    first = sum(len(inputs) for inputs in C3_TABLE[:m])
    expected = np.zeros((3, 2))
    for n, i in enumerate(C3_TABLE[m]):
        kernel = layer.weight.numpy()[first + n].astype(float)
        for y, x in np.ndindex(3, 2):
            expected[y, x] += (maps[0, y : y + 5, x : x + 5, i] * kernel).sum()
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_distances_by_hand() -> None:
    layer = EuclideanRBF([[1, 1], [-1, 0.5]])
    np.testing.assert_array_equal(layer(np.array([[1, 3]], np.float32)), [[4, 4 + 6.25]])
    assert not layer.weights


@settings(max_examples=20, deadline=None)
@given(arrays(np.float32, (3, 84), elements=SMALL))
def test_a_state_is_nearest_to_itself_and_no_distance_is_negative(states: np.ndarray) -> None:
    found = EuclideanRBF(np.vstack([states, ORIGINAL.codes]))(states).numpy()
    np.testing.assert_array_equal(np.diag(found[:, :3]), 0)
    assert found.min() >= 0


LAYERS = {
    "table": lambda: TableConvolution(activation=scaled_tanh),
    "pairs": lambda: TableConvolution([[0, 5], [2]], side=3),
    "subsampling": lambda: Subsampling(activation="sigmoid"),
    "rbf": lambda: EuclideanRBF(np.eye(6)),
}


@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_is_made_again_from_its_config(name: str) -> None:
    layer = LAYERS[name]()
    maps = np.random.default_rng(0).random((2, 8, 10, 6), np.float32)
    expected = layer(maps)
    again = keras.layers.deserialize(keras.layers.serialize(layer))
    assert again.get_config() == layer.get_config()
    assert again.compute_output_shape(maps.shape) == expected.shape
    assert again.compute_output_shape((None, None, None, 6))[3] == expected.shape[3]
    again(maps)
    again.set_weights(layer.get_weights())
    np.testing.assert_array_equal(again(maps), expected)


@pytest.mark.parametrize("name", [name for name in LAYERS if name != "rbf"])
def test_the_gradient_of_a_layer_is_that_of_its_differences(name: str) -> None:
    layer, chance = LAYERS[name](), np.random.default_rng(1)
    maps = chance.random((2, 8, 8, 6), np.float32)
    layer.build(maps.shape)
    towards = chance.standard_normal(layer(maps).shape).astype(np.float32)
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(layer(maps) * towards)
    for weight, slope in zip(
        layer.weights, tape.gradient(total, [w.value for w in layer.weights]), strict=True
    ):
        start, step = weight.numpy(), chance.standard_normal(weight.shape).astype(np.float32)
        sides = []
        for sign in (1, -1):
            weight.assign(start + sign * np.float32(0.01) * step)
            sides.append(float(tf.reduce_sum(tf.cast(layer(maps) * towards, tf.float64))))
        weight.assign(start)
        assert (sides[0] - sides[1]) / 0.02 == pytest.approx(
            float((slope.numpy() * step).sum()), rel=1e-2, abs=1e-2
        )


def test_they_work_in_somebody_elses_model_which_can_be_saved_and_loaded(tmp_path: Path) -> None:
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((12, 12, 6)),
            Subsampling(activation=scaled_tanh),
            TableConvolution(side=3, activation="relu"),
            layers.Flatten(),
            layers.Dense(84, activation=scaled_tanh),
            EuclideanRBF(ORIGINAL.codes),
        ]
    )
    chance = np.random.default_rng(0)
    images, targets = chance.random((16, 12, 12, 6), np.float32), chance.random((16, 10), np.float32)
    model.compile("adam", "mse", jit_compile=False)
    history = model.fit(images, targets, epochs=4, verbose=0, shuffle=False).history["loss"]
    assert history[-1] < history[0]
    model.save(tmp_path / "mine.keras")
    np.testing.assert_array_equal(keras.models.load_model(tmp_path / "mine.keras")(images), model(images))
