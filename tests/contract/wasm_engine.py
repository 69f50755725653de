"""The committed lenet.wasm as an engine, by wasmtime; and the module itself, for tests of what it refuses."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

import lenet
from lenet.architecture import CHOICES, FIELD, LAYER_NAMES, PARAMETER_NAMES, Architecture
from lenet.engines import Engine, Model, Refusal, Run, Update, get_engine
from lenet.engines.inputs import check_images, check_order, check_targets
from lenet.engines.loss import LOSSES, Loss
from lenet.errors import MissingExtra
from lenet.images.distort import DistortedEpoch
from lenet.parameters import Parameters

STATIC = Path(lenet.__file__).parent / "page" / "static"
PATH = STATIC / "lenet.wasm"
CLASSES_AT_MOST = 128
CODES = (
    "fine", "no memory", "not allocated", "no network", "out of range",
    "no class", "no image", "no loss", "no ink",
)  # fmt: skip


class Module:
    """One instance: its functions, and arrays in its memory."""

    def __init__(self, path: Path = PATH) -> None:
        import wasmtime

        engine, module = compile_module(path)
        self._store = wasmtime.Store(engine)
        self._exports = wasmtime.Instance(self._store, module, []).exports(self._store)

    def call(self, name: str, *args: float) -> int:
        return self._exports[name](self._store, *args)

    def run(self, name: str, *args: float) -> str:
        """Call a function that answers with a code, and say it in words."""
        return CODES[self.call(name, *args)]

    @property
    def memory(self) -> np.ndarray:
        """All of it, as bytes; any call may make it out of date."""
        return np.frombuffer(self._exports["memory"].get_buffer_ptr(self._store), np.uint8)

    def room(self, shape: int | Sequence[int], dtype: Any) -> int:
        """The address of zeros for an array."""
        address = self.call("allocate", int(np.prod(shape)) * np.dtype(dtype).itemsize)
        assert address
        return address & 0xFFFFFFFF

    def put(self, array: np.ndarray) -> int:
        address = self.room(array.shape, array.dtype)
        self.memory[address : address + array.nbytes] = np.ascontiguousarray(array).reshape(-1).view(np.uint8)
        return address

    def take(self, address: int, shape: int | Sequence[int], dtype: Any) -> np.ndarray:
        size = int(np.prod(shape)) * np.dtype(dtype).itemsize
        return self.memory[address : address + size].copy().view(dtype).reshape(shape)

    @contextmanager
    def scope(self) -> Iterator[None]:
        """Give back what was allocated inside."""
        mark = self.call("mark")
        try:
            yield
        finally:
            assert self.run("release", mark) == "fine"


@cache
def compile_module(path: Path = PATH) -> tuple[Any, Any]:
    import wasmtime

    engine = wasmtime.Engine()
    return engine, wasmtime.Module(engine, path.read_bytes())


def describe(module: Module, architecture: Architecture) -> int:
    fields = ("activation", "pooling", "connections", "output")
    choices = [CHOICES[field].index(getattr(architecture, field)) for field in fields]
    return module.call("describe", *choices, int(architecture.classes))


def put_distortion(module: Module, distortion: DistortedEpoch | None) -> int:
    if distortion is None:
        return 0
    amounts = np.array(list(asdict(distortion.limits).values()))
    seed = np.array([distortion.seed], np.uint64)
    numbers = np.array([distortion.epoch, min(distortion.plain, 2**31 - 1)], np.uint32)
    return module.put(np.concatenate([part.view(np.uint8) for part in (amounts, seed, numbers)]))


def put_images(module: Module, images: np.ndarray) -> tuple[int, int, int]:
    """Address, whether they are bytes as stored, count."""
    stored = images.dtype == np.uint8
    return module.put(images if stored else images.astype(np.float32)), int(stored), len(images)


def put_targets(module: Module, targets: np.ndarray) -> tuple[int, int]:
    """Address, whether they are shares."""
    soft = targets.ndim == 2
    return module.put(targets.astype(np.float32 if soft else np.int32)), int(soft)


def loss_numbers(loss: Loss) -> tuple[int, float, float]:
    return LOSSES.index(loss.kind), loss.scale, loss.j


class Packed:
    """A network in the module's memory, and its parameters in and out of buffers there."""

    def __init__(self, architecture: Architecture) -> None:
        self.module, self.architecture = Module(), architecture
        self.handle = describe(self.module, architecture)
        assert self.handle
        self.length = self.module.call("find_array", self.handle, len(PARAMETER_NAMES))
        self.places = {}
        for k, name in enumerate(PARAMETER_NAMES):
            shape = architecture.parameter_shapes.get(name, (0,))
            assert self.module.call("measure_array", self.handle, k) == math.prod(shape), name
            if math.prod(shape):
                self.places[name] = self.module.call("find_array", self.handle, k), shape

    def pack(self, arrays: Mapping[str, np.ndarray]) -> int:
        buffer = np.zeros(self.length, np.float32)
        for name, (at, shape) in self.places.items():
            buffer[at : at + math.prod(shape)] = arrays[name].ravel()
        return self.module.put(buffer)

    def unpack(self, address: int) -> Parameters:
        buffer = self.module.take(address, self.length, np.float32)
        arrays = {
            name: buffer[at : at + math.prod(shape)].reshape(shape).copy()
            for name, (at, shape) in self.places.items()
        }
        return Parameters(self.architecture, arrays)


class WasmModel:
    """See `Model`; fields larger than 32x32 go to `reference`."""

    def __init__(self, parameters: Parameters) -> None:
        self._parameters, self._architecture = parameters, parameters.architecture
        self._network = Packed(parameters.architecture)
        self._weights = self._network.pack(parameters)

    def penalties(self, images: np.ndarray) -> np.ndarray:
        if check_images(self._architecture, images) != (1, 1):
            return self._refer().penalties(images)
        module, shape = self._network.module, (len(images), self._architecture.classes)
        with module.scope():
            out = module.room(shape, np.float32)
            seen = put_images(module, images)
            assert module.run("recognize", self._network.handle, self._weights, *seen, out) == "fine"
            return module.take(out, shape, np.float32)

    def trace(self, images: np.ndarray, sums: bool = False) -> dict[str, np.ndarray]:
        if check_images(self._architecture, images) != (1, 1):
            return self._refer().trace(images, sums)
        module, network = self._network.module, self._architecture
        shapes: dict[str, tuple[int, ...]] = {"input": (len(images), 1, FIELD, FIELD)}
        for layer in network.layers:
            sides = () if layer.name in ("f6", "output") else (layer.side, layer.side)
            shapes[layer.name] = (len(images), layer.maps, *sides)
        if sums:
            shapes |= {f"{name}.sum": shapes[name] for name in network.activated_layers}
        names = ["input", *LAYER_NAMES, *(f"{name}.sum" for name in LAYER_NAMES if name != "output")]
        with module.scope():
            rooms = {name: module.room(shape, np.float32) for name, shape in shapes.items()}
            out = module.put(np.array([rooms.get(name, 0) for name in names], np.uint32))
            seen = put_images(module, images)
            assert module.run("trace", self._network.handle, self._weights, *seen, out) == "fine"
            return {name: module.take(rooms[name], shape, np.float32) for name, shape in shapes.items()}

    def gradient(self, images: np.ndarray, targets: np.ndarray, loss: Loss) -> Parameters:
        return self._differentiate(images, targets, loss, 0)

    def curvature(self, images: np.ndarray, targets: np.ndarray, loss: Loss) -> Parameters:
        return self._differentiate(images, targets, loss, 1)

    def _differentiate(self, images: np.ndarray, targets: np.ndarray, loss: Loss, second: int) -> Parameters:
        check_images(self._architecture, images, training=True)
        check_targets(self._architecture, targets, len(images))
        loss.check(self._architecture)
        network, module = self._network, self._network.module
        with module.scope():
            out, losses = module.room(network.length, np.float32), module.room(len(images), np.float64)
            seen, meant = put_images(module, images), put_targets(module, targets)
            numbers = loss_numbers(loss)
            args = (network.handle, self._weights, *seen, *meant, *numbers, second, out, losses)
            assert module.run("differentiate", *args) == "fine"
            return network.unpack(out)

    def _refer(self) -> Model:
        return get_engine("reference").load(self._architecture, self._parameters)


class WasmRun:
    """See `Run`."""

    def __init__(self, parameters: Parameters, update: Update) -> None:
        self._update = update
        self._network = Packed(parameters.architecture)
        self._begin(parameters, parameters.map(np.zeros_like))

    def _begin(self, weights: Mapping[str, np.ndarray], velocity: Mapping[str, np.ndarray]) -> None:
        self._weights, self._velocity = self._network.pack(weights), self._network.pack(velocity)

    def parameters(self) -> Parameters:
        return self._network.unpack(self._weights)

    def state(self) -> dict[str, np.ndarray]:
        parts = {"weight": self.parameters(), "velocity": self._network.unpack(self._velocity)}
        return {f"{part}.{name}": array for part, arrays in parts.items() for name, array in arrays.items()}

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        weights, velocity = (
            {name: state[f"{part}.{name}"] for name in self._network.places}
            for part in ("weight", "velocity")
        )
        self._begin(weights, velocity)

    def advance(
        self,
        images: np.ndarray,
        targets: np.ndarray,
        order: np.ndarray,
        rates: np.ndarray,
        scales: Parameters | None = None,
        distortion: DistortedEpoch | None = None,
    ) -> np.ndarray:
        network, module, update = self._network, self._network.module, self._update
        check_images(network.architecture, images, training=True)
        check_targets(network.architecture, targets, len(images))
        check_order(order, rates, len(images), distortion)
        steps, batch = order.shape
        with module.scope():
            losses = module.room(steps, np.float64)
            done = module.run(
                "train",
                network.handle,
                self._weights,
                self._velocity,
                0 if scales is None else network.pack(scales),
                *put_images(module, images),
                *put_targets(module, targets),
                module.put(order.astype(np.int32)),
                module.put(rates.astype(np.float32)),
                steps,
                batch,
                update.momentum,
                update.weight_decay,
                *loss_numbers(update.loss),
                put_distortion(module, distortion),
                losses,
            )
            assert done == "fine"
            return module.take(losses, steps, np.float64)


class WasmEngine(Engine):
    """The kernels compiled to WebAssembly; see `Engine`. Float64 goes to `reference`."""

    name = "wasm"

    def __init__(self) -> None:
        if not find_spec("wasmtime"):
            raise MissingExtra("extra.missing", package="wasmtime", extra="wasmtime")

    def refuses(self, architecture: Architecture, update: Update | None = None) -> Refusal | None:
        if architecture.classes > CLASSES_AT_MOST:
            values = {"classes": architecture.classes, "limit": CLASSES_AT_MOST}
            return Refusal("native.classes", values)
        return None

    def load(self, architecture: Architecture, parameters: Parameters, dtype: str = "float32") -> Model:
        if dtype != "float32":
            return get_engine("reference").load(architecture, parameters, dtype)
        self.check(architecture)
        return WasmModel(parameters.astype(np.float32))

    def start(self, architecture: Architecture, parameters: Parameters, update: Update) -> Run:
        update.loss.check(architecture)
        if parameters.dtype != np.float32:
            return get_engine("reference").start(architecture, parameters, update)
        self.check(architecture)
        return WasmRun(parameters, update)
