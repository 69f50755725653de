"""The Keras file: its answers in a process without this package, and what a stranger finds in it."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

from lenet.architecture import MODERN, ORIGINAL
from lenet.engines.inputs import scale_images
from lenet.errors import FileError, MissingExtra
from lenet.export.keras_file import build_model, export_keras

from .conftest import draw_images, make_network, need


def see(images):
    return scale_images(images, np.float32).transpose(0, 2, 3, 1)


@pytest.mark.parametrize("uint8", [False, True])
def test_keras_gives_the_penalties_of_the_reference(network, uint8, tmp_path):
    need("tensorflow")
    images = draw_images(40)
    export_keras(network, tmp_path / "net.keras", uint8)
    from lenet.engines.keras.setup import keras

    model = keras.models.load_model(tmp_path / "net.keras")
    penalties = model(images if uint8 else see(images)).numpy()
    expected = network.penalties(images)
    assert penalties.dtype == np.float32
    assert penalties.shape == expected.shape
    assert np.abs(penalties - expected).max() <= 1e-5 * np.abs(expected).max()


STRANGER = """
import sys
sys.modules["lenet"] = None  # whoever imports it fails
import numpy as np
import keras
images = np.load("images.npy")
for name in sys.argv[1:]:
    model = keras.models.load_model(name + ".keras")
    assert all(type(layer).__module__.startswith("keras.") for layer in model.layers)
    np.save(name + ".npy", model.predict(images, verbose=0))
try:
    import lenet
except ImportError:
    print("without lenet")
"""


@pytest.mark.slow
def test_a_program_without_lenet_loads_the_file_and_gets_the_same(tmp_path):
    need("tensorflow")
    images, networks = draw_images(40), {"original": make_network(ORIGINAL), "modern": make_network(MODERN)}
    np.save(tmp_path / "images.npy", images)
    for name, network in networks.items():
        export_keras(network, tmp_path / f"{name}.keras", uint8=True)
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    answer = subprocess.run(
        [sys.executable, "-c", STRANGER, *networks],
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
        cwd=tmp_path,
        env=environment | {"TF_CPP_MIN_LOG_LEVEL": "2"},
    )
    assert answer.stdout == "without lenet\n", answer.stderr
    for name, network in networks.items():
        found, expected = np.load(tmp_path / f"{name}.npy"), network.penalties(images)
        assert np.abs(found - expected).max() <= 1e-5 * np.abs(expected).max()
        assert np.array_equal(found.argmin(axis=1), expected.argmin(axis=1))


def test_its_layers_are_named_as_ours_and_have_our_numbers():
    need("tensorflow")
    network = make_network(ORIGINAL)
    model = build_model(network)
    kernel = model.get_layer("c5").kernel.numpy()
    assert kernel[1, 2, 3, 4] == network.parameters["c5.weight"][4, 3, 1, 2]
    c3 = model.get_layer("c3").kernel.numpy()
    assert np.count_nonzero(c3.any(axis=(0, 1))) == 60
    assert np.array_equal(model.get_layer("s2").get_weights()[1], network.parameters["s2.bias"])
    assert model.output_shape == (None, 10)
    # the zeros of C3, 36 kernels of 25, are numbers like others to Keras; the codes are fixed
    assert sum(int(np.prod(weight.shape)) for weight in model.trainable_weights) == 60_000 + 36 * 25


def test_equal_networks_give_equal_bytes_and_say_what_they_are(tmp_path):
    need("tensorflow")
    network = make_network(ORIGINAL)
    for name in ("a.keras", "b.keras"):
        export_keras(network, tmp_path / name)
    assert (tmp_path / "a.keras").read_bytes() == (tmp_path / "b.keras").read_bytes()
    with zipfile.ZipFile(tmp_path / "a.keras") as archive:
        card = json.loads(archive.read("lenet.json"))
    assert card == {"architecture": ORIGINAL.to_dict(), "labels": list(network.labels)}


def test_without_tensorflow_the_error_names_the_extra(monkeypatch, tmp_path):
    monkeypatch.setattr("lenet.engines.choose.find_spec", lambda name: None)
    with pytest.raises(MissingExtra, match=r'pip install "lenet\[keras\]"'):
        export_keras(make_network(ORIGINAL), tmp_path / "net.keras")
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_cannot_be_written_is_named(tmp_path):
    need("tensorflow")
    Path(tmp_path / "file").write_text("")
    with pytest.raises(FileError, match=r"net\.keras"):
        export_keras(make_network(ORIGINAL), tmp_path / "file" / "net.keras")
