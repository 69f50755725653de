"""The curvature that 1998's method needs, from Keras layers.

Source: LeCun et al. 1998, appendix C, equations 21 to 27.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lenet.architecture import LAYER_NAMES, TANH_AMPLITUDE, TANH_SLOPE, WINDOW, Architecture
from lenet.engines.keras.layers import PLACES, Subsampling
from lenet.engines.keras.setup import keras, tf
from lenet.engines.loss import Loss


def measure_curvature(
    network: Any, architecture: Architecture, weights: Sequence[Any], states: Mapping[str, Any], loss: Loss
) -> list[Any]:
    """The summed diagonal Gauss-Newton second derivatives.

    The recursion is that of the gradient with every factor squared: each layer is differentiated
    where its inputs and its weights are squared.

    Args:
        network: what `build_network` made; its own weights do not count.
        architecture: that of the network.
        weights: one for each of the network's.
        states: "input", "c1", ..., "output", each (N, h, w, maps), of 32x32 fields.
        loss: which; its second derivatives do not depend on the targets, whose shares add up to 1.
    Returns:
        One tensor for each weight; never negative.
    """
    flow = bend_loss(architecture, states, loss)
    names, below = [*LAYER_NAMES], ["input", *LAYER_NAMES]
    names = [*names[:-1], "logits"] if architecture.output == "linear" else names[:-1]
    found: list[Any] = []
    rest = list(weights)
    for name, name_below in reversed(list(zip(names, below, strict=False))):
        layer = network.get_layer(name)
        if name in architecture.squashed_layers:
            flow = flow * tf.square(squash_slope(states[name], architecture.activation))
        count = len(layer.trainable_weights)
        rest, own = rest[: len(rest) - count], rest[len(rest) - count :]
        flow, parts = _pull_back(layer, own, states[name_below], flow)
        found = [*parts, *found]
    return found


def bend_loss(architecture: Architecture, states: Mapping[str, Any], loss: Loss) -> Any:
    """The second derivative of each sample's loss by F6's states (RBF) or by the logits (linear).

    Returns:
        (N, 1, 1, 84) or (N, 1, 1, classes), never negative.
    Assumption:
        The paper does not say where its recursion starts; this is the exact diagonal for an RBF output,
        as in the engine `reference`.
    """
    penalties, f6 = states["output"][:, 0, 0], states["f6"][:, 0, 0]
    if loss.kind == "mse":
        return tf.fill(tf.shape(f6), 2.0)[:, None, None]
    junk = -loss.j if loss.kind == "map" else float("-inf")
    scaled = tf.pad(-loss.softness * penalties, ((0, 0), (0, 1)), constant_values=junk)
    shares = tf.nn.softmax(scaled)
    belief, rubbish = shares[:, :-1], shares[:, -1:]
    if architecture.output == "linear":
        return (loss.softness**2 * belief * (1 - belief))[:, None, None]
    pull = 2 * loss.softness * (f6[:, None, :] - tf.constant(architecture.codes))  # (N, classes, 84)
    mean = tf.einsum("ni,nij->nj", belief, pull)
    # rubbish pulls nowhere, so its gap to the mean is the mean
    spread = tf.einsum("ni,nij->nj", belief, tf.square(pull - mean[:, None])) + rubbish * tf.square(mean)
    return (2 * loss.softness * rubbish + spread)[:, None, None]


def squash_slope(states: Any, activation: str) -> Any:
    """The derivative of the squashing function, from its value."""
    if activation == "tanh":
        return TANH_SLOPE * (TANH_AMPLITUDE - tf.square(states) / TANH_AMPLITUDE)
    return states * (1 - states) if activation == "logistic" else tf.cast(states > 0, states.dtype)


def _pull_back(layer: Any, weights: Sequence[Any], inputs: Any, flow: Any) -> tuple[Any, list[Any]]:
    """From a layer's sums to its inputs and its weights."""
    if isinstance(layer, Subsampling):
        totals = WINDOW**2 * keras.ops.average_pool(inputs, WINDOW, WINDOW, **PLACES)
        parts = [tf.reduce_sum(flow * tf.square(totals), (0, 1, 2)), tf.reduce_sum(flow, (0, 1, 2))]
        return _spread(flow * tf.square(weights[0])), parts
    if isinstance(layer, keras.layers.AveragePooling2D):
        return _spread(flow / WINDOW**4), []  # each unit has 1/4 of its window's mean
    # the maximum passes on what its winner gets, so its inputs stay as they are
    pooled = isinstance(layer, keras.layers.MaxPooling2D)
    inputs = inputs if pooled else tf.square(inputs)
    squares = [tf.square(weight) for weight in weights]
    with tf.GradientTape() as tape:
        tape.watch([inputs, *squares])
        sums, _ = layer.stateless_call(squares, [], inputs)
    first, *others = tape.gradient(sums, [inputs, *squares], output_gradients=flow)
    return first, others


def _spread(flow: Any) -> Any:
    return tf.repeat(tf.repeat(flow, WINDOW, axis=1), WINDOW, axis=2)
