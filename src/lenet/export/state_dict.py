"""Import a LeNet-5 of another program: its tensors are recognized by their shapes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from lenet.architecture import PIXEL_OFFSET, PIXEL_SCALE, TANH_AMPLITUDE, TANH_SLOPE, Architecture
from lenet.errors import LenetError, NetworkFileError, UsageError
from lenet.export.pytorch_file import TORCH_NAMES
from lenet.export.tensor_files import check_range, read_tensors
from lenet.network import Network
from lenet.parameters import Parameters

# theirs: ours. Their tanh is tanh(a), the network of 1998 has 1.7159 tanh(2a/3).
ACTIVATIONS = {"relu": "relu", "tanh": "tanh", "sigmoid": "logistic", "scaled-tanh": "tanh"}
POOLINGS = ("max", "average")
GREY = 255 * PIXEL_SCALE  # of our scale, for 1 of ToTensor's, which has 0 for paper and 1 for ink

WEIGHTS: dict[str, tuple[tuple[int, ...], ...]] = {
    "c1": ((6, 1, 5, 5),),
    "c3": ((16, 6, 5, 5),),
    "c5": ((120, 400), (120, 16, 5, 5)),
    "f6": ((84, 120), (84, 120, 1, 1)),
    "output": ((-1, 84), (-1, 84, 1, 1)),  # as many rows as there are classes
}
ACTIVATED = ("c1", "c3", "c5", "f6")


def import_network(
    path: str | Path,
    activation: str | None = None,
    pooling: str | None = None,
    mean: float | None = None,
    std: float | None = None,
    labels: Sequence[str] | None = None,
    maps_first: bool = False,
) -> Network:
    """Convert a state dict of another program into a network.

    Layers are recognized by the shapes of their tensors, whatever their names: 5x5 kernels of 6 and 16 maps,
    then 400 -> 120 (or a convolution), 120 -> 84, 84 -> classes. A missing bias is 0. What the tensors do not
    show has to be passed as an argument. The normalization of the input is folded into C1, and a plain tanh
    into all layers, so that the network takes the same images as all networks of this package.

    Args:
        path: a safetensors file, or a `.pt` file that has only tensors. A file that `export_pytorch` wrote
            describes itself; no other argument may be given with it.
        activation: "relu" (the default), "tanh", "sigmoid" or "scaled-tanh", which is 1.7159 tanh(2a/3);
            before each pooling, and after C5 and F6.
        pooling: "max" (the default) or "average".
        mean: of the normalization of their input, (grey - mean) / std, grey from 0 to 1; by default 0. Exact
            if they padded before it, or if the mean is 0; a convolution that pads by 2 after it saw the grey
            level `mean` around the image, and C1's two outermost rows and columns differ.
        std: likewise, above 0; by default 1.
        labels: names of the classes, in their order; by default 0, 1, 2, ...
        maps_first: of kernels in Keras's order, (rows, columns, in, out): whether C5's inputs are flattened
            by maps first, which Keras itself does not.
    Raises:
        FileError: not a file of tensors, or a tensor that does not fit; the error names the first one.
        UsageError: an invalid argument.
        MissingExtra: a `.pt` file without PyTorch installed.
    """
    path, told = Path(path), (activation, pooling, mean, std, labels)
    tensors, described = read_tensors(path, maps_first=maps_first)
    if "architecture" in described:
        if any(value is not None for value in told):
            raise UsageError("import.says_itself", path=path)
        return _restore(path, tensors, described)
    activation, pooling = activation or "relu", pooling or "max"
    mean, std = mean or 0.0, 1.0 if std is None else std
    _check(activation, pooling, mean, std)
    found = match_tensors(path, tensors)
    arrays = {}
    for layer in WEIGHTS:
        weight, bias = tensors[found[f"{layer}.weight"]], found.get(f"{layer}.bias")
        arrays[f"{layer}.weight"] = weight
        arrays[f"{layer}.bias"] = tensors[bias] if bias else np.zeros(len(weight))
    fold_input(arrays, mean, std)
    if activation == "tanh":
        fold_tanh(arrays)
    check_range(path, arrays)  # once more: both scale
    classes = len(arrays["output.bias"])
    architecture = Architecture(ACTIVATIONS[activation], pooling, "full", "linear", classes)
    shaped = {
        name: arrays[name].reshape(shape).astype(np.float32)
        for name, shape in architecture.parameter_shapes.items()
    }
    names = tuple(labels) if labels is not None else tuple(map(str, range(classes)))
    card: dict[str, Any] = {
        "imported": path.name,
        "activation": activation,
        "pooling": pooling,
        "mean": mean,
        "std": std,
    }
    return Network(architecture, Parameters(architecture, shaped), names, card | {"tensors": found})


def _check(activation: str, pooling: str, mean: float, std: float) -> None:
    for name, value, choices in (("activation", activation, ACTIVATIONS), ("pooling", pooling, POOLINGS)):
        if value not in choices:
            raise UsageError("import.choice", name=name, value=value, choices=", ".join(choices))
    if not (np.isfinite(mean) and np.isfinite(std) and std > 0):
        raise UsageError("import.normalization", mean=mean, std=std)


def match_tensors(path: Path, tensors: Mapping[str, np.ndarray]) -> dict[str, str]:
    """Find each layer's tensors by their shapes.

    Args:
        path: of the file, for error messages.
        tensors: the tensors by name.
    Returns:
        {"c1.weight": the name in the file, ...}; a layer may lack a bias.
    Raises:
        NetworkFileError: a tensor that fits no layer, or a layer without a tensor.
    """
    found: dict[str, str] = {}
    for name, tensor in tensors.items():
        if tensor.ndim < 2 and name.endswith("bias"):
            continue
        layer = next((each for each, shapes in WEIGHTS.items() if _fits(tensor.shape, shapes)), None)
        if layer is None or f"{layer}.weight" in found:
            raise _explain_misfit(path, name, tensor.shape, layer)
        found[f"{layer}.weight"] = name
    for layer, wanted in WEIGHTS.items():
        if f"{layer}.weight" not in found:
            shapes = " / ".join(map(_format, wanted))
            raise NetworkFileError("import.no_layer", path=path, layer=layer.upper(), shapes=shapes)
    owners = {re.sub("weight$", "bias", found[f"{layer}.weight"]): layer for layer in WEIGHTS}
    for name, tensor in tensors.items():
        if tensor.ndim < 2 and name.endswith("bias"):
            owner = owners.get(name)
            if owner is None or tensor.shape != tensors[found[f"{owner}.weight"]].shape[:1]:
                raise _explain_misfit(path, name, tensor.shape, None)
            found[f"{owner}.bias"] = name
    return found


def _fits(shape: tuple[int, ...], shapes: tuple[tuple[int, ...], ...]) -> bool:
    for wanted in shapes:
        if len(shape) == len(wanted) and all(w in (n, -1) for n, w in zip(shape, wanted, strict=True)):
            return shape[0] >= 2
    return False


def _format(shape: tuple[int, ...]) -> str:
    return "(" + ", ".join("classes" if n < 0 else str(n) for n in shape) + ")"


def _explain_misfit(path: Path, name: str, shape: tuple[int, ...], layer: str | None) -> NetworkFileError:
    values: dict[str, Any] = {"path": path, "name": name, "shape": tuple(shape)}
    if layer:
        return NetworkFileError("import.twice", layer=layer.upper(), **values)
    if len(shape) == 4 and shape[1] == 3:
        return NetworkFileError("import.colour", **values)
    if tuple(shape) == (120, 256):
        return NetworkFileError("import.unpadded", **values)
    if len(shape) < 2:
        return NetworkFileError("import.vector", **values)
    shapes = ", ".join(f"{each.upper()} {_format(wanted[0])}" for each, wanted in WEIGHTS.items())
    return NetworkFileError("import.misfit", shapes=shapes, **values)


def fold_input(arrays: dict[str, np.ndarray], mean: float, std: float) -> None:
    """Rescale C1 for the pixel scaling of this package instead of (grey - mean) / std.

    For a byte v, this package has x = 0.005 v - 0.1 and the other program grey = v / 255, so its input is
    gain x + shift, and a weighted sum of it is gain times that of x plus shift times the sum of the kernel.

    Args:
        arrays: with "c1.weight" and "c1.bias", which are replaced.
        mean: of the other program's normalization.
        std: of the other program's normalization.
    """
    gain, shift = 1 / (GREY * std), (-PIXEL_OFFSET / GREY - mean) / std
    weight = arrays["c1.weight"]
    arrays["c1.bias"] = arrays["c1.bias"] + shift * weight.sum(axis=(1, 2, 3))
    arrays["c1.weight"] = gain * weight


def fold_tanh(arrays: dict[str, np.ndarray]) -> None:
    """Rescale all layers so that 1.7159 tanh(2a/3) computes what tanh(a) did.

    Sums are multiplied by 3/2 before the activation, and the factor 1.7159 after it is divided out in the
    next layer; maximum and average pooling in between commute with that factor.

    Args:
        arrays: weights and biases of all layers, which are replaced.
    """
    for layer in ACTIVATED:
        for kind in ("weight", "bias"):
            arrays[f"{layer}.{kind}"] = arrays[f"{layer}.{kind}"] / TANH_SLOPE
    for layer in (*ACTIVATED[1:], "output"):
        arrays[f"{layer}.weight"] = arrays[f"{layer}.weight"] / TANH_AMPLITUDE


def _restore(path: Path, tensors: Mapping[str, np.ndarray], described: Mapping[str, Any]) -> Network:
    """Restore the network of a file that `export_pytorch` wrote."""
    if "c1.weight" in tensors:
        raise UsageError("import.ours", path=path)
    try:
        architecture = Architecture.from_dict(described["architecture"])
        arrays = {}
        for name, shape in architecture.parameter_shapes.items():
            layer, _, kind = name.partition(".")
            array = tensors[f"{TORCH_NAMES[layer]}.{kind}"].astype(np.float32)
            full = name == "c3.weight" and architecture.connections == "full"
            arrays[name] = array.reshape(shape) if full or name == "c5.weight" else array
        return Network(
            architecture,
            Parameters(architecture, arrays),
            tuple(described["labels"]),
            {"imported": path.name},
        )
    except (KeyError, TypeError, ValueError, LenetError) as error:
        raise NetworkFileError("network.damaged", path=path, reason=error) from error
