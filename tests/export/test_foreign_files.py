"""Weights of Keras and ONNX come out as PyTorch's: the same tutorial network, written by each."""

import io

import numpy as np
import pytest

from lenet.architecture import MODERN
from lenet.errors import MissingExtra, NetworkFileError
from lenet.export.foreign_files import order_as_torch
from lenet.export.state_dict import import_network

from .conftest import draw_images, make_network, need

LIMIT = 16 * 1024**2


def assert_same(path, network):
    images = draw_images(20)
    found = import_network(path).penalties(images)
    expected = network.penalties(images)
    assert np.abs(found - expected).max() < 1e-4 * np.abs(expected).max()


def test_keras_order_is_turned_by_hand():
    c1 = np.arange(150.0).reshape(5, 5, 1, 6)
    c5 = np.arange(48_000.0).reshape(400, 120)
    turned = order_as_torch({"c1": c1, "c5": c5, "f6": np.ones((120, 84)), "bias": np.ones(6)})
    assert turned["c1"].shape == (6, 1, 5, 5)
    assert turned["c1"][2, 0, 3, 4] == c1[3, 4, 0, 2]
    # unit 7 of C5, map 3 of S4, row 1, column 2: flattened by rows, columns, maps
    assert turned["c5"].reshape(120, 16, 5, 5)[7, 3, 1, 2] == c5[(1 * 5 + 2) * 16 + 3, 7]
    assert turned["f6"].shape == (84, 120)
    first = order_as_torch({"c5": c5}, maps_first=True)
    np.testing.assert_array_equal(first["c5"], c5.T)


def make_keras(network):
    """The network as a tutorial's Keras model, on inputs padded before: (32, 32, 1)."""
    from lenet.architecture import PIXEL_OFFSET, PIXEL_SCALE
    from lenet.engines.keras.setup import keras

    layers, parameters = keras.layers, network.parameters
    model = keras.Sequential(
        [
            layers.Input((32, 32, 1)),
            layers.Conv2D(6, 5, activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(16, 5, activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(120, activation="relu"),
            layers.Dense(84, activation="relu"),
            layers.Dense(10),
        ]
    )
    grey = 255 * PIXEL_SCALE  # their input is 0 to 1
    trained = [layer for layer in model.layers if layer.weights]
    for name, layer in zip(("c1", "c3", "c5", "f6", "output"), trained, strict=True):
        weight, bias = np.array(parameters[f"{name}.weight"]), np.array(parameters[f"{name}.bias"])
        if name == "c1":
            weight = weight.reshape(6, 1, 5, 5)
            bias = bias + PIXEL_OFFSET * weight.sum(axis=(1, 2, 3))
            weight = weight * grey
        if name == "c3":
            weight = parameters.dense("c3")
        if name == "c5":
            weight = weight.reshape(120, 16, 5, 5).transpose(2, 3, 1, 0).reshape(400, 120)
        elif weight.ndim == 4:
            weight = weight.transpose(2, 3, 1, 0)
        else:
            weight = weight.T
        layer.set_weights([weight, bias])
    return model


@pytest.mark.slow
@pytest.mark.parametrize("name", ["net.keras", "net.weights.h5", "net.h5"])
def test_a_tutorials_keras_file_is_read(tmp_path, name):
    need("tensorflow")
    import warnings

    network = make_network(MODERN)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Keras calls .h5 old
        model = make_keras(network)
        model.save_weights(tmp_path / name) if "weights" in name else model.save(tmp_path / name)
    assert_same(tmp_path / name, network)


def test_a_damaged_hdf5_file_is_named(tmp_path):
    need("h5py")
    path = tmp_path / "net.h5"
    path.write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(600))
    with pytest.raises(NetworkFileError, match="Keras"):
        import_network(path)


def test_hdf5_without_h5py_asks_for_the_extra(tmp_path, monkeypatch):
    monkeypatch.setattr("lenet.export.foreign_files.find_spec", lambda name: None)
    path = tmp_path / "net.h5"
    path.write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(600))
    with pytest.raises(MissingExtra, match=r"lenet\[keras\]"):
        import_network(path)


@pytest.mark.slow
def test_an_onnx_model_of_torch_is_read(tmp_path):
    need("torch")
    onnx = pytest.importorskip("onnx")
    network = make_network(MODERN)
    from lenet.architecture import PIXEL_OFFSET, PIXEL_SCALE
    from lenet.export.pytorch_file import rename_for_torch

    arrays = rename_for_torch(network)
    arrays["conv1.bias"] = arrays["conv1.bias"] + PIXEL_OFFSET * arrays["conv1.weight"].sum(axis=(1, 2, 3))
    arrays["conv1.weight"] = arrays["conv1.weight"].reshape(6, 1, 5, 5) * np.float32(255 * PIXEL_SCALE)
    helper, content = onnx.helper, io.BytesIO()
    names = ["conv1", "conv2", "fc1", "fc2", "fc3"]
    nodes = [
        helper.make_node("Gemm", ["x", f"w{i}", f"b{i}"], ["y"], transB=i % 2)
        if name.startswith("fc")
        else helper.make_node("Conv", ["x", f"w{i}", f"b{i}"], ["y"])
        for i, name in enumerate(names)
    ]
    stored = []
    for i, name in enumerate(names):
        weight = arrays[f"{name}.weight"]
        # dense layers with an even number stand as (in, out), as exporters fold them
        weight = weight.T if name.startswith("fc") and not i % 2 else weight
        stored.append(onnx.numpy_helper.from_array(np.ascontiguousarray(weight), f"w{i}"))
        stored.append(onnx.numpy_helper.from_array(arrays[f"{name}.bias"], f"b{i}"))
    graph = helper.make_graph(nodes, "net", [], [], stored)
    onnx.save(helper.make_model(graph), content)
    (tmp_path / "net.onnx").write_bytes(content.getvalue())
    assert_same(tmp_path / "net.onnx", network)


def test_a_damaged_onnx_model_is_named(tmp_path):
    need("onnx")
    path = tmp_path / "net.onnx"
    path.write_bytes(b"\xff" * 100)
    with pytest.raises(NetworkFileError, match="ONNX"):
        import_network(path)
