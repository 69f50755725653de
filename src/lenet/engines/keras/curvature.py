"""The curvature that the method of 1998 needs, from Keras layers.

Source: LeCun et al. 1998, appendix C, equations 21 to 27.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lenet.architecture import LAYER_NAMES, TANH_AMPLITUDE, TANH_SLOPE, WINDOW, Architecture
from lenet.engines.keras.layers import CHANNELS_LAST, Subsampling
from lenet.engines.keras.setup import keras, tf
from lenet.engines.loss import Loss


def measure_curvature(
    network: Any, architecture: Architecture, weights: Sequence[Any], states: Mapping[str, Any], loss: Loss
) -> list[Any]:
    """Compute the summed diagonal Gauss-Newton second derivatives.

    The recursion is that of the gradient with every factor squared: each layer is differentiated with squared
    inputs and squared weights.

    Args:
        network: what `build_network` made; its own weights are not used.
        architecture: that of the network.
        weights: one for each of the network's.
        states: "input", "c1", ..., "output", each (N, h, w, maps), of 32x32 fields.
        loss: which; its second derivatives do not depend on the targets, because these add up to 1.
    Returns:
        One tensor for each weight; never negative.
    """
    delta = differentiate_output_twice(architecture, states, loss)
    names, below = [*LAYER_NAMES], ["input", *LAYER_NAMES]
    names = [*names[:-1], "logits"] if architecture.output == "linear" else names[:-1]
    found: list[Any] = []
    rest = list(weights)
    for name, name_below in reversed(list(zip(names, below, strict=False))):
        layer = network.get_layer(name)
        if name in architecture.activated_layers:
            delta = delta * tf.square(activation_slope(states[name], architecture.activation))
        count = len(layer.trainable_weights)
        rest, own = rest[: len(rest) - count], rest[len(rest) - count :]
        delta, parts = _pull_back(layer, own, states[name_below], delta)
        found = [*parts, *found]
    return found


def differentiate_output_twice(architecture: Architecture, states: Mapping[str, Any], loss: Loss) -> Any:
    """Compute the second derivatives of each sample's loss by the states of F6 (RBF) or by the logits.

    Returns:
        (N, 1, 1, 84) or (N, 1, 1, classes), never negative.
    Assumption:
        The paper does not say where its recursion starts; this is the exact diagonal for an RBF output,
        as in the engine `reference`.
    """
    penalties, f6 = states["output"][:, 0, 0], states["f6"][:, 0, 0]
    if loss.kind == "mse":
        return tf.fill(tf.shape(f6), 2.0)[:, None, None]
    no_class = -loss.j if loss.kind == "map" else float("-inf")
    logits = tf.pad(-loss.softness * penalties, ((0, 0), (0, 1)), constant_values=no_class)
    softmax = tf.nn.softmax(logits)
    probabilities, rubbish = softmax[:, :-1], softmax[:, -1:]
    if architecture.output == "linear":
        return (loss.softness**2 * probabilities * (1 - probabilities))[:, None, None]
    slopes = 2 * loss.softness * (f6[:, None, :] - tf.constant(architecture.codes))  # (N, classes, 84)
    mean = tf.einsum("ni,nij->nj", probabilities, slopes)
    # the rubbish class has a slope of 0, whose distance from the mean is the mean
    squares = tf.square(slopes - mean[:, None])
    variance = tf.einsum("ni,nij->nj", probabilities, squares) + rubbish * tf.square(mean)
    return (2 * loss.softness * rubbish + variance)[:, None, None]


def activation_slope(states: Any, activation: str) -> Any:
    """Compute the derivative of the activation function from its value."""
    if activation == "tanh":
        return TANH_SLOPE * (TANH_AMPLITUDE - tf.square(states) / TANH_AMPLITUDE)
    return states * (1 - states) if activation == "logistic" else tf.cast(states > 0, states.dtype)


def _pull_back(layer: Any, weights: Sequence[Any], inputs: Any, delta: Any) -> tuple[Any, list[Any]]:
    """From a layer's sums to its inputs and its weights."""
    if isinstance(layer, Subsampling):
        totals = WINDOW**2 * keras.ops.average_pool(inputs, WINDOW, WINDOW, **CHANNELS_LAST)
        parts = [tf.reduce_sum(delta * tf.square(totals), (0, 1, 2)), tf.reduce_sum(delta, (0, 1, 2))]
        return _upsample(delta * tf.square(weights[0])), parts
    if isinstance(layer, keras.layers.AveragePooling2D):
        return _upsample(delta / WINDOW**4), []  # each unit is 1/4 of its window's mean
    # the delta of a maximum goes to the unit that has it, so its inputs are not squared
    pooled = isinstance(layer, keras.layers.MaxPooling2D)
    inputs = inputs if pooled else tf.square(inputs)
    squares = [tf.square(weight) for weight in weights]
    with tf.GradientTape() as tape:
        tape.watch([inputs, *squares])
        sums, _ = layer.stateless_call(squares, [], inputs)
    first, *others = tape.gradient(sums, [inputs, *squares], output_gradients=delta)
    return first, others


def _upsample(delta: Any) -> Any:
    """Repeat each pixel for its 2x2 window."""
    return tf.repeat(tf.repeat(delta, WINDOW, axis=1), WINDOW, axis=2)
