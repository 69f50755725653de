"""A network for PyTorch programs without this package: a module to read, and its state dict."""

from __future__ import annotations

import json
import keyword
import sys
from collections.abc import Mapping, Sequence
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

import numpy as np

from lenet.architecture import C1_MAPS
from lenet.codes import CODE_WIDTH
from lenet.errors import UsageError
from lenet.export.template import fill_template
from lenet.network import Network
from lenet.storage import save_arrays, write_text

TEMPLATE = "lenet5.py.template"

# a module of such a name is imported in place of the package by all that lies beside it, PyTorch included
IMPORTED = ("torch", "torchgen", "safetensors", "numpy", "typing_extensions", "opt_einsum")  # by PyTorch
PACKAGES = {*IMPORTED, "tensorflow", "keras", "onnx", "onnxruntime", "lenet"}

# what tutorials call the layers; a network with C5 to the output full fits theirs as it is
TORCH_NAMES = {
    "c1": "conv1",
    "s2": "pool1",
    "c3": "conv2",
    "s4": "pool2",
    "c5": "fc1",
    "f6": "fc2",
    "output": "fc3",
}


def export_pytorch(network: Network, path: str | Path) -> None:
    """Write a network as a Python module that needs only torch and safetensors, and its weights beside it.

    The state dict has the names that tutorials use: conv1, pool1, conv2, pool2, fc1, fc2, fc3. Their own
    classes can load that of a `modern` network, if they read 32x32.

    Args:
        network: what to write.
        path: a `.py` file whose name can be imported; the weights get the same name with `.safetensors`.
    Raises:
        UsageError: a name that Python could not import, or would import in place of a package.
        FileError: a file cannot be written.
    """
    path = Path(path)
    if path.suffix != ".py" or not path.stem.isidentifier() or keyword.iskeyword(path.stem):
        raise UsageError("export.module", path=path)
    if path.stem in PACKAGES or path.stem in sys.stdlib_module_names:
        raise UsageError("export.shadows", path=path, module=path.stem)
    arrays = rename_for_torch(network)
    metadata = {key: network.metadata[key] for key in ("architecture", "labels")}
    pair = digest_pair(arrays, network.labels)
    save_arrays(find_weights(path), arrays, metadata | {"pair": pair})
    write_text(path, render_module(network, path.stem, pair))


def digest_pair(arrays: Mapping[str, np.ndarray], labels: Sequence[str]) -> str:
    """What stands in a module and in its weights: a pair that a kill has mixed is noticed by it."""
    digest = sha256(json.dumps(labels).encode())
    for name in sorted(arrays):
        digest.update(name.encode() + np.ascontiguousarray(arrays[name]).tobytes())
    return digest.hexdigest()[:32]


def find_weights(path: Path) -> Path:
    """Where the weights of an exported module lie."""
    return path.with_suffix(".safetensors")


def rename_for_torch(network: Network) -> dict[str, np.ndarray]:
    """The parameters under tutorials' names, C5 as the matrix of a full connection; float32."""
    parameters = network.parameters.astype(np.float32)
    arrays = dict(parameters)
    arrays["c5.weight"] = arrays["c5.weight"].reshape(len(arrays["c5.weight"]), -1)
    if network.architecture.connections == "full":
        arrays["c3.weight"] = parameters.dense("c3")
    layers = {name: name.partition(".") for name in arrays}
    return {f"{TORCH_NAMES[layer]}.{kind}": arrays[name] for name, (layer, _, kind) in layers.items()}


def render_module(network: Network, module: str, pair: str) -> str:
    """The content of the `.py` file.

    Args:
        network: what to describe.
        module: the file's name without its ending.
        pair: of `digest_pair`.
    """
    architecture = network.architecture
    rbf, zero = architecture.output == "rbf", architecture.activation != "tanh"
    rows = ("".join("X" if i in inputs else "." for i in range(C1_MAPS)) for inputs in architecture.table)
    values: dict[str, object] = {
        "described": ", ".join(f"{field} {value}" for field, value in architecture.to_dict().items()),
        "module": module,
        "pair": pair,
        "weights": find_weights(Path(module)).name,
        "version": version("lenet"),
        "labels": ", ".join(map(ascii, network.labels)),
        "table": "\n".join(rows),
        "kernels": len(architecture.pairs),
        "paper": "0" if zero else "-1",
        "classes": architecture.classes,
        "codes": "\n".join(map(_draw_code, architecture.codes, network.labels)) if rbf else "",
    }
    return fill_template(TEMPLATE, architecture, values)


def _draw_code(code: np.ndarray, label: str) -> str:
    rows = code.reshape(-1, CODE_WIDTH)
    drawn = "\n".join("    " + "".join("#" if pixel == 1 else "." for pixel in row) for row in rows)
    return f'    # {label!a}\n    """\n{drawn}\n    """,'
