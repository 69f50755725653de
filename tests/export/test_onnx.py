"""The ONNX model: its answers in ONNX Runtime, its form, and what a stranger finds in it."""

import json
import sys
from importlib.metadata import version

import numpy as np
import pytest

from lenet.architecture import CHOICES, ORIGINAL
from lenet.engines.inputs import scale_images
from lenet.errors import FileError, MissingExtra, UsageError
from lenet.export.onnx import export_onnx

from .conftest import ARCHITECTURES, draw_images, make_network, need


def run(path, images):
    import onnxruntime

    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    return session.run(["penalties", "label"], {"image": images})


def test_every_choice_is_tried():
    for field, values in CHOICES.items():
        assert {getattr(architecture, field) for architecture in ARCHITECTURES.values()} == set(values)


GIVEN = {
    "grey": lambda images: (images / np.float32(255)).astype(np.float32)[:, None],
    "uint8": lambda images: images,
    "raw": lambda images: scale_images(images, np.float32),
}


@pytest.mark.parametrize("takes", GIVEN)
def test_onnx_runtime_gives_the_penalties_of_the_reference(network, takes, tmp_path):
    need("onnxruntime")
    images = draw_images(40)
    export_onnx(network, tmp_path / "net.onnx", takes)
    penalties, label = run(tmp_path / "net.onnx", GIVEN[takes](images))
    expected = network.penalties(images)
    assert penalties.dtype == np.float32
    assert np.abs(penalties - expected).max() <= 1e-5 * np.abs(expected).max()
    assert label.dtype == np.int64
    assert np.array_equal(label, penalties.argmin(axis=1))


@pytest.mark.parametrize("count", [1, 7])
def test_a_model_takes_any_number_of_images(count, tmp_path):
    need("onnxruntime")
    network = make_network(ORIGINAL)
    export_onnx(network, tmp_path / "net.onnx")
    penalties, label = run(tmp_path / "net.onnx", GIVEN["grey"](draw_images(count)))
    assert penalties.shape == (count, 10)
    assert label.shape == (count,)


def test_a_model_says_what_it_is(tmp_path):
    need("onnx")
    import onnx

    network = make_network(ORIGINAL)
    export_onnx(network, tmp_path / "net.onnx")
    model = onnx.load(tmp_path / "net.onnx")
    onnx.checker.check_model(model, full_check=True)
    said = {entry.key: entry.value for entry in model.metadata_props}
    assert json.loads(said["architecture"]) == ORIGINAL.to_dict()
    assert json.loads(said["labels"]) == list(network.labels)
    assert json.loads(said["card"]) == network.card
    assert said["version"] == version("lenet")
    takes = json.loads(said["input"])
    assert (takes["takes"], takes["shape"], takes["type"]) == ("grey", ["N", 1, 28, 28], "float32")
    for doc in (model.doc_string, model.graph.input[0].doc_string, takes["meaning"]):
        assert "0 (paper) to 1 (ink)" in doc
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


def test_an_unknown_input_is_refused(tmp_path):
    with pytest.raises(UsageError, match="grey, uint8, raw"):
        export_onnx(make_network(ORIGINAL), tmp_path / "net.onnx", "byte")
