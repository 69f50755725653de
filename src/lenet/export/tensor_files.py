"""Named tensors out of other programs' files: safetensors, or PyTorch's without running what they hold."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from lenet.engines import get_engine
from lenet.errors import NetworkFileError
from lenet.storage import read_bytes

LIMIT = 256 * 1024 * 1024  # a checkpoint may hold the states of an optimizer, too
FLOATS = {"F64": np.float64, "F32": np.float32, "F16": np.float16, "BF16": np.uint16}
ARCHIVE, PICKLE = b"PK\x03\x04", b"\x80"  # how torch.save's files begin, today's and old ones
# where training scripts put the state dict in their checkpoints
STATE_DICTS = ("state_dict", "model_state_dict", "model", "net", "network", "weights")


def read_tensors(path: Path) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Read the tensors of a state dict.

    Args:
        path: a safetensors file, or one of `torch.save`, which is read by `torch.load(weights_only=True)`.
    Returns:
        The tensors by name, floating-point ones as float64, in their order; and what lenet wrote of the
        network, empty in files of others.
    Raises:
        FileError: absent, too large, neither of the two, or without tensors.
        MissingExtra: a file of PyTorch, where that is not installed.
    """
    content = read_bytes(path, LIMIT)
    # the length of a safetensors file's header, which comes first, may begin with any byte
    headed = int.from_bytes(content[:8], "little") <= len(content) and content[8:9] == b"{"
    if content.startswith((ARCHIVE, PICKLE)) and not headed:
        tensors, described = dict(_read_torch(path, content)), {}
    else:
        tensors, described = dict(_read_safetensors(path, content)), _read_description(content)
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
        yield name, numbers.astype(np.float64).reshape(entry["shape"])


def _read_description(content: bytes) -> dict[str, Any]:
    """What `lenet export pytorch` wrote beside the tensors; empty where another program wrote the file."""
    length = int.from_bytes(content[:8], "little")
    try:
        described = json.loads(json.loads(content[8 : 8 + length])["__metadata__"]["lenet"])
    except (KeyError, TypeError, ValueError, RecursionError):
        return {}
    return described if isinstance(described, dict) else {}


def _read_torch(path: Path, content: bytes) -> Iterator[tuple[str, np.ndarray]]:
    get_engine("pytorch")  # says how PyTorch is installed, where it is not
    import io
    import pickle
    import warnings

    import torch

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of TorchScript, which is refused below
            loaded = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        # a whole model is a program, which nobody should run to read some numbers
        raise NetworkFileError("import.whole_model", path=path) from error
    except Exception as error:  # a damaged file may raise anything
        raise NetworkFileError("import.unknown_file", path=path) from error
    for name, tensor in _find_state_dict(loaded).items():
        array = tensor.detach().to(torch.float64 if tensor.is_floating_point() else torch.int64)
        yield name, array.numpy()


def _find_state_dict(loaded: Any) -> dict[str, Any]:
    """The tensors by name: of a state dict, or of that in a checkpoint."""
    import torch

    if not isinstance(loaded, Mapping):
        return {}
    tensors = {n: t for n, t in loaded.items() if isinstance(n, str) and isinstance(t, torch.Tensor)}
    if any(tensor.ndim > 1 for tensor in tensors.values()):
        return tensors
    first = [loaded[name] for name in STATE_DICTS if name in loaded]
    for inner in (*first, *loaded.values()):
        tensors = _find_state_dict(inner)
        if tensors:
            return tensors
    return {}


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
