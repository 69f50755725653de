"""The engine `native`: C++ kernels for this processor; float32.

Fields larger than 32x32 and float64 go to `reference`, which gives the same numbers, slower.
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import asdict
from functools import cache
from pathlib import Path

import numpy as np

from lenet import _native
from lenet._native import Program, variants
from lenet.architecture import C3_MAPS, CHOICES, FIELD, LAYER_NAMES, PARAMETER_NAMES, Architecture
from lenet.engines import Model, Refusal, Run, Update, get_engine
from lenet.engines.inputs import check_images, check_targets
from lenet.engines.loss import LOSSES, Loss
from lenet.errors import EngineError, ShapeError
from lenet.images.distort import DistortedEpoch
from lenet.parameters import Parameters

ALIGNMENT = 16  # numbers: a line of the cache
CLASSES_AT_MOST = 128
SQUASHED = ("c1", "s2", "c3", "s4", "c5", "f6")


def choose_variant() -> str:
    """The kernels to run: the fastest that this processor can, or what `LENET_KERNEL` names.

    Raises:
        EngineError: `LENET_KERNEL` names none that this processor can run.
    """
    available = variants()
    wanted = os.environ.get("LENET_KERNEL", available[0])
    if wanted not in available:
        raise EngineError("native.kernel", name=wanted, names=", ".join(available))
    return wanted


def count_threads() -> int:
    """How many threads to use: what `LENET_THREADS` says, or the cores that this process may use.

    Raises:
        EngineError: `LENET_THREADS` is not a whole number of at least 1.
    """
    wanted = os.environ.get("LENET_THREADS")
    if wanted is None:
        return _count_cores()
    if not wanted.isdecimal() or int(wanted) < 1:
        raise EngineError("native.threads", value=wanted)
    return int(wanted)


def _count_cores() -> int:
    """The cores of the affinity mask, and no more than the control group's quota pays for."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, math.ceil(min(cores, _read_quota())))


@cache
def _read_quota() -> float:
    """How many cores' time the control group allows; infinity where it does not say."""
    for name in ("/sys/fs/cgroup/cpu.max", "/sys/fs/cgroup/cpu/cpu.cfs_quota_us"):
        try:
            words = Path(name).read_text("ascii").split()
            if len(words) == 1:
                words.append(Path(name).with_name("cpu.cfs_period_us").read_text("ascii"))
            quota, period = float(words[0]), float(words[1])
        except (OSError, ValueError):  # "max" is no number
            continue
        if quota > 0:
            return quota / period
    return math.inf


class Layout:
    """How the arrays of one architecture lie in the one buffer that the kernels work on."""

    def __init__(self, architecture: Architecture) -> None:
        self.architecture = architecture
        shapes = architecture.parameter_shapes
        offsets = [0]
        for name in PARAMETER_NAMES:
            size = math.prod(shapes[name]) if name in shapes else 0
            offsets.append(offsets[-1] + -(-size // ALIGNMENT) * ALIGNMENT)
        self.offsets = offsets
        self._places = {
            name: (offsets[PARAMETER_NAMES.index(name)], math.prod(shape), shape)
            for name, shape in shapes.items()
        }

    def pack(self, parameters: Mapping[str, np.ndarray]) -> np.ndarray:
        """Copy arrays into a new buffer."""
        # a little longer than the arrays, so that it can begin at a line of the cache
        room = np.zeros(self.offsets[-1] + ALIGNMENT, np.float32)
        start = -(room.ctypes.data // room.itemsize) % ALIGNMENT
        buffer = room[start : start + self.offsets[-1]]
        for name, (offset, size, _) in self._places.items():
            buffer[offset : offset + size] = parameters[name].reshape(-1)
        return buffer

    def unpack(self, buffer: np.ndarray) -> Parameters:
        """Copy the arrays out of a buffer."""
        arrays = {
            name: buffer[offset : offset + size].reshape(shape).copy()
            for name, (offset, size, shape) in self._places.items()
        }
        return Parameters(self.architecture, arrays)

    def compile(self, variant: str) -> Program:
        """Describe the network to the kernels."""
        network = self.architecture
        first = np.searchsorted(network.pairs[:, 0], np.arange(C3_MAPS + 1))
        codes = network.codes if network.output == "rbf" else np.zeros((1, 1), np.float32)
        activation, pooling, output = (
            CHOICES[key].index(getattr(network, key)) for key in ("activation", "pooling", "output")
        )
        sources = network.pairs[:, 1].tolist()
        return Program(
            variant,
            activation,
            pooling,
            output,
            int(network.classes),
            first.tolist(),
            sources,
            self.offsets,
            codes,
        )


def _prepare_images(images: np.ndarray) -> np.ndarray:
    """Contiguous uint8 or float32, as the kernels read them."""
    return np.ascontiguousarray(images, None if images.dtype == np.uint8 else np.float32)


def _prepare_targets(targets: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(targets, np.int32 if targets.ndim == 1 else np.float32)


def _loss_numbers(loss: Loss) -> tuple[int, float, float]:
    return LOSSES.index(loss.kind), loss.scale, loss.j


def pack_distortion(distortion: DistortedEpoch | None) -> _native.Distortion | None:
    """What the kernels need to know of a distorted epoch."""
    if distortion is None:
        return None
    limits = asdict(distortion.limits)
    return _native.Distortion(
        **limits, seed=distortion.seed, epoch=distortion.epoch, plain=min(distortion.plain, 2**31 - 1)
    )


class NativeModel:
    """One network, ready to run in the kernels; see `Model`. Fields larger than 32x32 go to `reference`."""

    def __init__(self, parameters: Parameters, variant: str, threads: int) -> None:
        self.architecture = parameters.architecture
        self._parameters = parameters
        self._layout = Layout(parameters.architecture)
        self._program = self._layout.compile(variant)
        self._weights = self._layout.pack(parameters)
        self._threads = threads

    def penalties(self, images: np.ndarray) -> np.ndarray:
        if check_images(self.architecture, images) != (1, 1):
            return self._refer().penalties(images)
        penalties = np.empty((len(images), self.architecture.classes), np.float32)
        if len(images):
            self._program.recognize(self._weights, _prepare_images(images), penalties, self._threads)
        return penalties

    def trace(self, images: np.ndarray, sums: bool = False) -> dict[str, np.ndarray]:
        if check_images(self.architecture, images) != (1, 1):
            return self._refer().trace(images, sums)
        count = len(images)
        trace = {"input": np.empty((count, 1, FIELD, FIELD), np.float32)}
        for layer in self.architecture.layers:
            maps = (layer.maps,) if layer.name in ("f6", "output") else (layer.maps, layer.side, layer.side)
            trace[layer.name] = np.empty((count, *maps), np.float32)
        if sums:
            for name in self.architecture.squashed_layers:
                trace[f"{name}.sum"] = np.empty_like(trace[name])
        names = ["input", *LAYER_NAMES, *(f"{name}.sum" for name in SQUASHED)]
        if count:
            self._program.trace(self._weights, _prepare_images(images), [trace.get(name) for name in names])
        return trace

    def gradient(self, images: np.ndarray, targets: np.ndarray, loss: Loss) -> Parameters:
        return self._differentiate(images, targets, loss, second=False)

    def curvature(self, images: np.ndarray, targets: np.ndarray, loss: Loss) -> Parameters:
        return self._differentiate(images, targets, loss, second=True)

    def _differentiate(self, images: np.ndarray, targets: np.ndarray, loss: Loss, second: bool) -> Parameters:
        check_images(self.architecture, images, training=True)
        check_targets(self.architecture, targets, len(images))
        loss.check(self.architecture)
        result = np.zeros_like(self._weights)
        if len(images):
            self._program.differentiate(
                self._weights,
                _prepare_images(images),
                _prepare_targets(targets),
                *_loss_numbers(loss),
                second,
                result,
                self._threads,
            )
        return self._layout.unpack(result)

    def _refer(self) -> Model:
        return get_engine("reference").load(self.architecture, self._parameters)


class NativeRun:
    """A training under way in the kernels; see `Run`."""

    def __init__(self, parameters: Parameters, recipe: Update, variant: str, threads: int) -> None:
        self._recipe = recipe
        self._layout = Layout(parameters.architecture)
        self._program = self._layout.compile(variant)
        self._weights = self._layout.pack(parameters)
        self._velocity = self._layout.pack(parameters.map(np.zeros_like))
        self._threads = threads

    def parameters(self) -> Parameters:
        return self._layout.unpack(self._weights)

    def state(self) -> dict[str, np.ndarray]:
        weights = {f"weight.{name}": array for name, array in self.parameters().items()}
        velocity = self._layout.unpack(self._velocity)
        return weights | {f"velocity.{name}": array for name, array in velocity.items()}

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        names = self._layout.architecture.parameter_shapes
        self._weights = self._layout.pack({name: state[f"weight.{name}"] for name in names})
        self._velocity = self._layout.pack({name: state[f"velocity.{name}"] for name in names})

    def advance(
        self,
        images: np.ndarray,
        targets: np.ndarray,
        order: np.ndarray,
        rates: np.ndarray,
        scales: Parameters | None = None,
        distortion: DistortedEpoch | None = None,
    ) -> np.ndarray:
        architecture, recipe = self._layout.architecture, self._recipe
        check_images(architecture, images, training=True)
        check_targets(architecture, targets, len(images))
        if len(rates) != len(order):
            raise ShapeError("native.rates", rates=len(rates), steps=len(order))
        losses = np.empty(len(order))
        if not order.size:
            return losses
        low, high = int(order.min()), int(order.max())
        last = (2**31 if distortion and len(images) else len(images)) - 1
        if not 0 <= low <= high <= last:
            raise ShapeError("native.order", low=low, high=high, last=last)
        self._program.train(
            self._weights,
            self._velocity,
            None if scales is None else self._layout.pack(scales),
            _prepare_images(images),
            _prepare_targets(targets),
            np.ascontiguousarray(order, np.int32),
            np.ascontiguousarray(rates, np.float32),
            recipe.momentum,
            recipe.weight_decay,
            *_loss_numbers(recipe.loss),
            losses,
            self._threads,
            pack_distortion(distortion),
        )
        return losses


class NativeEngine:
    """C++ kernels; see `Engine`.

    Args:
        variant: "avx2" or "baseline"; None for `choose_variant`.
        threads: how many; None for `count_threads`. The results do not depend on it.
    """

    name = "native"

    def __init__(self, variant: str | None = None, threads: int | None = None) -> None:
        self._variant = variant or choose_variant()
        self._threads = threads or count_threads()

    def refuses(self, architecture: Architecture, recipe: Update | None = None) -> Refusal | None:
        if architecture.classes > CLASSES_AT_MOST:
            values = {"classes": architecture.classes, "limit": CLASSES_AT_MOST}
            return Refusal(key="native.classes", values=values)
        return None

    def load(self, architecture: Architecture, parameters: Parameters, dtype: str = "float32") -> Model:
        if dtype != "float32":
            return get_engine("reference").load(architecture, parameters, dtype)
        self._check(architecture)
        return NativeModel(parameters.astype(np.float32), self._variant, self._threads)

    def start(self, architecture: Architecture, parameters: Parameters, recipe: Update) -> Run:
        recipe.loss.check(architecture)
        if parameters.dtype != np.float32:
            return get_engine("reference").start(architecture, parameters, recipe)
        self._check(architecture, recipe)
        return NativeRun(parameters, recipe, self._variant, self._threads)

    def _check(self, architecture: Architecture, recipe: Update | None = None) -> None:
        refusal = self.refuses(architecture, recipe)
        if refusal:
            raise EngineError(refusal.key, **refusal.values)
