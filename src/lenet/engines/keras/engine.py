"""The engine `keras`: Keras on TensorFlow, trained by Keras's own `fit`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from threading import Lock
from typing import Any

import numpy as np

from lenet.architecture import FIELD, LAYER_NAMES, Architecture
from lenet.engines import Model, Refusal, Run, Update, get_engine
from lenet.engines.inputs import check_images, check_targets, scale_images, show_patterns, spread_targets
from lenet.engines.keras.curvature import measure_curvature
from lenet.engines.keras.network import SQUASHED, build_network, name_arrays, turn_in
from lenet.engines.keras.setup import keras, tf
from lenet.engines.keras.training import EachStep, Momentum, PenaltyLoss, measure_loss
from lenet.engines.loss import Loss
from lenet.errors import EngineError
from lenet.images.distort import DistortedEpoch
from lenet.parameters import Parameters

CHUNK = 256  # 32x32 fields at a time


@contextmanager
def _compute_exactly() -> Iterator[None]:
    """On CUDA, TensorFlow's products round their inputs to 10 bits (TF32) unless it is told not to."""
    rounds = tf.config.experimental.tensor_float_32_execution_enabled()
    tf.config.experimental.enable_tensor_float_32_execution(False)
    try:
        yield
    finally:
        tf.config.experimental.enable_tensor_float_32_execution(rounds)


class KerasModel:
    """One network, ready to run in Keras; see `Model`."""

    def __init__(self, parameters: Parameters) -> None:
        self.architecture = parameters.architecture
        self._network, self._tracer = _share_networks(parameters.architecture)
        self._weights = [tf.constant(turn_in(array)) for array in parameters.values()]

    @_compute_exactly()
    def penalties(self, images: np.ndarray) -> np.ndarray:
        parts = [self._run(self._network, chunk).numpy() for chunk in self._cut_chunks(images)]
        return _arrange("output", np.concatenate(parts)[: len(images)])

    @_compute_exactly()
    def trace(self, images: np.ndarray, sums: bool = False) -> dict[str, np.ndarray]:
        names = ["input", *LAYER_NAMES]
        if sums:
            names += [f"{name}.sum" for name in self.architecture.squashed_layers]
        traces = [self._trace(chunk) for chunk in self._cut_chunks(images)]
        joined = {name: np.concatenate([trace[name].numpy() for trace in traces]) for name in names}
        return {name: _arrange(name, states[: len(images)]) for name, states in joined.items()}

    def gradient(self, images: np.ndarray, targets: np.ndarray, loss: Loss) -> Parameters:
        def differentiate(fields: Any, shares: Any) -> Sequence[Any]:
            with tf.GradientTape() as tape:
                tape.watch(self._weights)
                penalties = self._run(self._network, fields)[:, 0, 0]
                total = tf.reduce_sum(measure_loss(penalties, shares, loss))
            return tape.gradient(total, self._weights)

        return self._average(differentiate, images, targets, loss)

    def curvature(self, images: np.ndarray, targets: np.ndarray, loss: Loss) -> Parameters:
        def differentiate(fields: Any, _: Any) -> Sequence[Any]:
            states = self._trace(fields)
            return measure_curvature(self._network, self.architecture, self._weights, states, loss)

        return self._average(differentiate, images, targets, loss)

    def _run(self, network: Any, fields: Any) -> Any:
        """What a shared network gives with our weights in place of its own."""
        return network.stateless_call(self._weights, [], fields)[0]

    def _trace(self, fields: Any) -> dict[str, Any]:
        return {"input": fields} | self._run(self._tracer, fields)

    def _cut_chunks(self, images: np.ndarray) -> Iterator[Any]:
        check_images(self.architecture, images)
        if not len(images):  # TensorFlow's kernels want at least one, which gives the shapes
            images = np.zeros((1, *images.shape[1:]), images.dtype)
        fields = max(CHUNK * FIELD**2 // (images.shape[-1] * images.shape[-2]), 1)
        for start in range(0, len(images), fields):
            yield tf.constant(_see(images[start : start + fields]))

    @_compute_exactly()
    def _average(
        self,
        differentiate: Callable[[Any, Any], Sequence[Any]],
        images: np.ndarray,
        targets: np.ndarray,
        loss: Loss,
    ) -> Parameters:
        check_images(self.architecture, images, training=True)
        check_targets(self.architecture, targets, len(images))
        loss.check(self.architecture)
        totals = [tf.zeros_like(weight) for weight in self._weights]
        shares = spread_targets(targets, self.architecture.classes, np.float32)
        start = 0
        for fields in self._cut_chunks(images) if len(images) else ():
            parts = differentiate(fields, shares[start : start + len(fields)])
            totals = [total + part for total, part in zip(totals, parts, strict=True)]
            start += len(fields)
        return name_arrays(self.architecture, [total / max(len(images), 1) for total in totals])


class KerasRun:
    """A training under way in Keras; see `Run`."""

    def __init__(self, parameters: Parameters, recipe: Update) -> None:
        self._architecture = parameters.architecture
        self._trainee = _share_trainee(
            parameters.architecture, recipe.loss, recipe.momentum, recipe.weight_decay
        )
        self._weights, self._velocity = parameters.map(np.copy), parameters.map(np.zeros_like)

    def parameters(self) -> Parameters:
        return self._weights.map(np.copy)

    def state(self) -> dict[str, np.ndarray]:
        weights = {f"weight.{name}": array.copy() for name, array in self._weights.items()}
        return weights | {f"velocity.{name}": array.copy() for name, array in self._velocity.items()}

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        for name in self._weights:
            self._weights[name][...] = state[f"weight.{name}"]
            self._velocity[name][...] = state[f"velocity.{name}"]

    @_compute_exactly()
    def advance(
        self,
        images: np.ndarray,
        targets: np.ndarray,
        order: np.ndarray,
        rates: np.ndarray,
        scales: Parameters | None = None,
        distortion: DistortedEpoch | None = None,
    ) -> np.ndarray:
        check_images(self._architecture, images, training=True)
        check_targets(self._architecture, targets, len(images))
        if scales is not None:
            raise EngineError("keras.scales")
        if distortion:
            images, targets, order = show_patterns(images, targets, order, distortion, np.float32)
        chosen = order.ravel()
        fields = _see(images[chosen])
        shares = spread_targets(targets[chosen], self._architecture.classes, np.float32)
        losses, self._weights, self._velocity = self._trainee.fit(
            fields, shares, order.shape[1], rates, self._weights, self._velocity
        )
        return losses


class Trainee:
    """A compiled Keras model that the runs of one kind share, for compiling takes a second.

    Args:
        architecture: the network.
        loss: what is minimized.
        momentum: the share of the last step that is kept.
        pull: how strongly every weight is pulled to 0.
    """

    def __init__(self, architecture: Architecture, loss: Loss, momentum: float, pull: float) -> None:
        self._architecture = architecture
        self._network = build_network(architecture)
        self._network.compile(
            Momentum(momentum=momentum, pull=pull),
            PenaltyLoss(loss.kind, loss.scale, loss.j),
            jit_compile=False,
        )
        self._network.optimizer.build(self._network.trainable_weights)
        self._lock = Lock()

    def fit(
        self,
        fields: np.ndarray,
        shares: np.ndarray,
        batch: int,
        rates: np.ndarray,
        weights: Parameters,
        velocity: Parameters,
    ) -> tuple[np.ndarray, Parameters, Parameters]:
        """One call of Keras's `fit`.

        Args:
            fields: (steps * batch, 32, 32, 1) float32, in the order of the steps.
            shares: (steps * batch, classes) float32.
            batch: images a step.
            rates: (steps,).
            weights: before the first step.
            velocity: likewise.
        Returns:
            (steps,) float64 losses, and weights and velocity after the last step.
        """
        steps = EachStep(rates)
        own = self._network.trainable_weights
        optimizer = self._network.optimizer
        with self._lock:
            for held, arrays in ((own, weights), (optimizer.velocities, velocity)):
                for variable, array in zip(held, arrays.values(), strict=True):
                    variable.assign(turn_in(array))
            if len(fields):
                self._network.fit(
                    fields, shares, batch_size=batch, shuffle=False, verbose=0, callbacks=[steps]
                )
            moved = name_arrays(self._architecture, own)
            return steps.losses, moved, name_arrays(self._architecture, optimizer.velocities)


class KerasEngine:
    """Keras on TensorFlow; see `Engine`. It computes in float32: float64 goes to `reference`."""

    name = "keras"

    def refuses(self, architecture: Architecture, recipe: Update | None = None) -> Refusal | None:
        return Refusal("keras.scales", {}) if recipe and recipe.method == "diagonal-lm" else None

    def load(self, architecture: Architecture, parameters: Parameters, dtype: str = "float32") -> Model:
        if dtype != "float32":
            return get_engine("reference").load(architecture, parameters, dtype)
        return KerasModel(parameters.astype(np.float32))

    def start(self, architecture: Architecture, parameters: Parameters, recipe: Update) -> Run:
        recipe.loss.check(architecture)
        refusal = self.refuses(architecture, recipe)
        if refusal:
            raise EngineError(refusal.key, **refusal.values)
        if parameters.dtype != np.float32:
            return get_engine("reference").start(architecture, parameters, recipe)
        return KerasRun(parameters, recipe)


@lru_cache(maxsize=8)
def _share_networks(architecture: Architecture) -> tuple[Any, Any]:
    """The network over fields of any size, and one over its layers that gives all states and sums."""
    network = build_network(architecture, side=None)
    squashed = architecture.squashed_layers
    states = {name: network.get_layer(name + SQUASHED * (name in squashed)).output for name in LAYER_NAMES}
    sums = {f"{name}.sum": network.get_layer(name).output for name in squashed}
    return network, keras.Model(network.input, states | sums)


@lru_cache(maxsize=8)
def _share_trainee(architecture: Architecture, loss: Loss, momentum: float, pull: float) -> Trainee:
    return Trainee(architecture, loss, momentum, pull)


def _see(images: np.ndarray) -> np.ndarray:
    """(N, H, W, 1) float32, as the network sees them, channels last."""
    return np.ascontiguousarray(scale_images(images, np.float32).transpose(0, 2, 3, 1))


def _arrange(name: str, states: np.ndarray) -> np.ndarray:
    """From channels last to (N, maps, h, w); F6 and the output as vectors on a 32x32 field."""
    if name.partition(".")[0] in {"f6", "output"} and states.shape[1:3] == (1, 1):
        return np.ascontiguousarray(states[:, 0, 0])
    return np.ascontiguousarray(states.transpose(0, 3, 1, 2))
