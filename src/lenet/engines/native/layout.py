"""What the kernels read and write: one buffer for all parameters, contiguous images and targets."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict

import numpy as np

from lenet import _native
from lenet.architecture import C3_MAPS, CHOICES, PARAMETER_NAMES, Architecture
from lenet.engines.loss import LOSSES, Loss
from lenet.images.distort import DistortedEpoch
from lenet.parameters import Parameters

ALIGNMENT = 16  # numbers: a cache line


class Layout:
    """Where the arrays of one architecture are in the one buffer that the kernels work on.

    Args:
        architecture: the network.
    """

    def __init__(self, architecture: Architecture) -> None:
        self.architecture = architecture
        shapes = architecture.parameter_shapes
        offsets = [0]
        for name in PARAMETER_NAMES:
            size = math.prod(shapes[name]) if name in shapes else 0
            offsets.append(offsets[-1] + -(-size // ALIGNMENT) * ALIGNMENT)
        self.offsets = offsets
        self._spans = {
            name: (offsets[PARAMETER_NAMES.index(name)], math.prod(shape), shape)
            for name, shape in shapes.items()
        }

    def pack(self, parameters: Mapping[str, np.ndarray]) -> np.ndarray:
        """Copy arrays into a new buffer."""
        # a little longer than the arrays, so that it can begin at a cache line
        room = np.zeros(self.offsets[-1] + ALIGNMENT, np.float32)
        start = -(room.ctypes.data // room.itemsize) % ALIGNMENT
        buffer = room[start : start + self.offsets[-1]]
        for name, (offset, size, _) in self._spans.items():
            buffer[offset : offset + size] = parameters[name].reshape(-1)
        return buffer

    def unpack(self, buffer: np.ndarray) -> Parameters:
        """Copy the arrays out of a buffer."""
        arrays = {
            name: buffer[offset : offset + size].reshape(shape).copy()
            for name, (offset, size, shape) in self._spans.items()
        }
        return Parameters(self.architecture, arrays)

    def compile(self, variant: str) -> _native.Program:
        """Describe the network to the kernels of a variant."""
        network = self.architecture
        codes = network.codes if network.output == "rbf" else np.zeros((1, 1), np.float32)
        activation, pooling, output = (
            CHOICES[key].index(getattr(network, key)) for key in ("activation", "pooling", "output")
        )
        return _native.Program(
            variant=variant,
            activation=activation,
            pooling=pooling,
            output=output,
            classes=int(network.classes),
            first=np.searchsorted(network.pairs[:, 0], np.arange(C3_MAPS + 1)).tolist(),
            source=network.pairs[:, 1].tolist(),
            offset=self.offsets,
            codes=codes,
        )


def prepare_images(images: np.ndarray) -> np.ndarray:
    """Make images contiguous, uint8 or float32."""
    return np.ascontiguousarray(images, None if images.dtype == np.uint8 else np.float32)


def prepare_task(
    images: np.ndarray, targets: np.ndarray, loss: Loss, distortion: DistortedEpoch | None = None
) -> _native.Task:
    """Put what is learnt from into the form that the kernels read.

    Args:
        images: as `check_images` accepts them.
        targets: as `check_targets` accepts them.
        loss: what is minimized.
        distortion: how the images are distorted; None for not at all.
    """
    return _native.Task(
        images=prepare_images(images),
        targets=np.ascontiguousarray(targets, np.int32 if targets.ndim == 1 else np.float32),
        loss=_native.Loss(LOSSES.index(loss.kind), loss.scale, loss.j),
        distortion=None if distortion is None else prepare_distortion(distortion),
    )


def prepare_distortion(distortion: DistortedEpoch) -> _native.Distortion:
    """Put a distorted epoch into the form that the kernels read."""
    limits = asdict(distortion.limits)
    return _native.Distortion(
        **limits, seed=distortion.seed, epoch=distortion.epoch, plain=min(distortion.plain, 2**31 - 1)
    )
