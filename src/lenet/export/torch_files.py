"""The tensors of a file of `torch.save`: nothing in it is run, and its sizes are not trusted."""

from __future__ import annotations

import io
import warnings
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from lenet.engines import get_engine
from lenet.errors import NetworkFileError

# where training scripts put the state dict in their checkpoints
STATE_DICTS = ("state_dict", "model_state_dict", "model", "net", "network", "weights")
DEEPEST = 4  # dictionaries within dictionaries; checkpoints of known programs have two
MOST_ENTRIES = 10_000
MASKED, MASK = "_orig", "_mask"  # how torch.nn.utils.prune names a pruned parameter and its mask


def read_torch(path: Path, content: bytes, limit: int) -> dict[str, np.ndarray]:
    """Read the tensors of a state dict, or of that in a checkpoint.

    Quantized and sparse tensors become dense, and pruned ones are multiplied by their masks.

    Args:
        path: of the file, for messages.
        content: of the file.
        limit: the largest size of the unpacked file, and of each tensor, in bytes.
    Returns:
        The tensors by name, float64 or int64.
    Raises:
        MissingExtra: PyTorch is not installed.
        NetworkFileError: not a file of `torch.save`, a program, too large, or tensors without real numbers.
    """
    get_engine("pytorch")  # says how PyTorch is installed, where it is not
    _check_archive(path, content, limit)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch calls quantized and nested tensors old or new
            tensors = _find_state_dict(_load(content))
            arrays = {name: _take_numbers(path, name, tensor, limit) for name, tensor in tensors.items()}
        return dict(_apply_masks(arrays))
    except NetworkFileError:
        raise
    except Exception as error:  # a damaged file may raise anything
        key = "import.whole_model" if type(error).__name__ == "UnpicklingError" else "import.unknown_file"
        raise NetworkFileError(key, path=path, reason=_name_refused(error)) from error


def _check_archive(path: Path, content: bytes, limit: int) -> None:
    if not content.startswith(b"PK"):
        return  # a plain pickle of old versions: no larger than the file
    try:
        members = zipfile.ZipFile(io.BytesIO(content)).infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        raise NetworkFileError("import.unknown_file", path=path) from error
    if sum(member.file_size for member in members) > limit:
        raise NetworkFileError("import.too_large", path=path, limit=limit // 1024**2)
    if any(member.filename.endswith("/constants.pkl") for member in members):
        raise NetworkFileError("import.torchscript", path=path)


def _load(content: bytes) -> Any:
    import torch

    with torch.serialization.safe_globals(_list_harmless()):
        return torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)


def _list_harmless() -> list[Any]:
    """What training scripts store beside the tensors and only holds data: settings, NumPy's numbers."""
    from argparse import Namespace

    scalar = type(np.float64(0)).__reduce__(np.float64(0))[0]
    kinds = [type(np.dtype(kind)) for kind in "?bhilqBHILQefd"]
    names = [f"numpy.{core}.multiarray.scalar" for core in ("core", "_core")]
    return [Namespace, np.dtype, *kinds, *((scalar, name) for name in names)]


def _name_refused(error: Exception) -> str:
    """What torch refused to load, of its message of many lines: a class's name."""
    words = str(error).partition("GLOBAL ")[2].split()
    return words[0] if words else type(error).__name__


def _find_state_dict(loaded: Any) -> dict[str, Any]:
    """The tensors by name, of the first dictionary with a matrix among them, outer ones first."""
    import torch

    level, seen = [loaded], set[int]()
    for _ in range(DEEPEST):
        below = list[Any]()
        for each in level:
            if not isinstance(each, Mapping) or id(each) in seen or len(seen) >= MOST_ENTRIES:
                continue
            seen.add(id(each))
            tensors = {n: t for n, t in each.items() if isinstance(n, str) and isinstance(t, torch.Tensor)}
            if any(tensor.dim() > 1 for tensor in tensors.values()):
                return tensors
            below += [each[name] for name in STATE_DICTS if name in each]
            below += list(each.values())[:MOST_ENTRIES]
        level = below
    return {}


def _take_numbers(path: Path, name: str, tensor: Any, limit: int) -> np.ndarray:
    import torch

    if tensor.is_nested or tensor.is_meta or tensor.is_complex():
        kind = "nested" if tensor.is_nested else "meta" if tensor.is_meta else str(tensor.dtype)
        raise NetworkFileError("import.no_numbers", path=path, name=name, kind=kind)
    if tensor.numel() * 8 > limit:
        values = {"name": name, "shape": tuple(tensor.shape), "limit": limit // 1024**2}
        raise NetworkFileError("import.tensor_too_large", path=path, **values)
    if tensor.is_quantized:
        tensor = tensor.dequantize()
    if tensor.layout != torch.strided:
        tensor = tensor.to_dense()
    array: np.ndarray = (
        tensor.detach().to(torch.float64 if tensor.is_floating_point() else torch.int64).numpy()
    )
    return array


def _apply_masks(arrays: Mapping[str, np.ndarray]) -> Iterator[tuple[str, np.ndarray]]:
    for name, array in arrays.items():
        stem, masked, _ = name.rpartition(MASKED)
        if masked and f"{stem}{MASK}" in arrays and name.endswith(MASKED):
            yield stem, array * arrays[f"{stem}{MASK}"]
        elif not (name.endswith(MASK) and name.removesuffix(MASK) + MASKED in arrays):
            yield name, array
