"""Interchangeable ways to run and train the network; `reference` is the definition of what they do."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any, Protocol

import numpy as np

from lenet.architecture import Architecture
from lenet.engines.loss import Loss
from lenet.errors import EngineError, MissingExtra
from lenet.images.distort import DistortedEpoch
from lenet.parameters import Parameters
from lenet.texts import say
from lenet.wheels import choose_torch_index

ENGINES = ("native", "reference", "pytorch", "keras")
ALIASES = {"tensorflow": "keras"}  # what else people call them


@dataclass(frozen=True)
class Refusal:
    """Why an engine will not do something, as a key of `texts/*.toml` and its values."""

    key: str
    values: Mapping[str, Any]

    def __str__(self) -> str:
        return say(self.key, **self.values)


class Update(Protocol):
    """What an engine needs to know of a recipe: what is minimized, and how a step is made of a gradient g.

    v <- momentum v + g + weight_decay w;  w <- w - rate scale v.
    """

    @property
    def loss(self) -> Loss:
        """What is minimized."""

    @property
    def momentum(self) -> float:
        """The share of the last step that is kept, 0 to below 1."""

    @property
    def weight_decay(self) -> float:
        """How strongly every parameter is pulled to 0."""

    @property
    def method(self) -> str:
        """One rate for all parameters, "sgd"; or "diagonal-lm", which hands scales to `Run.advance`."""


class Model(Protocol):
    """One network, ready to run."""

    def penalties(self, images: np.ndarray) -> np.ndarray:
        """The penalty of every class, the smallest of which wins.

        Args:
            images: uint8 (N, H, W) as stored, or floating point (N, 1, H, W).
        Returns:
            (N, classes); (N, classes, h, w) on fields larger than 32x32.
        Raises:
            ShapeError: images that the network does not fit.
        """

    def trace(self, images: np.ndarray, sums: bool = False) -> dict[str, np.ndarray]:
        """The states of all layers.

        Args:
            images: as for `penalties`.
            sums: also the sums before squashing, as "c1.sum" and so on.
        Returns:
            input, c1, s2, c3, s4, c5 as (N, maps, h, w); f6 and output as (N, units), or as maps on
            fields larger than 32x32.
        """

    def gradient(self, images: np.ndarray, targets: np.ndarray, loss: Loss) -> Parameters:
        """The gradient of the mean loss.

        Args:
            images: on 32x32 fields.
            targets: (N,) whole numbers, or (N, classes) shares.
            loss: what to differentiate.
        """

    def curvature(self, images: np.ndarray, targets: np.ndarray, loss: Loss) -> Parameters:
        """The mean diagonal of the Gauss-Newton second derivatives, never negative.

        Source:
            LeCun et al. 1998, appendix C, equations 21 to 27.
        """


class Run(Protocol):
    """A training under way."""

    def parameters(self) -> Parameters:
        """A copy of the present parameters."""

    def state(self) -> dict[str, np.ndarray]:
        """Everything that `restore` needs to go on to the same bits."""

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Go back to what `state` gave."""

    def advance(
        self,
        images: np.ndarray,
        targets: np.ndarray,
        order: np.ndarray,
        rates: np.ndarray,
        scales: Parameters | None = None,
        distortion: DistortedEpoch | None = None,
    ) -> np.ndarray:
        """Train for some steps.

        Args:
            images: the training set, on 32x32 fields.
            targets: (N,) whole numbers, or (N, classes) shares.
            order: (steps, batch) int32 into `images`; with `distortion` patterns of the epoch, so that
                numbers from N on show the images again.
            rates: (steps,) learning rates.
            scales: a factor for the rate of each parameter; None for 1.
            distortion: of every image as the epoch shows it; None for none.
        Returns:
            (steps,) float64: the mean loss of each batch, before its step.
        """


class Engine(Protocol):
    """A way to run and train the network."""

    name: str

    def refuses(self, architecture: Architecture, recipe: Update | None = None) -> Refusal | None:
        """None, or why this engine will not run or train this network."""

    def load(self, architecture: Architecture, parameters: Parameters, dtype: str = "float32") -> Model:
        """Make a network ready to run, in float32 or float64."""

    def start(self, architecture: Architecture, parameters: Parameters, recipe: Update) -> Run:
        """Begin a training from these parameters, in their own precision."""


def count_processes() -> int:
    """How many processes torchrun has started to train together; 1 where it is not at work."""
    return int(os.environ["WORLD_SIZE"]) if "TORCHELASTIC_RUN_ID" in os.environ else 1


def _choose_engine(name: str, training: bool) -> str:
    """The engine that "auto" stands for here; under torchrun only one will do."""
    if training and count_processes() > 1:
        if name not in ("auto", "pytorch"):
            raise EngineError("engine.group", name=name)
        return "pytorch"
    if name != "auto":
        return name
    if find_spec("lenet._native"):
        return "native"
    return "pytorch" if training and find_spec("torch") else "reference"


def get_engine(name: str = "auto", training: bool = False) -> Engine:
    """An engine by name; "auto" is the fastest at hand.

    Args:
        name: "auto", one of `ENGINES`, or one of `ALIASES`.
        training: "auto" takes `native` where its kernels could be built. Without them it takes PyTorch for
            training, where that is installed; a recognition is over before PyTorch has been imported, so
            that takes `reference`.
    Raises:
        EngineError: no engine of this name, or one that torchrun's processes cannot share.
        MissingExtra: the engine's package is not installed, or the kernels of `native` could not be built.
    """
    name = _choose_engine(ALIASES.get(name, name), training)
    if name == "native":
        if not find_spec("lenet._native"):
            raise MissingExtra("native.absent")
        from lenet.engines.native.engine import NativeEngine

        return NativeEngine()
    if name == "reference":
        from lenet.engines.reference.engine import ReferenceEngine

        return ReferenceEngine()
    if name == "pytorch":
        if not find_spec("torch"):
            index = choose_torch_index()
            if index:
                raise MissingExtra("extra.torch", index=index)
            raise MissingExtra("extra.missing", package="torch", extra="pytorch")
        from lenet.engines.pytorch.engine import PytorchEngine

        return PytorchEngine()
    if name == "keras":
        if not find_spec("tensorflow"):
            raise MissingExtra("extra.missing", package="tensorflow", extra="keras")
        from lenet.engines.keras.engine import KerasEngine

        return KerasEngine()
    raise EngineError("engine.unknown", name=name, names=", ".join(("auto", *ENGINES)))
