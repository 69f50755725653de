"""The engine `native`: C++ kernels for this processor, in float32.

Float64 and traces of fields larger than 32x32 go to `reference`, which gives the same numbers more slowly.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from lenet import _native
from lenet.architecture import FIELD, LAYER_NAMES, Architecture
from lenet.engines.engine import Engine, Model, Refusal, Run
from lenet.engines.inputs import check_examples, check_images, check_order
from lenet.engines.loss import Loss
from lenet.engines.native.layout import Layout, prepare_images, prepare_task
from lenet.engines.native.processor import choose_variant
from lenet.engines.threads import count_threads
from lenet.engines.update import Update
from lenet.images.distort import DistortedEpoch
from lenet.parameters import Parameters

CLASSES_AT_MOST = 128
# the order in which the kernels write a trace; the output has no activation function
TRACED = ("input", *LAYER_NAMES, *(f"{name}.sum" for name in LAYER_NAMES if name != "output"))


def _get_reference() -> Engine:
    """The definition, for what the kernels do not compute; a recognition does not wait for its import."""
    from lenet.engines.reference.engine import ReferenceEngine

    return ReferenceEngine()


class NativeModel:
    """One network, ready to run in the kernels; see `Model`.

    Args:
        parameters: of the network, in float32.
        variant: which kernels.
        threads: how many at most.
    """

    def __init__(self, parameters: Parameters, variant: str, threads: int) -> None:
        self.architecture = parameters.architecture
        self._parameters = parameters
        self._layout = Layout(parameters.architecture)
        self._program = self._layout.compile(variant)
        self._weights = self._layout.pack(parameters)
        self._threads = threads

    def penalties(self, images: np.ndarray) -> np.ndarray:
        places = check_images(self.architecture, images)
        if places != (1, 1):
            return self._pass_fields(images, places)
        penalties = np.empty((len(images), self.architecture.classes), np.float32)
        if len(images):
            self._program.recognize(self._weights, prepare_images(images), penalties, self._threads)
        return penalties

    def _pass_fields(self, images: np.ndarray, places: tuple[int, int]) -> np.ndarray:
        penalties = np.empty((len(images), *places, self.architecture.classes), np.float32)
        fields = prepare_images(images).reshape(len(images), *images.shape[-2:])
        for field, out in zip(fields, penalties, strict=True):
            self._program.pass_field(self._weights, field, out, self._threads)
        return np.moveaxis(penalties, 3, 1)

    def trace(self, images: np.ndarray, sums: bool = False) -> dict[str, np.ndarray]:
        if check_images(self.architecture, images) != (1, 1):
            return self._load_reference().trace(images, sums)
        count = len(images)
        trace = {"input": np.empty((count, 1, FIELD, FIELD), np.float32)}
        for layer in self.architecture.layers:
            maps = (layer.maps,) if layer.name in ("f6", "output") else (layer.maps, layer.side, layer.side)
            trace[layer.name] = np.empty((count, *maps), np.float32)
        if sums:
            for name in self.architecture.activated_layers:
                trace[f"{name}.sum"] = np.empty_like(trace[name])
        if count:
            out = [trace.get(name) for name in TRACED]
            self._program.trace(self._weights, prepare_images(images), out)
        return trace

    def gradient(self, images: np.ndarray, targets: np.ndarray, loss: Loss) -> Parameters:
        return self._differentiate(images, targets, loss, second=False)

    def curvature(self, images: np.ndarray, targets: np.ndarray, loss: Loss) -> Parameters:
        return self._differentiate(images, targets, loss, second=True)

    def _differentiate(self, images: np.ndarray, targets: np.ndarray, loss: Loss, second: bool) -> Parameters:
        check_examples(self.architecture, images, targets, loss)
        result = np.zeros_like(self._weights)
        if len(images):
            task = prepare_task(images, targets, loss)
            self._program.differentiate(self._weights, task, second, result, self._threads)
        return self._layout.unpack(result)

    def _load_reference(self) -> Model:
        return _get_reference().load(self.architecture, self._parameters)


class NativeRun:
    """A training in progress in the kernels; see `Run`.

    Args:
        parameters: where it starts.
        update: how a step is made.
        variant: which kernels.
        threads: how many at most.
    """

    def __init__(self, parameters: Parameters, update: Update, variant: str, threads: int) -> None:
        self._update = update
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
        architecture = self._layout.architecture
        check_examples(architecture, images, targets)
        check_order(order, rates, len(images), distortion)
        losses = np.empty(len(order))
        update = _native.Update(
            weights=self._weights,
            velocity=self._velocity,
            scales=None if scales is None else self._layout.pack(scales),
            momentum=self._update.momentum,
            decay=self._update.weight_decay,
        )
        self._program.train(
            update,
            prepare_task(images, targets, self._update.loss, distortion),
            np.ascontiguousarray(order, np.int32),
            np.ascontiguousarray(rates, np.float32),
            losses,
            self._threads,
        )
        return losses


class NativeEngine(Engine):
    """C++ kernels; see `Engine`.

    Args:
        variant: "avx2" or "baseline"; None for `choose_variant`.
        threads: how many; None for `count_threads`. The results do not depend on it.
    """

    name = "native"

    def __init__(self, variant: str | None = None, threads: int | None = None) -> None:
        self._variant = variant or choose_variant()
        self._threads = threads or count_threads()

    def refuses(self, architecture: Architecture, update: Update | None = None) -> Refusal | None:
        if architecture.classes > CLASSES_AT_MOST:
            values = {"classes": architecture.classes, "limit": CLASSES_AT_MOST}
            return Refusal(key="native.classes", values=values)
        return None

    def load(self, architecture: Architecture, parameters: Parameters, dtype: str = "float32") -> Model:
        if dtype != "float32":
            return _get_reference().load(architecture, parameters, dtype)
        self.check(architecture)
        return NativeModel(parameters.astype(np.float32), self._variant, self._threads)

    def start(self, architecture: Architecture, parameters: Parameters, update: Update) -> Run:
        update.loss.check(architecture)
        if parameters.dtype != np.float32:
            return _get_reference().start(architecture, parameters, update)
        self.check(architecture, update)
        return NativeRun(parameters, update, self._variant, self._threads)
