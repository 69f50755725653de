"""What every engine is: a way to run and train the network, with the same shapes and the same errors."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from lenet.architecture import Architecture
from lenet.engines.loss import Loss
from lenet.engines.update import Update
from lenet.errors import EngineError
from lenet.images.distort import DistortedEpoch
from lenet.parameters import Parameters
from lenet.texts import say


@dataclass(frozen=True)
class Refusal:
    """Why an engine cannot do something: a key of `texts/*.toml` and its values."""

    key: str
    values: Mapping[str, Any]

    def __str__(self) -> str:
        return say(self.key, **self.values)


class Model(Protocol):
    """One network, ready to run."""

    def penalties(self, images: np.ndarray) -> np.ndarray:
        """Compute the penalty of every class; the smallest is the answer.

        Args:
            images: uint8 (N, H, W) as stored, or floating point (N, 1, H, W).
        Returns:
            (N, classes); (N, classes, h, w) for fields larger than 32x32.
        Raises:
            ShapeError: images that do not fit the network.
        """

    def trace(self, images: np.ndarray, sums: bool = False) -> dict[str, np.ndarray]:
        """Compute the states of all layers.

        Args:
            images: as for `penalties`.
            sums: also the sums before the activation function, as "c1.sum" and so on.
        Returns:
            input, c1, s2, c3, s4, c5 as (N, maps, h, w); f6 and output as (N, units), or as maps for fields
            larger than 32x32.
        """

    def gradient(self, images: np.ndarray, targets: np.ndarray, loss: Loss) -> Parameters:
        """Compute the gradient of the mean loss.

        Args:
            images: with fields of 32x32.
            targets: (N,) integer labels, or (N, classes) class probabilities.
            loss: what to differentiate.
        """

    def curvature(self, images: np.ndarray, targets: np.ndarray, loss: Loss) -> Parameters:
        """Compute the mean diagonal of the Gauss-Newton second derivatives, which are never negative.

        Source:
            LeCun et al. 1998, appendix C, equations 21 to 27.
        """


class Run(Protocol):
    """A training in progress."""

    def parameters(self) -> Parameters:
        """A copy of the current parameters."""

    def state(self) -> dict[str, np.ndarray]:
        """All that `restore` needs to continue with the same bits."""

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Go back to a state that `state` returned."""

    def advance(
        self,
        images: np.ndarray,
        targets: np.ndarray,
        order: np.ndarray,
        rates: np.ndarray,
        scales: Parameters | None = None,
        distortion: DistortedEpoch | None = None,
    ) -> np.ndarray:
        """Make some training steps.

        Args:
            images: the training set, with fields of 32x32.
            targets: (N,) integer labels, or (N, classes) class probabilities.
            order: (steps, batch) int32, indices into `images`; with `distortion` patterns of the epoch, where
                numbers from N on show the same images again.
            rates: (steps,) learning rates.
            scales: a factor of the learning rate for each parameter; None for 1.
            distortion: how the images of this epoch are distorted; None for not at all.
        Returns:
            (steps,) float64: the mean loss of each batch before its step.
        """


class Engine(ABC):
    """A way to run and train the network."""

    name: str

    def refuses(self, architecture: Architecture, update: Update | None = None) -> Refusal | None:
        """None, or why this engine cannot run this network, or cannot train it with this update."""
        return None

    def check(self, architecture: Architecture, update: Update | None = None) -> None:
        """Refuse what `refuses` names.

        Raises:
            EngineError: this engine cannot run or train this network.
        """
        refusal = self.refuses(architecture, update)
        if refusal:
            raise EngineError(refusal.key, **refusal.values)

    @abstractmethod
    def load(self, architecture: Architecture, parameters: Parameters, dtype: str = "float32") -> Model:
        """Make a network ready to run, in float32 or float64."""

    @abstractmethod
    def start(self, architecture: Architecture, parameters: Parameters, update: Update) -> Run:
        """Begin a training from these parameters, in their own precision.

        Raises:
            RecipeError: a loss that this architecture's output cannot have.
            EngineError: this engine cannot train this network.
        """
