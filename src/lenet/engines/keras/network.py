"""LeNet-5 as a Keras model, to be used in any Keras program; channels last."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from lenet.architecture import (
    C1_MAPS,
    C5_MAPS,
    F6_UNITS,
    FIELD,
    KERNEL,
    ORIGINAL,
    WINDOW,
    Architecture,
)
from lenet.engines.keras.axes import from_keras, to_keras
from lenet.engines.keras.layers import CHANNELS_LAST, EuclideanRBF, Subsampling, TableConvolution, scaled_tanh
from lenet.engines.keras.setup import keras
from lenet.errors import ShapeError
from lenet.parameters import Parameters, initialize_parameters

ACTIVATIONS = {"tanh": scaled_tanh, "logistic": "sigmoid", "relu": "relu"}
ACTIVATION_SUFFIX = "_activation"  # c1_activation is the activation function after c1


def build_network(
    architecture: Architecture | None = None,
    parameters: Parameters | None = None,
    seed: int = 0,
    side: int | None = FIELD,
) -> Any:
    """Build LeNet-5 as a functional Keras model, from images to a penalty for every class; the smallest wins.

    Its layers are called c1, c1_activation, s2, ..., output; `c1` computes the sums, `c1_activation` the
    states.

    Args:
        architecture: which network of the family; by default that of the parameters, or of 1998.
        parameters: to start from, in float32; None to draw them from `seed`.
        seed: 0 to 2^64 - 1.
        side: of the images, (N, side, side, 1), background -0.1 and ink 1.175. The output is (N, classes) for
            32; None for images of any size of 32 + 4 n, and an output of (N, h, w, classes).
    Raises:
        ShapeError: parameters of another architecture, or an image that does not fit the network.
    """
    if architecture is None:
        architecture = parameters.architecture if parameters else ORIGINAL
    if parameters is None:
        parameters = initialize_parameters(architecture, seed)
    layers = keras.layers
    image = keras.Input((side, side, 1), name="image", dtype="float32")
    states = image
    for layer in _make_layers(architecture):
        states = layer(states)
        if layer.name in architecture.activated_layers:
            activate = ACTIVATIONS[architecture.activation]
            states = layers.Activation(activate, name=layer.name + ACTIVATION_SUFFIX, dtype="float32")(states)
    if side is not None and architecture.output_sides(side, side) == (1, 1):
        states = layers.Flatten(name="penalties", dtype="float32", **CHANNELS_LAST)(states)
    network = keras.Model(image, states, name="lenet5")
    set_parameters(network, parameters)
    return network


def _make_layers(architecture: Architecture) -> list[Any]:
    """C1 to the output, without the activation functions."""
    layers = keras.layers
    plain: dict[str, Any] = {"dtype": "float32"}

    def make_pooling(name: str) -> Any:
        if architecture.pooling == "trainable":
            return Subsampling(name=name, **plain)
        kind = layers.MaxPooling2D if architecture.pooling == "max" else layers.AveragePooling2D
        return kind(WINDOW, name=name, **CHANNELS_LAST, **plain)

    made = [
        layers.Conv2D(C1_MAPS, KERNEL, name="c1", **CHANNELS_LAST, **plain),
        make_pooling("s2"),
        TableConvolution(architecture.table, name="c3", **plain),
        make_pooling("s4"),
        layers.Conv2D(C5_MAPS, KERNEL, name="c5", **CHANNELS_LAST, **plain),
        layers.Dense(F6_UNITS, name="f6", **plain),
    ]
    if architecture.output == "rbf":
        return [*made, EuclideanRBF(architecture.codes, name="output", **plain)]
    logits = layers.Dense(architecture.classes, name="logits", **plain)
    return [*made, logits, layers.Rescaling(-1.0, name="output", **plain)]


def set_parameters(network: Any, parameters: Parameters) -> None:
    """Copy parameters into a network that `build_network` made.

    Raises:
        ShapeError: they are those of another architecture.
    """
    weights, arrays = network.trainable_weights, [to_keras(array) for array in parameters.values()]
    found, expected = ([tuple(one.shape) for one in many] for many in (arrays, weights))
    if found != expected:
        raise ShapeError("parameters.shape", name="keras", found=found, expected=expected)
    for weight, array in zip(weights, arrays, strict=True):
        weight.assign(np.ascontiguousarray(array, np.float32))


def read_parameters(network: Any, architecture: Architecture) -> Parameters:
    """Copy the parameters out of a network that `build_network` made.

    Raises:
        ShapeError: it is one of another architecture.
    """
    return name_arrays(architecture, network.trainable_weights)


def name_arrays(architecture: Architecture, arrays: Sequence[Any]) -> Parameters:
    """Make parameters of Keras weights, or of tensors like them, in the order of the layers."""
    if len(arrays) != len(architecture.parameter_shapes):
        found, expected = len(arrays), len(architecture.parameter_shapes)
        raise ShapeError("parameters.names", found=found, expected=expected)
    turned = (np.array(from_keras(array.numpy()), order="C") for array in arrays)
    return Parameters(architecture, dict(zip(architecture.parameter_shapes, turned, strict=True)))
