"""The ONNX model: its answers in ONNX Runtime, its form, and what a stranger finds in it."""

import json
import sys

import numpy as np
import pytest

from lenet.architecture import CHOICES, ORIGINAL
from lenet.engines.inputs import scale_images
from lenet.errors import FileError, MissingExtra
from lenet.export.onnx import export_onnx

from .conftest import ARCHITECTURES, draw_images, make_network, need


def run(path, images):
    import onnxruntime

    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    return session.run(["penalties", "label"], {"image": images})


def test_every_choice_is_tried():
    for field, values in CHOICES.items():
        assert {getattr(architecture, field) for architecture in ARCHITECTURES.values()} == set(values)


@pytest.mark.parametrize("uint8", [False, True])
def test_onnx_runtime_gives_the_penalties_of_the_reference(network, uint8, tmp_path):
    need("onnxruntime")
    images = draw_images(40)
    export_onnx(network, tmp_path / "net.onnx", uint8)
    given = images if uint8 else scale_images(images, np.float32)
    penalties, label = run(tmp_path / "net.onnx", given)
    expected = network.penalties(images)
    assert penalties.dtype == np.float32
    assert np.abs(penalties - expected).max() <= 1e-5 * np.abs(expected).max()
    assert label.dtype == np.int64
    assert np.array_equal(label, penalties.argmin(axis=1))


@pytest.mark.parametrize("count", [1, 7])
def test_a_model_takes_any_number_of_images(count, tmp_path):
    need("onnxruntime")
    network = make_network(ORIGINAL)
    export_onnx(network, tmp_path / "net.onnx", uint8=True)
    penalties, label = run(tmp_path / "net.onnx", draw_images(count))
    assert penalties.shape == (count, 10)
    assert label.shape == (count,)


def test_a_model_says_what_it_is(tmp_path):
    need("onnx")
    import onnx

    network = make_network(ORIGINAL)
    export_onnx(network, tmp_path / "net.onnx")
    model = onnx.load(tmp_path / "net.onnx")
    onnx.checker.check_model(model, full_check=True)
    said = {entry.key: json.loads(entry.value) for entry in model.metadata_props}
    assert said == {"architecture": ORIGINAL.to_dict(), "labels": list(network.labels)}
    names = {node.name for node in model.graph.node}
    assert {"c1", "s2", "c3", "s4", "c5", "f6", "penalties", "label"} <= names
    arrays = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    assert np.array_equal(arrays["c1.weight"], network.parameters["c1.weight"])
    assert arrays["c3.weight"].shape == (16, 6, 5, 5)
    assert [entry.version for entry in model.opset_import] == [13]


def test_equal_networks_give_equal_bytes(tmp_path):
    need("onnx")
    for name in ("a.onnx", "b.onnx"):
        export_onnx(make_network(ORIGINAL), tmp_path / name)
    assert (tmp_path / "a.onnx").read_bytes() == (tmp_path / "b.onnx").read_bytes()


def test_without_the_package_the_error_names_the_extra(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "onnx", None)
    monkeypatch.setattr("lenet.export.onnx.find_spec", lambda name: None)
    with pytest.raises(MissingExtra, match=r'pip install "lenet\[onnx\]"'):
        export_onnx(make_network(ORIGINAL), tmp_path / "net.onnx")
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_cannot_be_written_is_named(tmp_path):
    need("onnx")
    (tmp_path / "file").write_text("")
    with pytest.raises(FileError, match=r"net\.onnx"):
        export_onnx(make_network(ORIGINAL), tmp_path / "file" / "net.onnx")
