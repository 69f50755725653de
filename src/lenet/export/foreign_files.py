"""The tensors of files of Keras (.h5, .keras) and of ONNX, ordered and named as PyTorch's are."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from lenet.errors import MissingExtra, NetworkFileError

HDF5 = b"\x89HDF\r\n\x1a\n"
KERAS_MEMBER = "model.weights.h5"
C5_SHAPE = (16, 5, 5)  # S4's maps, as they stand before C5


def read_hdf5(path: Path, content: bytes, limit: int) -> dict[str, np.ndarray]:
    """Read the kernels and biases of a Keras file of weights.

    Args:
        path: of the file, for messages.
        content: of a `.h5` file, or of the archive of a `.keras` file.
        limit: the largest size of the numbers, in bytes.
    Raises:
        MissingExtra: h5py is not installed.
        NetworkFileError: not such a file, or damaged.
    """
    if not find_spec("h5py"):
        raise MissingExtra("extra.missing", package="h5py", extra="keras")
    import h5py

    arrays = dict[str, np.ndarray]()

    def take(name: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset) and item.dtype.kind == "f" and "optimizer" not in name:
            if item.size * 8 > limit:
                values = {"name": name, "shape": item.shape, "limit": limit // 1024**2}
                raise NetworkFileError("import.tensor_too_large", path=path, **values)
            arrays[name] = np.asarray(item, np.float64)

    try:
        if not content.startswith(HDF5):
            content = _unpack_keras(path, content, limit)
        with h5py.File(io.BytesIO(content), "r") as file:
            file.visititems(take)
    except NetworkFileError:
        raise
    except Exception as error:  # h5py raises nearly anything of a damaged file
        raise NetworkFileError("import.damaged_hdf5", path=path, reason=error) from error
    return order_as_torch(dict(_rename_keras(arrays)))


def is_keras_archive(content: bytes) -> bool:
    """Whether this is the archive of a `.keras` file."""
    try:
        return KERAS_MEMBER in zipfile.ZipFile(io.BytesIO(content)).namelist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        return False


def _unpack_keras(path: Path, content: bytes, limit: int) -> bytes:
    archive = zipfile.ZipFile(io.BytesIO(content))
    if archive.getinfo(KERAS_MEMBER).file_size > limit:
        raise NetworkFileError("import.too_large", path=path, limit=limit // 1024**2)
    return archive.read(KERAS_MEMBER)


def _rename_keras(arrays: Mapping[str, np.ndarray]) -> Iterator[tuple[str, np.ndarray]]:
    """`layers/conv2d/vars/0` and `conv2d/kernel:0` become `conv2d.weight`, their biases `conv2d.bias`."""
    for name, array in arrays.items():
        layer = name.rpartition("/")[0].removesuffix("/vars")
        yield f"{layer}.{'bias' if array.ndim == 1 else 'weight'}", array


def is_keras_order(arrays: Mapping[str, np.ndarray]) -> bool:
    """Whether kernels have Keras's order, (rows, columns, in, out), told by C1's."""
    return any(array.shape == (5, 5, 1, 6) for array in arrays.values())


def order_as_torch(arrays: Mapping[str, np.ndarray], *, maps_first: bool = False) -> dict[str, np.ndarray]:
    """Turn kernels of Keras's order into PyTorch's: (out, in, rows, columns), and (out, in) for dense layers.

    Args:
        arrays: by name.
        maps_first: whether C5's inputs are flattened by maps, rows, columns, as in PyTorch; Keras itself has
            rows, columns, maps.
    """
    return {name: _turn(array, maps_first) for name, array in arrays.items()}


def _turn(array: np.ndarray, maps_first: bool) -> np.ndarray:
    if array.ndim == 4:
        return array.transpose(3, 2, 0, 1)
    if array.ndim != 2:
        return array
    maps, rows, columns = C5_SHAPE
    if len(array) == maps * rows * columns and not maps_first:
        spatial = array.reshape(rows, columns, maps, -1)
        return spatial.transpose(3, 2, 0, 1).reshape(array.shape[1], -1)
    return array.T


def read_onnx(path: Path, content: bytes) -> dict[str, np.ndarray]:
    """Read the weights of an ONNX model in PyTorch's order.

    Args:
        path: of the file, for messages.
        content: of the file.
    Raises:
        MissingExtra: onnx is not installed.
        NetworkFileError: damaged, or weights in other files.
    """
    if not find_spec("onnx"):
        raise MissingExtra("extra.missing", package="onnx", extra="onnx")
    import onnx

    try:
        model = onnx.load_from_string(content)
        arrays = {
            each.name: np.asarray(onnx.numpy_helper.to_array(each), np.float64)
            for each in model.graph.initializer
            if each.data_type in (onnx.TensorProto.FLOAT, onnx.TensorProto.DOUBLE, onnx.TensorProto.FLOAT16)
            and each.dims
        }
    except Exception as error:  # onnx raises nearly anything of a damaged file
        raise NetworkFileError("import.damaged_onnx", path=path, reason=error) from error
    turned = _list_turned(model)
    return _name_by_size({name: array.T if name in turned else array for name, array in arrays.items()})


def _name_by_size(arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Name weights and biases by their number of units where it tells them apart: ONNX loses names."""
    named = {f"units{len(each)}.{'bias' if each.ndim == 1 else 'weight'}": each for each in arrays.values()}
    return named if len(named) == len(arrays) else arrays


def _list_turned(model: Any) -> set[str]:
    """The matrices that stand as (in, out): right factors, and those of Gemm without transB."""
    turned = set()
    for node in model.graph.node:
        transposed = any(each.name == "transB" and each.i for each in node.attribute)
        if node.op_type == "MatMul" or (node.op_type == "Gemm" and not transposed):
            turned.update(node.input[1:2])
    return turned
