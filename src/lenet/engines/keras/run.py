"""Training in Keras, by its own `fit`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from functools import lru_cache
from threading import Lock

import numpy as np

from lenet.architecture import Architecture
from lenet.engines.inputs import check_examples, check_order, one_hot, show_patterns
from lenet.engines.keras.axes import prepare_fields, to_keras
from lenet.engines.keras.network import build_network, name_arrays
from lenet.engines.keras.setup import compute_exactly
from lenet.engines.keras.training import EachStep, Momentum, PenaltyLoss
from lenet.engines.update import Update
from lenet.errors import EngineError
from lenet.images.distort import DistortedEpoch
from lenet.parameters import Parameters


class KerasRun:
    """A training in progress in Keras; see `Run`.

    Args:
        parameters: where it starts, in float32.
        update: how a step is made.
    """

    def __init__(self, parameters: Parameters, update: Update) -> None:
        self._architecture = parameters.architecture
        self._trainee = _build_trainee(parameters.architecture, update)
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

    @compute_exactly()
    def advance(
        self,
        images: np.ndarray,
        targets: np.ndarray,
        order: np.ndarray,
        rates: np.ndarray,
        scales: Parameters | None = None,
        distortion: DistortedEpoch | None = None,
    ) -> np.ndarray:
        check_examples(self._architecture, images, targets)
        check_order(order, rates, len(images), distortion)
        if scales is not None:
            raise EngineError("keras.scales")
        if distortion:
            images, targets, order = show_patterns(images, targets, order, distortion, np.float32)
        chosen = order.ravel()
        fields = prepare_fields(images[chosen])
        encoded = one_hot(targets[chosen], self._architecture.classes, np.float32)
        losses, self._weights, self._velocity = self._trainee.fit(
            fields, encoded, order.shape[1], rates, self._weights, self._velocity
        )
        return losses


class Trainee:
    """A compiled Keras model, shared by all runs of the same kind because compiling takes a second.

    Args:
        architecture: the network.
        update: how a step is made.
    """

    def __init__(self, architecture: Architecture, update: Update) -> None:
        self._architecture = architecture
        self._network = build_network(architecture)
        self._network.compile(
            Momentum(momentum=update.momentum, pull=update.weight_decay),
            PenaltyLoss(**asdict(update.loss)),
            jit_compile=False,
        )
        self._network.optimizer.build(self._network.trainable_weights)
        self._lock = Lock()

    def fit(
        self,
        fields: np.ndarray,
        targets: np.ndarray,
        batch: int,
        rates: np.ndarray,
        weights: Parameters,
        velocity: Parameters,
    ) -> tuple[np.ndarray, Parameters, Parameters]:
        """Call `fit` of Keras once.

        Args:
            fields: (steps * batch, 32, 32, 1) float32, in the order of the steps.
            targets: (steps * batch, classes) float32.
            batch: images a step.
            rates: (steps,).
            weights: before the first step.
            velocity: before the first step.
        Returns:
            (steps,) float64 losses, and weights and velocity after the last step.
        """
        steps = EachStep(rates)
        own = self._network.trainable_weights
        optimizer = self._network.optimizer
        with self._lock:
            for held, arrays in ((own, weights), (optimizer.velocities, velocity)):
                for variable, array in zip(held, arrays.values(), strict=True):
                    variable.assign(to_keras(array))
            if len(fields):
                self._network.fit(
                    fields, targets, batch_size=batch, shuffle=False, verbose=0, callbacks=[steps]
                )
            moved = name_arrays(self._architecture, own)
            return steps.losses, moved, name_arrays(self._architecture, optimizer.velocities)


@lru_cache(maxsize=8)
def _build_trainee(architecture: Architecture, update: Update) -> Trainee:
    return Trainee(architecture, update)
