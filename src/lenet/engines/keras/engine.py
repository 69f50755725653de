"""The engine `keras`: Keras on TensorFlow, trained by its own `fit`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from lenet.architecture import FIELD, LAYER_NAMES, Architecture
from lenet.engines.engine import Engine, Model, Refusal, Run
from lenet.engines.inputs import check_examples, check_images, one_hot
from lenet.engines.keras.axes import arrange_states, prepare_fields, to_keras
from lenet.engines.keras.curvature import measure_curvature
from lenet.engines.keras.network import ACTIVATION_SUFFIX, build_network, name_arrays
from lenet.engines.keras.run import KerasRun
from lenet.engines.keras.setup import compute_exactly, keras, tf
from lenet.engines.keras.training import measure_loss
from lenet.engines.loss import Loss
from lenet.engines.reference.engine import ReferenceEngine
from lenet.engines.update import Update
from lenet.parameters import Parameters

CHUNK = 256  # 32x32 fields at a time


class KerasModel:
    """One network, ready to run in Keras; see `Model`."""

    def __init__(self, parameters: Parameters) -> None:
        self.architecture = parameters.architecture
        self._network, self._tracer = _build_networks(parameters.architecture)
        self._weights = [tf.constant(to_keras(array)) for array in parameters.values()]

    @compute_exactly()
    def penalties(self, images: np.ndarray) -> np.ndarray:
        parts = [self._run(self._network, chunk).numpy() for chunk in self._cut_chunks(images)]
        return arrange_states("output", np.concatenate(parts)[: len(images)])

    @compute_exactly()
    def trace(self, images: np.ndarray, sums: bool = False) -> dict[str, np.ndarray]:
        names = ["input", *LAYER_NAMES]
        if sums:
            names += [f"{name}.sum" for name in self.architecture.activated_layers]
        traces = [self._trace(chunk) for chunk in self._cut_chunks(images)]
        joined = {name: np.concatenate([trace[name].numpy() for trace in traces]) for name in names}
        return {name: arrange_states(name, states[: len(images)]) for name, states in joined.items()}

    def gradient(self, images: np.ndarray, targets: np.ndarray, loss: Loss) -> Parameters:
        def differentiate(fields: Any, targets: Any) -> Sequence[Any]:
            with tf.GradientTape() as tape:
                tape.watch(self._weights)
                penalties = self._run(self._network, fields)[:, 0, 0]
                total = tf.reduce_sum(measure_loss(penalties, targets, loss))
            return tape.gradient(total, self._weights)

        return self._average(differentiate, images, targets, loss)

    def curvature(self, images: np.ndarray, targets: np.ndarray, loss: Loss) -> Parameters:
        def differentiate(fields: Any, _: Any) -> Sequence[Any]:
            states = self._trace(fields)
            return measure_curvature(self._network, self.architecture, self._weights, states, loss)

        return self._average(differentiate, images, targets, loss)

    def _run(self, network: Any, fields: Any) -> Any:
        """Run a shared network with our weights in place of its own."""
        return network.stateless_call(self._weights, [], fields)[0]

    def _trace(self, fields: Any) -> dict[str, Any]:
        return {"input": fields} | self._run(self._tracer, fields)

    def _cut_chunks(self, images: np.ndarray) -> Iterator[Any]:
        check_images(self.architecture, images)
        if not len(images):  # TensorFlow needs at least one image, which gives the shapes
            images = np.zeros((1, *images.shape[1:]), images.dtype)
        fields = max(CHUNK * FIELD**2 // (images.shape[-1] * images.shape[-2]), 1)
        for start in range(0, len(images), fields):
            yield tf.constant(prepare_fields(images[start : start + fields]))

    @compute_exactly()
    def _average(
        self,
        differentiate: Callable[[Any, Any], Sequence[Any]],
        images: np.ndarray,
        targets: np.ndarray,
        loss: Loss,
    ) -> Parameters:
        check_examples(self.architecture, images, targets, loss)
        totals = [tf.zeros_like(weight) for weight in self._weights]
        encoded = one_hot(targets, self.architecture.classes, np.float32)
        start = 0
        for fields in self._cut_chunks(images) if len(images) else ():
            parts = differentiate(fields, encoded[start : start + len(fields)])
            totals = [total + part for total, part in zip(totals, parts, strict=True)]
            start += len(fields)
        return name_arrays(self.architecture, [total / max(len(images), 1) for total in totals])


class KerasEngine(Engine):
    """Keras on TensorFlow; see `Engine`. It computes in float32: float64 goes to `reference`."""

    name = "keras"

    def refuses(self, architecture: Architecture, update: Update | None = None) -> Refusal | None:
        return Refusal("keras.scales", {}) if update and update.method == "diagonal-lm" else None

    def load(self, architecture: Architecture, parameters: Parameters, dtype: str = "float32") -> Model:
        if dtype != "float32":
            return ReferenceEngine().load(architecture, parameters, dtype)
        return KerasModel(parameters.astype(np.float32))

    def start(self, architecture: Architecture, parameters: Parameters, update: Update) -> Run:
        update.loss.check(architecture)
        self.check(architecture, update)
        if parameters.dtype != np.float32:
            return ReferenceEngine().start(architecture, parameters, update)
        return KerasRun(parameters, update)


@lru_cache(maxsize=8)
def _build_networks(architecture: Architecture) -> tuple[Any, Any]:
    """A network for fields of any size, and one with the same layers that returns all states and sums."""
    network = build_network(architecture, side=None)
    activated = architecture.activated_layers
    states = {
        name: network.get_layer(name + ACTIVATION_SUFFIX * (name in activated)).output for name in LAYER_NAMES
    }
    sums = {f"{name}.sum": network.get_layer(name).output for name in activated}
    return network, keras.Model(network.input, states | sums)
