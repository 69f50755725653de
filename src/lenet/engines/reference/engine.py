"""The engine `reference`: readable NumPy, float32 or float64; all other engines are tested against it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from lenet.architecture import LAYER_NAMES, Architecture
from lenet.engines.engine import Engine
from lenet.engines.inputs import (
    check_examples,
    check_images,
    check_order,
    one_hot,
    scale_images,
    show_patterns,
)
from lenet.engines.loss import Loss
from lenet.engines.reference.backward import measure_loss, run_backward
from lenet.engines.reference.forward import run_forward
from lenet.engines.update import Update
from lenet.images.distort import DistortedEpoch
from lenet.parameters import Parameters

CHUNK = 256  # images at a time: the windows of one take 100 kB

# a training that diverges computes infinities; its caller sees them in the losses
silently = np.errstate(over="ignore", invalid="ignore")


class ReferenceModel:
    """One network, ready to run in NumPy; see `Model`."""

    def __init__(self, parameters: Parameters) -> None:
        self.architecture = parameters.architecture
        self._parameters = parameters
        self._dtype = parameters.dtype.type

    def penalties(self, images: np.ndarray) -> np.ndarray:
        return self._collect(images, ["output"])["output"]

    def trace(self, images: np.ndarray, sums: bool = False) -> dict[str, np.ndarray]:
        names = ["input", *LAYER_NAMES]
        if sums:
            names += [f"{name}.sum" for name in self.architecture.activated_layers]
        return self._collect(images, names)

    def gradient(self, images: np.ndarray, targets: np.ndarray, loss: Loss) -> Parameters:
        return self._differentiate(images, targets, loss, second=False)

    def curvature(self, images: np.ndarray, targets: np.ndarray, loss: Loss) -> Parameters:
        return self._differentiate(images, targets, loss, second=True)

    @silently
    def _collect(self, images: np.ndarray, names: Sequence[str]) -> dict[str, np.ndarray]:
        sides = check_images(self.architecture, images)
        parts: dict[str, list[np.ndarray]] = {name: [] for name in names}
        # an empty batch goes through the network, too, which gives the shapes
        for rows in _cut_chunks(max(len(images), 1)):
            trace = run_forward(self._parameters, scale_images(images[rows], self._dtype))
            for name in names:
                parts[name].append(_arrange(name, trace[name], sides))
        return {name: np.concatenate(arrays) for name, arrays in parts.items()}

    @silently
    def _differentiate(self, images: np.ndarray, targets: np.ndarray, loss: Loss, second: bool) -> Parameters:
        check_examples(self.architecture, images, targets, loss)
        encoded = one_hot(targets, self.architecture.classes, self._dtype)
        total = self._parameters.map(np.zeros_like)
        for rows in _cut_chunks(len(images)):
            trace = run_forward(self._parameters, scale_images(images[rows], self._dtype))
            part = run_backward(self._parameters, trace, encoded[rows], loss, second)
            for name, array in part.items():
                total[name][...] += array
        return total.map(lambda array: array / array.dtype.type(max(len(images), 1)))


def _cut_chunks(count: int) -> Iterator[slice]:
    return (slice(start, start + CHUNK) for start in range(0, count, CHUNK))


def _arrange(name: str, states: np.ndarray, sides: tuple[int, int]) -> np.ndarray:
    """F6 and the output as vectors for a 32x32 field, as maps for larger ones."""
    if name.partition(".")[0] not in ("f6", "output"):
        return states
    return states[:, 0, 0] if sides == (1, 1) else np.moveaxis(states, 3, 1)


class ReferenceRun:
    """A training in progress in NumPy; see `Run`."""

    def __init__(self, parameters: Parameters, update: Update) -> None:
        self._parameters = parameters.map(np.copy)
        self._velocity = parameters.map(np.zeros_like)
        self._update = update
        self._dtype = parameters.dtype.type

    def parameters(self) -> Parameters:
        return self._parameters.map(np.copy)

    def state(self) -> dict[str, np.ndarray]:
        weights = {f"weight.{name}": array.copy() for name, array in self._parameters.items()}
        return weights | {f"velocity.{name}": array.copy() for name, array in self._velocity.items()}

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        for name in self._parameters:
            self._parameters[name][...] = state[f"weight.{name}"]
            self._velocity[name][...] = state[f"velocity.{name}"]

    @silently
    def advance(
        self,
        images: np.ndarray,
        targets: np.ndarray,
        order: np.ndarray,
        rates: np.ndarray,
        scales: Parameters | None = None,
        distortion: DistortedEpoch | None = None,
    ) -> np.ndarray:
        architecture = self._parameters.architecture
        check_examples(architecture, images, targets)
        check_order(order, rates, len(images), distortion)
        if distortion:
            images, targets, order = show_patterns(images, targets, order, distortion, self._dtype)
        losses = np.empty(len(order))
        for step, (batch, rate) in enumerate(zip(order, rates, strict=True)):
            encoded = one_hot(targets[batch], architecture.classes, self._dtype)
            trace = run_forward(self._parameters, scale_images(images[batch], self._dtype))
            losses[step] = measure_loss(trace["output"][:, 0, 0], encoded, self._update.loss).mean()
            gradient = run_backward(self._parameters, trace, encoded, self._update.loss)
            self._step(gradient, len(batch), self._dtype(rate), scales)
        return losses

    def _step(self, gradient: Parameters, batch: int, rate: np.floating, scales: Parameters | None) -> None:
        keep, decay = self._dtype(self._update.momentum), self._dtype(self._update.weight_decay)
        for name, weight in self._parameters.items():
            velocity = self._velocity[name]
            velocity[...] = keep * velocity + gradient[name] / self._dtype(batch) + decay * weight
            weight[...] -= rate * velocity if scales is None else rate * scales[name] * velocity


class ReferenceEngine(Engine):
    """NumPy; see `Engine`."""

    name = "reference"

    def load(
        self, architecture: Architecture, parameters: Parameters, dtype: str = "float32"
    ) -> ReferenceModel:
        return ReferenceModel(parameters.astype(np.dtype(dtype)))

    def start(self, architecture: Architecture, parameters: Parameters, update: Update) -> ReferenceRun:
        update.loss.check(architecture)
        return ReferenceRun(parameters, update)
