"""A network as an ONNX model, for ONNX Runtime and every other program that reads the format."""

from __future__ import annotations

import json
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from lenet.architecture import (
    BORDER,
    PIXEL_OFFSET,
    PIXEL_SCALE,
    STORED,
    TANH_AMPLITUDE,
    TANH_SLOPE,
    WINDOW,
)
from lenet.errors import MissingExtra, UsageError
from lenet.network import Network
from lenet.storage import write_bytes

# ONNX 1.8 of 2020, which every runtime in use reads; nothing newer would make the graph simpler.
OPSET, IR_VERSION = 13, 7


# What the input `image` of a model is: its shape without N, its type, and what its numbers mean.
INPUTS = {
    "grey": ((1, 28, 28), "float32", "grey levels from 0 (paper) to 1 (ink), as v / 255"),
    "uint8": ((28, 28), "uint8", "grey levels from 0 (paper) to 255 (ink), as MNIST stores them"),
    "raw": ((1, 32, 32), "float32", "0.005 v - 0.1: paper -0.1, ink 1.175, with a border of 2"),
}


def export_onnx(network: Network, path: str | Path, takes: str = "grey") -> None:
    """Write a network as an ONNX model that takes any number of images.

    Its outputs are `penalties`, (N, classes) float32, and `label`, (N,) int64: the class with the smallest
    penalty, as a place in the labels. Its metadata holds what the input is, the architecture, the labels and
    the card, as JSON.

    Args:
        network: what to write.
        path: an `.onnx` file.
        takes: what its input `image` is: "grey", (N, 1, 28, 28) float32 from 0 to 1; "uint8", (N, 28, 28) as
            MNIST stores it; or "raw", (N, 1, 32, 32) float32, background -0.1 and ink 1.175.
    Raises:
        UsageError: another input.
        MissingExtra: the package onnx is not installed.
        FileError: the file cannot be written.
    """
    write_bytes(Path(path), build_onnx(network, takes))


def build_onnx(network: Network, takes: str = "grey") -> bytes:
    """The content of the file that `export_onnx` writes.

    Raises:
        UsageError: an unknown input.
        MissingExtra: the package onnx is not installed.
    """
    if takes not in INPUTS:
        raise UsageError("export.input_choice", value=takes, choices=", ".join(INPUTS))
    if not find_spec("onnx"):
        raise MissingExtra("extra.missing", package="onnx", extra="onnx")
    import onnx

    model = _build_model(network, takes)
    onnx.checker.check_model(model, full_check=True)
    content: bytes = model.SerializeToString(deterministic=True)
    return content


def _build_model(network: Network, takes: str) -> Any:
    from onnx import TensorProto, helper

    graph = _Graph(network)
    image = "image" if takes == "raw" else graph.scale("image", takes)
    s2 = graph.subsample("s2", graph.convolve("c1", image))
    s4 = graph.subsample("s4", graph.convolve("c3", s2))
    c5 = graph.add("Flatten", "c5.vector", graph.convolve("c5", s4))
    graph.measure(graph.connect("f6", c5))
    graph.add("ArgMin", "label", "penalties", axis=1, keepdims=0)

    shape, dtype, meaning = INPUTS[takes]
    describe = helper.make_tensor_value_info
    kind = TensorProto.UINT8 if dtype == "uint8" else TensorProto.FLOAT
    inputs = [describe("image", kind, ["N", *shape], doc_string=meaning)]
    outputs = [
        describe("penalties", TensorProto.FLOAT, ["N", network.architecture.classes]),
        describe("label", TensorProto.INT64, ["N"]),
    ]
    model = helper.make_model(
        helper.make_graph(graph.nodes, "LeNet-5", inputs, outputs, graph.constants),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
        producer_name="lenet",
        producer_version=version("lenet"),
        doc_string=(
            "LeNet-5: a penalty for every class, the smallest of which wins (LeCun et al. 1998). "
            f"Input image, {dtype} (N, {', '.join(map(str, shape))}): {meaning}."
        ),
    )
    described = {"takes": takes, "shape": ["N", *shape], "type": dtype, "meaning": meaning}
    metadata = {key: json.dumps(value) for key, value in {**network.metadata, "input": described}.items()}
    metadata["version"] = version("lenet")
    helper.set_model_props(model, metadata)
    return model


class _Graph:
    """Nodes and constants of a graph, added layer by layer.

    The value that a layer gives has its name (c1), the sum before the activation function too (c1.sum), as
    in `trace`.
    """

    def __init__(self, network: Network) -> None:
        self.architecture = network.architecture
        self.parameters = network.parameters.astype(np.float32)
        self.nodes: list[Any] = []
        self.constants: list[Any] = []
        if self.architecture.activation == "tanh":
            self.hold("tanh.slope", np.float32(TANH_SLOPE))
            self.hold("tanh.amplitude", np.float32(TANH_AMPLITUDE))

    def hold(self, name: str, array: Any) -> str:
        """Keep a constant, and give its name."""
        from onnx import numpy_helper

        self.constants.append(numpy_helper.from_array(np.asarray(array), name))
        return name

    def add(self, kind: str, name: str, *inputs: str, **settings: Any) -> str:
        """Add a node, named as the one value that it gives, and give that name."""
        from onnx import helper

        self.nodes.append(helper.make_node(kind, list(inputs), [name], name, **settings))
        return name

    def scale(self, image: str, takes: str) -> str:
        """From (N, 28, 28) uint8 or (N, 1, 28, 28) float32, 0 to 1, to what the network sees."""
        from onnx import TensorProto

        factor = PIXEL_SCALE if takes == "uint8" else 255 * PIXEL_SCALE
        if takes == "uint8":
            shape = self.hold("image.shape", np.array([-1, 1, STORED, STORED], np.int64))
            grey = self.add("Cast", "image.float", image, to=TensorProto.FLOAT)
            image = self.add("Reshape", "image.maps", grey, shape)
        border = self.hold("image.border", np.array([0, 0, BORDER, BORDER] * 2, np.int64))
        field = self.add("Pad", "image.field", image, border)
        field = self.add("Mul", "image.scaled", field, self.hold("image.scale", np.float32(factor)))
        return self.add("Add", "input", field, self.hold("image.offset", np.float32(PIXEL_OFFSET)))

    def activate(self, layer: str, sums: str) -> str:
        """The activation function."""
        if self.architecture.activation != "tanh":
            kind = {"logistic": "Sigmoid", "relu": "Relu"}[self.architecture.activation]
            return self.add(kind, layer, sums)
        steep = self.add("Mul", f"{layer}.steep", sums, "tanh.slope")
        return self.add("Mul", layer, self.add("Tanh", f"{layer}.tanh", steep), "tanh.amplitude")

    def convolve(self, layer: str, maps: str) -> str:
        """C1, C3 or C5; C3 as one dense convolution, with kernels of zeros where it has no connection."""
        weight = self.hold(f"{layer}.weight", self.parameters.dense(layer))
        bias = self.hold(f"{layer}.bias", self.parameters[f"{layer}.bias"])
        return self.activate(layer, self.add("Conv", f"{layer}.sum", maps, weight, bias))

    def subsample(self, layer: str, maps: str) -> str:
        """S2 or S4."""
        pooling = self.architecture.pooling
        window: dict[str, Any] = {"kernel_shape": [WINDOW] * 2, "strides": [WINDOW] * 2}
        if pooling == "max":
            return self.add("MaxPool", layer, maps, **window)
        if pooling == "average":
            return self.add("AveragePool", layer, maps, **window)
        mean = self.add("AveragePool", f"{layer}.mean", maps, **window)
        # of the sum of four, that is four times the mean: exact, for 4 is a power of 2
        coefficient = WINDOW**2 * self.parameters[f"{layer}.coefficient"][:, None, None]
        weighed = self.add("Mul", f"{layer}.weighed", mean, self.hold(f"{layer}.coefficient", coefficient))
        bias = self.hold(f"{layer}.bias", self.parameters[f"{layer}.bias"][:, None, None])
        return self.activate(layer, self.add("Add", f"{layer}.sum", weighed, bias))

    def connect(self, layer: str, states: str) -> str:
        """F6."""
        return self.activate(layer, self._multiply(layer, f"{layer}.sum", states))

    def measure(self, states: str) -> str:
        """The output: the squared distance to every code, or minus the logits."""
        if self.architecture.output == "linear":
            return self.add("Neg", "penalties", self._multiply("output", "logits", states))
        codes = self.hold("output.codes", self.architecture.codes[None])
        rows = self.hold("output.rows", np.array([1], np.int64))
        units = self.hold("output.units", np.array([2], np.int64))
        # the distances themselves, not |x|^2 - 2xw + |w|^2, which loses digits
        gaps = self.add("Sub", "output.gaps", self.add("Unsqueeze", "f6.row", states, rows), codes)
        squares = self.add("Mul", "output.squares", gaps, gaps)
        return self.add("ReduceSum", "penalties", squares, units, keepdims=0)

    def _multiply(self, layer: str, name: str, states: str) -> str:
        weight = self.hold(f"{layer}.weight", self.parameters[f"{layer}.weight"])
        bias = self.hold(f"{layer}.bias", self.parameters[f"{layer}.bias"])
        return self.add("Gemm", name, states, weight, bias, transB=1)
