"""The settings of a training that an engine needs: the loss, and how a gradient becomes a step."""

from __future__ import annotations

from dataclasses import dataclass

from lenet.engines.loss import Loss

METHODS = ("sgd", "diagonal-lm")


@dataclass(frozen=True)
class Update:
    """What is minimized, and how the parameters w move along a gradient g.

    v <- momentum v + g + weight_decay w;  w <- w - rate scale v.

    Args:
        loss: what is minimized.
        momentum: the fraction of the last step that is kept, 0 to below 1.
        weight_decay: how strongly every parameter is pulled to 0, from 0.
        method: "sgd": one learning rate for all parameters; or "diagonal-lm": the caller passes a scale for
            each parameter to `Run.advance`.
    """

    loss: Loss
    momentum: float = 0.0
    weight_decay: float = 0.0
    method: str = "sgd"
