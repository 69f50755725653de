"""Named tensors out of other programs' files: safetensors, PyTorch, Keras, ONNX; nothing in them is run."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from lenet.errors import NetworkFileError
from lenet.export.foreign_files import (
    HDF5,
    is_keras_archive,
    is_keras_order,
    order_as_torch,
    read_hdf5,
    read_onnx,
)
from lenet.export.torch_files import read_torch
from lenet.storage import read_bytes

LIMIT = 256 * 1024 * 1024  # a checkpoint may hold the states of an optimizer, too
FLOATS = {"F64": np.float64, "F32": np.float32, "F16": np.float16, "BF16": np.uint16}
MOST_AXES = 8
ARCHIVE, PICKLE = b"PK\x03\x04", b"\x80"  # how torch.save's files begin, today's and old ones


def read_tensors(path: Path, *, maps_first: bool = False) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Read the tensors of a state dict.

    Args:
        path: a file of safetensors, of `torch.save` (read by `torch.load(weights_only=True)`), of Keras (.h5,
            .keras) or of ONNX.
        maps_first: of a safetensors file in Keras's order: see `order_as_torch`.
    Returns:
        The tensors by name, floating-point ones as float64, in their order; and what lenet wrote of the
        network, empty in files of others.
    Raises:
        FileError: absent, too large, none of these, or without tensors.
        MissingExtra: a file of PyTorch, Keras or ONNX, where what reads it is not installed.
    """
    content = read_bytes(path, LIMIT)
    # the length of a safetensors file's header, which comes first, may begin with any byte
    headed = int.from_bytes(content[:8], "little") <= len(content) and content[8:9] == b"{"
    described: dict[str, Any] = {}
    if headed:
        tensors, described = dict(_read_safetensors(path, content)), _read_description(content)
        if is_keras_order(tensors):
            tensors = order_as_torch(tensors, maps_first=maps_first)
    elif content.startswith(HDF5) or (content.startswith(ARCHIVE) and is_keras_archive(content)):
        tensors = read_hdf5(path, content, LIMIT)
    elif path.suffix == ".onnx":
        tensors = read_onnx(path, content)
    elif content.startswith((ARCHIVE, PICKLE)):
        tensors = read_torch(path, content, LIMIT)
    else:
        raise NetworkFileError("import.unknown_file", path=path)
    if not tensors:
        raise NetworkFileError("import.no_tensors", path=path)
    for name, array in tensors.items():
        if not np.isfinite(array).all():
            count = int((~np.isfinite(array)).sum())
            raise NetworkFileError("tensors.not_finite", path=path, name=name, count=count)
    check_range(path, tensors)
    return tensors, described


def _read_safetensors(path: Path, content: bytes) -> Iterator[tuple[str, np.ndarray]]:
    from safetensors import SafetensorError, deserialize

    try:
        entries = deserialize(content)
    except SafetensorError as error:
        raise NetworkFileError("import.unknown_file", path=path) from error
    for name, entry in entries:
        kind = FLOATS.get(entry["dtype"])
        if kind is None:
            expected = ", ".join(FLOATS)
            found = entry["dtype"]
            raise NetworkFileError("tensors.type", path=path, name=name, found=found, expected=expected)
        numbers = np.frombuffer(entry["data"], kind)
        if entry["dtype"] == "BF16":  # the upper half of a float32
            numbers = (numbers.astype(np.uint32) << np.uint32(16)).view(np.float32)
        if len(entry["shape"]) > MOST_AXES:
            axes = len(entry["shape"])
            raise NetworkFileError("tensors.axes", path=path, name=name, axes=axes, most=MOST_AXES)
        yield name, numbers.astype(np.float64).reshape(entry["shape"])


def _read_description(content: bytes) -> dict[str, Any]:
    """What `lenet export pytorch` wrote beside the tensors; empty where another program wrote the file."""
    length = int.from_bytes(content[:8], "little")
    try:
        described = json.loads(json.loads(content[8 : 8 + length])["__metadata__"]["lenet"])
    except (KeyError, TypeError, ValueError, RecursionError):
        return {}
    return described if isinstance(described, dict) else {}


def check_range(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Refuse numbers that float32 cannot hold.

    Args:
        path: the file that they come from, for the message.
        arrays: finite numbers.
    Raises:
        NetworkFileError: the first array with such a number, its first one, and the limit.
    """
    limit = float(np.finfo(np.float32).max)
    for name, array in arrays.items():
        beyond = array[np.abs(array) > limit]
        if beyond.size:
            values = {"name": name, "value": f"{beyond[0]:.3g}", "limit": f"{limit:.3g}"}
            raise NetworkFileError("tensors.too_large", path=path, **values)
