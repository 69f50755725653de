"""What `fit` of Keras lacks to train as this package does: its losses, its update, a rate for every step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from lenet.engines.keras.layers import PACKAGE
from lenet.engines.keras.setup import keras
from lenet.engines.loss import Loss


def measure_loss(penalties: Any, targets: Any, loss: Loss) -> Any:
    """Compute the loss of each sample.

    Args:
        penalties: (N, classes).
        targets: (N, classes), one-hot rows or class probabilities.
        loss: which.
    Returns:
        (N,).
    Source:
        LeCun et al. 1998, equations 8 and 9.
    """
    ops = keras.ops
    cost = loss.softness * ops.sum(targets * penalties, axis=1)
    if loss.kind == "mse":
        return cost
    logits = -loss.softness * penalties
    if loss.kind == "map":  # the rubbish class
        logits = ops.pad(logits, ((0, 0), (0, 1)), constant_values=-loss.j)
    return cost + ops.logsumexp(logits, axis=1)


@keras.saving.register_keras_serializable(PACKAGE)
class PenaltyLoss(keras.losses.Loss):
    """Cross-entropy, MSE or MAP over penalties, the smallest of which wins; the mean over the batch.

    The targets are (N, classes), one-hot rows or class probabilities.

    Args:
        kind, scale, j: as for `lenet.engines.loss.Loss`.
    """

    def __init__(
        self, kind: str = "cross-entropy", scale: float = 0.1, j: float = 0.1, **settings: Any
    ) -> None:
        super().__init__(**settings)
        self.loss = Loss(kind, scale, j)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Compute the loss of each sample, (N,)."""
        return measure_loss(y_pred, y_true, self.loss)

    def get_config(self) -> dict[str, Any]:
        """The arguments of the constructor."""
        return super().get_config() | asdict(self.loss)


@keras.saving.register_keras_serializable(PACKAGE)
class Momentum(keras.optimizers.Optimizer):
    """v <- momentum v + g + pull w;  w <- w - rate v.

    SGD of Keras has the rate inside the velocity: v <- momentum v - rate g;  w <- w + v. The two differ as
    soon as the rate changes.

    Args:
        learning_rate: above 0.
        momentum: the fraction of the last step that is kept, 0 to below 1.
        pull: how strongly every weight is pulled to 0.
    """

    def __init__(
        self, learning_rate: float = 0.01, momentum: float = 0.0, pull: float = 0.0, **settings: Any
    ) -> None:
        super().__init__(learning_rate=learning_rate, **settings)
        self.momentum, self.pull = momentum, pull
        self.velocities: list[Any] = []

    def build(self, variables: Sequence[Any]) -> None:
        """Make a velocity for each weight."""
        if self.built:
            return
        super().build(variables)
        self.velocities = [self.add_variable_from_reference(one, name="velocity") for one in variables]

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Update one weight."""
        velocity = self.velocities[self._get_variable_index(variable)]
        moved = self.momentum * velocity + gradient
        if self.pull:
            moved = moved + self.pull * variable
        self.assign(velocity, moved)
        self.assign_sub(variable, learning_rate * moved)

    def get_config(self) -> dict[str, Any]:
        """The arguments of the constructor."""
        return super().get_config() | {"momentum": self.momentum, "pull": self.pull}


class EachStep(keras.callbacks.Callback):
    """Set the learning rate of every step of one `fit`, and record the loss of its batch.

    Args:
        rates: (steps,).
    """

    def __init__(self, rates: np.ndarray) -> None:
        super().__init__()
        self.rates = rates
        self.losses = np.full(len(rates), np.nan)

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        """Set the rate of the step."""
        self.model.optimizer.learning_rate = self.rates[batch]
        self.model.reset_metrics()  # Keras shows the mean since the last reset

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Record the loss, which is that before the step."""
        self.losses[batch] = logs["loss"]
