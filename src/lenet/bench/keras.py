"""LeNet-5 in Keras on TensorFlow as its users would write it, to be timed against our engines."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from importlib.util import find_spec
from typing import Any

import numpy as np

from lenet.architecture import TANH_AMPLITUDE, TANH_SLOPE, Architecture
from lenet.bench.peers import Recognize, Train
from lenet.engines.inputs import scale_images
from lenet.parameters import initialize_parameters

WAYS = ("fit", "fit jit")  # jit: compiled by XLA


def list_trainings(
    architecture: Architecture,
    scale: float,
    batch: int,
    threads: int,
    images: np.ndarray,
    labels: np.ndarray,
) -> Iterator[tuple[str, Train]]:
    """Name and training of each way, if TensorFlow is installed."""
    if find_spec("tensorflow"):
        for way in WAYS[: 1 if batch == 1 else None]:  # one sample at a time, XLA gains nothing
            yield f"keras {way}", _train(way, architecture, scale, batch, threads, images, labels)


def list_recognitions(
    architecture: Architecture, threads: int, single: bool
) -> Iterator[tuple[str, Recognize]]:
    """Name and function of each way, if TensorFlow is installed."""
    if not find_spec("tensorflow"):
        return
    tensorflow, network = _import_tensorflow(threads), _make_network(architecture)

    def predict(images: np.ndarray) -> np.ndarray:
        fields = scale_images(images, np.float32).transpose(0, 2, 3, 1)
        penalties: np.ndarray = network.predict(fields, batch_size=1000, verbose=0)
        return penalties

    traced = tensorflow.function(lambda fields: network(fields, training=False), reduce_retracing=True)

    def call(images: np.ndarray) -> np.ndarray:
        fields = scale_images(images, np.float32).transpose(0, 2, 3, 1)
        penalties: np.ndarray = traced(tensorflow.constant(fields)).numpy()
        return penalties

    if not single:
        yield "keras predict", predict
    yield "keras call", call


def _import_tensorflow(threads: int) -> Any:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import tensorflow

    with suppress(RuntimeError):  # it has begun to work, with as many as the first figure set
        tensorflow.config.threading.set_intra_op_parallelism_threads(threads)
    return tensorflow


def _train(
    way: str,
    architecture: Architecture,
    scale: float,
    batch: int,
    threads: int,
    images: np.ndarray,
    labels: np.ndarray,
) -> Train:
    """One `fit` over so many samples, data already tensors."""
    tensorflow, network = _import_tensorflow(threads), _make_network(architecture)
    keras = tensorflow.keras
    entropy = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    network.compile(
        keras.optimizers.SGD(1e-3, momentum=0.0 if batch == 1 else 0.9),
        lambda labels, penalties: entropy(labels, -scale * penalties),
        jit_compile=way.endswith("jit"),
    )
    fields = tensorflow.constant(scale_images(images, np.float32).transpose(0, 2, 3, 1))
    targets = tensorflow.constant(labels)

    def train(samples: int) -> float:
        start = time.perf_counter()
        network.fit(fields[:samples], targets[:samples], batch_size=batch, shuffle=False, verbose=0)
        return time.perf_counter() - start

    return train


def _make_network(architecture: Architecture) -> Any:
    """The network as a Keras model, channels last; C3 as one masked convolution."""
    import tensorflow

    keras = tensorflow.keras
    image = keras.Input((32, 32, 1))
    maps = image
    for name in ("c1", "s2", "c3", "s4", "c5"):
        layer = _make_pooling if name in ("s2", "s4") else _make_convolution
        maps = layer(architecture, name)(maps)
    activate = _choose_activation(architecture)
    states = keras.layers.Dense(84, activation=activate)(keras.layers.Flatten()(maps))
    if architecture.output == "linear":
        return keras.Model(image, keras.layers.Dense(architecture.classes)(states) * -1.0)
    codes = architecture.codes.astype(np.float32)

    def measure(states: Any) -> Any:
        # |x|^2 - 2 x.w + |w|^2: one matrix product
        products = tensorflow.matmul(states, tensorflow.constant(-2 * codes.T))
        return products + tensorflow.reduce_sum(states**2, 1, keepdims=True) + (codes**2).sum(1)

    return keras.Model(image, keras.layers.Lambda(measure)(states))


def _choose_activation(architecture: Architecture) -> Callable[[Any], Any]:
    import tensorflow

    if architecture.activation == "relu":
        return tensorflow.nn.relu
    if architecture.activation == "logistic":
        return tensorflow.nn.sigmoid
    return lambda sums: TANH_AMPLITUDE * tensorflow.tanh(TANH_SLOPE * sums)


def _make_convolution(architecture: Architecture, name: str) -> Any:
    import tensorflow

    kernels = initialize_parameters(architecture, 0).dense(name).transpose(2, 3, 1, 0)
    activate, start = _choose_activation(architecture), tensorflow.keras.initializers.Constant(kernels)
    mask = tensorflow.constant((kernels != 0).astype(np.float32))

    layers: Any = tensorflow.keras.layers

    class MaskedConvolution(layers.Conv2D):  # type: ignore[misc, unused-ignore]  # Any without TensorFlow
        """Missing connections stay missing."""

        def call(self, maps: Any) -> Any:
            sums = tensorflow.nn.conv2d(maps, self.kernel * mask, 1, "VALID")
            return activate(sums + self.bias)

    if name == "c3" and architecture.connections == "table":
        return MaskedConvolution(kernels.shape[-1], 5, kernel_initializer=start)
    return layers.Conv2D(kernels.shape[-1], 5, activation=activate, kernel_initializer=start)


def _make_pooling(architecture: Architecture, name: str) -> Any:
    import tensorflow

    layers: Any = tensorflow.keras.layers
    activate = _choose_activation(architecture)

    class Subsampling(layers.Layer):  # type: ignore[misc, unused-ignore]
        """The mean of four, times a coefficient, plus a bias."""

        def build(self, shape: Any) -> None:
            self.coefficient = self.add_weight(shape=shape[-1:], initializer="ones")
            self.shift = self.add_weight(shape=shape[-1:], initializer="zeros")

        def call(self, maps: Any) -> Any:
            means = tensorflow.nn.avg_pool2d(maps, 2, 2, "VALID")
            return activate(self.coefficient * means + self.shift)

    if architecture.pooling == "trainable":
        return Subsampling(name=name)
    kind = layers.MaxPooling2D if architecture.pooling == "max" else layers.AveragePooling2D
    return kind(2, name=name)
