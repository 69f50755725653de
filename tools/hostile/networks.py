"""Readers of networks: our own files, and those of PyTorch, Keras and ONNX, through the command line."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from tools.hostile.mutate import damage_bytes, damage_zip
from tools.hostile.readers import Reader

# suffix: what has to be installed
FOREIGN = {
    "safetensors": (),
    "pt": ("torch",),
    "pth": ("torch",),
    "h5": ("h5py",),
    "keras": ("h5py", "keras"),
    "onnx": ("onnx",),
}
SHAPES = {
    "c1.weight": (6, 1, 5, 5),
    "c3.weight": (16, 6, 5, 5),
    "c5.weight": (120, 400),
    "f6.weight": (84, 120),
    "output.weight": (10, 84),
}


def list_network_readers(work: Path) -> dict[str, Callable[[], Reader]]:
    """The readers of networks by name."""
    imports = {f"import-{suffix}": partial(_make_import, suffix, work) for suffix in FOREIGN}
    return {"network": partial(_make_network, work), **imports}


def _make_network(work: Path) -> Reader:
    from lenet.network import Network

    path = work / "whole.safetensors"
    Network.load("best").save(path)

    def read(folder: Path) -> None:
        network = Network.load(folder / "own.safetensors")
        penalties = network.penalties(np.zeros((1, 28, 28), np.uint8))
        if np.isnan(penalties).any():
            raise AssertionError("a network that gives no numbers")

    return Reader({"own.safetensors": path.read_bytes()}, read, damage_bytes)


def _make_import(suffix: str, work: Path) -> Reader:
    name = f"foreign.{suffix}"
    content = _write_foreign(suffix, work) if all(map(_is_here, FOREIGN[suffix])) else b""
    damage = damage_zip if suffix in ("pt", "keras") else damage_bytes

    def read(folder: Path) -> None:
        from lenet.export.state_dict import import_network

        out = folder / "out.safetensors"
        import_network(folder / name).save(out)
        out.unlink()

    return Reader({name: content}, read, damage, FOREIGN[suffix])


def _is_here(package: str) -> bool:
    from importlib.util import find_spec

    return find_spec(package) is not None


def _write_foreign(suffix: str, work: Path) -> bytes:
    chance = np.random.default_rng(0)
    arrays = {name: chance.normal(0, 0.1, shape).astype(np.float32) for name, shape in SHAPES.items()}
    path = work / f"sound.{suffix}"
    if suffix == "safetensors":
        from safetensors.numpy import save

        return save(arrays)
    if suffix in ("pt", "pth"):
        import torch

        tensors = {name: torch.from_numpy(array) for name, array in arrays.items()}
        torch.save(tensors, path, _use_new_zipfile_serialization=suffix == "pt")
    elif suffix == "onnx":
        import onnx

        weights = [onnx.numpy_helper.from_array(array, name) for name, array in arrays.items()]
        graph = onnx.helper.make_graph([], "lenet", [], [], weights)
        path.write_bytes(onnx.helper.make_model(graph).SerializeToString())
    else:
        _write_hdf5(path, arrays)
    return path.read_bytes()


def _write_hdf5(path: Path, arrays: dict[str, np.ndarray]) -> None:
    import zipfile

    import h5py

    weights = path.with_name("model.weights.h5") if path.suffix == ".keras" else path
    with h5py.File(weights, "w") as file:
        for name, array in arrays.items():
            turned = array.transpose(2, 3, 1, 0) if array.ndim == 4 else array.T
            file[f"layers/{name.partition('.')[0]}/vars/0"] = np.ascontiguousarray(turned)
    if path.suffix == ".keras":
        with zipfile.ZipFile(path, "w") as archive:
            archive.write(weights, "model.weights.h5")
