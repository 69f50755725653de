"""The C++ kernels (src/kernels/binding.cpp); lenet.engines.native is their interface."""

from collections.abc import Sequence

import numpy as np

def variants() -> list[str]:
    """The variants that this processor can run, the fastest first."""

def lanes(variant: str, /) -> int:
    """How many numbers a vector of this variant has."""

def measure_peak(variant: str) -> float:
    """Floating-point operations a second of one thread, multiply-adds only."""

def measure_clock(variant: str) -> float:
    """Clock cycles a second, from a chain of dependent additions."""

def measure_meeting() -> float:
    """Seconds that two threads need to meet: a cache line gets from core to core."""

class Distortion:
    """How the images of an epoch are distorted: `DistortedEpoch`."""

    def __init__(
        self,
        scale: float,
        squeeze: float,
        shear: float,
        shift: float,
        elastic: float,
        elastic_width: float,
        rotation: float,
        seed: int,
        epoch: int,
        plain: int,
    ) -> None: ...

class Loss:
    """What is minimized: an index into `LOSSES`, and the two numbers of `lenet.engines.loss.Loss`."""

    def __init__(self, kind: int, scale: float, j: float) -> None: ...

class Task:
    """What is learnt from: images, their targets, the loss, and how the images are distorted."""

    def __init__(
        self, images: np.ndarray, targets: np.ndarray, loss: Loss, distortion: Distortion | None = None
    ) -> None: ...

class Update:
    """The parameters that move, and how: buffers that training changes in place, and two constants."""

    def __init__(
        self,
        weights: np.ndarray,
        velocity: np.ndarray,
        scales: np.ndarray | None,
        momentum: float,
        decay: float,
    ) -> None: ...

def show(
    variant: str, images: np.ndarray, patterns: np.ndarray, distortion: Distortion | None, out: np.ndarray
) -> None:
    """Some patterns (n,) int32 as the network sees them, into float32 (n, 32, 32)."""

def find_digits(picture: np.ndarray, variant: str | None = None) -> list[tuple[np.ndarray, int]]:
    """Each way to read a picture (H, W) uint8, contiguous, as `lenet.images.normalize` defines it.

    Each is a digit (28, 28) uint8 in MNIST's form, and how many other marks could have been read as well.
    """

class Program:
    """One architecture, ready to run in one variant. Arrays are contiguous; nothing is checked here."""

    def __init__(
        self,
        variant: str,
        activation: int,
        pooling: int,
        output: int,
        classes: int,
        first: Sequence[int],
        source: Sequence[int],
        offset: Sequence[int],
        codes: np.ndarray,
    ) -> None: ...
    def recognize(
        self, weights: np.ndarray, images: np.ndarray, penalties: np.ndarray, threads: int, /
    ) -> None:
        """Penalties (N, classes) of uint8 (N, 28, 28) or float32 (N, 1, 32, 32)."""

    def pass_field(self, weights: np.ndarray, field: np.ndarray, penalties: np.ndarray, threads: int) -> None:
        """Penalties (h, w, classes) at every place of a field: uint8 (H, W) without border, or float32."""

    def trace(self, weights: np.ndarray, images: np.ndarray, out: Sequence[np.ndarray | None]) -> None:
        """The states of all layers, and the sums that are wanted, in the order of `Traced` in kernels.hpp."""

    def differentiate(
        self,
        weights: np.ndarray,
        task: Task,
        second: bool,
        gradient: np.ndarray,
        threads: int,
    ) -> None:
        """The mean gradient, or with `second` the mean curvature, into a buffer like the weights."""

    def train(
        self,
        update: Update,
        task: Task,
        order: np.ndarray,
        rates: np.ndarray,
        losses: np.ndarray,
        threads: int,
    ) -> None:
        """Make the steps of order (steps, batch); the losses go to float64 (steps,)."""
