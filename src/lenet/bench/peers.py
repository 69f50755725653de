"""LeNet-5 in PyTorch and ONNX Runtime as their users would write it, to be timed against our engines."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from typing import Any

import numpy as np

from lenet.architecture import TANH_AMPLITUDE, TANH_SLOPE, Architecture
from lenet.engines.inputs import scale_images
from lenet.parameters import initialize_parameters

# plain: as engines/pytorch/network.py has it; dense: C3 as one masked convolution; fused: the fused
# optimizer; last: channels_last; compiled: torch.compile
WAYS = ("plain", "dense fused", "dense fused last", "dense fused last compiled")
# how many images are recognized at once: what is fastest depends on framework and network
PORTIONS = (50, 100, 1000)

Train = Callable[[int], float]
Recognize = Callable[[np.ndarray], np.ndarray]


def list_trainings(
    architecture: Architecture,
    scale: float,
    batch: int,
    threads: int,
    images: np.ndarray,
    labels: np.ndarray,
) -> Iterator[tuple[str, Train]]:
    """Name and training of each way to write the network in PyTorch, if that is installed."""
    if find_spec("torch"):
        for way in WAYS:
            yield f"pytorch {way}", train_torch(way, architecture, scale, batch, threads, images, labels)


def list_recognitions(
    architecture: Architecture, threads: int, single: bool
) -> Iterator[tuple[str, Recognize]]:
    """Name and function of each way to recognize with PyTorch and ONNX Runtime, where they are installed."""
    portions = (1,) if single else PORTIONS
    if find_spec("torch"):
        for way in WAYS:
            run = recognize_torch(way, architecture, threads)
            for portion in portions[-2:]:
                yield _name(f"pytorch {way.replace(' fused', '')}", portion), _cut(run, portion)
    if find_spec("onnxruntime") and find_spec("onnx"):
        session = recognize_onnx(architecture, threads)
        for portion in portions:
            yield _name("onnxruntime", portion), _cut(session, portion)


def _name(way: str, portion: int) -> str:
    # the way last: "pytorch dense last compiled"
    family, _, rest = way.partition(" ")
    return way if portion == 1 else " ".join(filter(None, (family, f"by {portion}", rest)))


def _cut(recognize: Recognize, portion: int) -> Recognize:
    """The same in portions."""

    def run(images: np.ndarray) -> np.ndarray:
        if len(images) <= portion:
            return recognize(images)
        parts = [recognize(images[first : first + portion]) for first in range(0, len(images), portion)]
        return np.concatenate(parts)

    return run


def _make_network(architecture: Architecture, way: str) -> Any:
    import torch
    from torch import nn
    from torch.nn import functional

    from lenet.engines.pytorch.network import LeNet5

    network = LeNet5(architecture)
    if "dense" in way:
        parameters = initialize_parameters(architecture, 0)

        class MaskedC3(nn.Module):  # type: ignore[misc, unused-ignore]  # torch may be absent
            mask: torch.Tensor

            def __init__(self) -> None:
                super().__init__()
                kernels = torch.tensor(parameters.dense("c3"))
                self.weight, self.bias = nn.Parameter(kernels), nn.Parameter(torch.zeros(16))
                self.register_buffer("mask", (kernels != 0).float())

            def forward(self, maps: torch.Tensor) -> torch.Tensor:
                sums = functional.conv2d(maps, self.weight * self.mask, self.bias)
                if architecture.activation == "relu":
                    return torch.relu(sums)
                if architecture.activation == "logistic":
                    return torch.sigmoid(sums)
                return TANH_AMPLITUDE * torch.tanh(TANH_SLOPE * sums)

        network.c3 = MaskedC3()
    return network.to(memory_format=torch.channels_last) if "last" in way else network


def train_torch(
    way: str,
    architecture: Architecture,
    scale: float,
    batch: int,
    threads: int,
    images: np.ndarray,
    labels: np.ndarray,
) -> Train:
    """A training in one way of writing it, data already tensors.

    Returns:
        A function that trains on so many samples and returns the seconds that it took.
    """
    import torch
    from torch.nn import functional

    torch.set_num_threads(threads)
    network = _make_network(architecture, way)
    fields = torch.from_numpy(scale_images(images, np.float32))
    if "last" in way:
        fields = fields.contiguous(memory_format=torch.channels_last)
    targets = torch.from_numpy(labels.astype(np.int64))
    momentum = 0.0 if batch == 1 else 0.9
    optimizer = torch.optim.SGD(network.parameters(), 1e-3, momentum, fused="fused" in way)
    run = torch.compile(network) if "compiled" in way else network

    def train(samples: int) -> float:
        start = time.perf_counter()
        for first in range(0, samples, batch):
            optimizer.zero_grad(set_to_none=True)
            penalties = run(fields[first : first + batch])
            functional.cross_entropy(-scale * penalties, targets[first : first + batch]).backward()
            optimizer.step()
        return time.perf_counter() - start

    return train


def recognize_torch(way: str, architecture: Architecture, threads: int) -> Recognize:
    """From stored bytes to penalties in PyTorch."""
    import torch

    torch.set_num_threads(threads)
    network = _make_network(architecture, way).eval()
    run = torch.compile(network) if "compiled" in way else network

    def recognize(images: np.ndarray) -> np.ndarray:
        with torch.inference_mode():
            fields = torch.from_numpy(scale_images(images, np.float32))
            if "last" in way:
                fields = fields.contiguous(memory_format=torch.channels_last)
            penalties: np.ndarray = run(fields).numpy()
            return penalties

    return recognize


def recognize_onnx(architecture: Architecture, threads: int) -> Recognize:
    """From stored bytes to penalties in ONNX Runtime."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    model = _build_graph(architecture)
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])

    def recognize(images: np.ndarray) -> np.ndarray:
        penalties: np.ndarray = session.run(None, {"image": scale_images(images, np.float32)})[0]
        return penalties

    return recognize


def _build_graph(architecture: Architecture) -> bytes:
    """The network as an ONNX model, each layer in the operators that run it fastest."""
    from onnx import TensorProto, helper, numpy_helper

    p = initialize_parameters(architecture, 0)
    nodes: list[Any] = []
    constants: list[Any] = []

    def constant(name: str, array: Any) -> str:
        constants.append(numpy_helper.from_array(np.asarray(array, np.float32), name))
        return name

    def add(kind: str, inputs: list[str], name: str, **settings: Any) -> str:
        nodes.append(helper.make_node(kind, inputs, [name], **settings))
        return name

    def activate(value: str) -> str:
        kind = {"tanh": "Tanh", "logistic": "Sigmoid", "relu": "Relu"}[architecture.activation]
        if kind != "Tanh":
            return add(kind, [value], f"{value}.state")
        value = add("Mul", [value, "slope"], f"{value}.scaled")
        return add("Mul", [add("Tanh", [value], f"{value}.tanh"), "amplitude"], f"{value}.state")

    def convolve(layer: str, value: str) -> str:
        weight, bias = constant(f"{layer}.w", p.dense(layer)), constant(f"{layer}.b", p[f"{layer}.bias"])
        return activate(add("Conv", [value, weight, bias], layer))

    def subsample(layer: str, value: str) -> str:
        sides = {"kernel_shape": [2, 2], "strides": [2, 2]}
        if architecture.pooling == "max":
            return add("MaxPool", [value], layer, **sides)
        value = add("AveragePool", [value], f"{layer}.mean", **sides)
        if architecture.pooling == "average":
            return value
        factor = constant(f"{layer}.c", 4 * p[f"{layer}.coefficient"][:, None, None])
        value = add("Mul", [value, factor], f"{layer}.product")
        return activate(add("Add", [value, constant(f"{layer}.b", p[f"{layer}.bias"][:, None, None])], layer))

    constant("slope", TANH_SLOPE)
    constant("amplitude", TANH_AMPLITUDE)
    value = convolve("c5", subsample("s4", convolve("c3", subsample("s2", convolve("c1", "image")))))
    value = add("Flatten", [value], "flat")
    weight, bias = constant("f6.w", p["f6.weight"]), constant("f6.b", p["f6.bias"])
    value = activate(add("Gemm", [value, weight, bias], "f6", transB=1))
    if architecture.output == "rbf":
        # |x|^2 - 2 x.w + |w|^2: one matrix product instead of (N, classes, 84) differences
        codes = architecture.codes
        norm = add("ReduceSumSquare", [value], "norm", axes=[1], keepdims=1)
        product = add(
            "Gemm",
            [value, constant("codes", -2 * codes), constant("lengths", (codes**2).sum(1))],
            "product",
            transB=1,
        )
        add("Add", [product, norm], "penalties")
    else:
        weight, bias = constant("o.w", -p["output.weight"]), constant("o.b", -p["output.bias"])
        add("Gemm", [value, weight, bias], "penalties", transB=1)
    shape = helper.make_tensor_value_info("image", TensorProto.FLOAT, ["N", 1, 32, 32])
    out = helper.make_tensor_value_info("penalties", TensorProto.FLOAT, ["N", architecture.classes])
    graph = helper.make_graph(nodes, "LeNet-5", [shape], [out], constants)
    return helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8
    ).SerializeToString()
