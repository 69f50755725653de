"""The comparison with the reference: what it counts, and that a wrong file is found."""

import os
from dataclasses import replace

import numpy as np
import pytest

from lenet.architecture import MODERN, ORIGINAL
from lenet.errors import DataError
from lenet.export.c_file import export_c
from lenet.export.compiler import list_compilers
from lenet.export.formats import FORM_SUFFIXES, export_network
from lenet.export.onnx import INPUTS
from lenet.export.verify import choose_images, compare, verify_exports
from lenet.network import load

from .conftest import draw_images, make_network, need

MNIST = os.environ.get("LENET_DATA")


def export_all(network, folder, takes=None):
    files = {name: folder / f"net{suffix}" for name, suffix in FORM_SUFFIXES.items()}
    for name, path in files.items():
        export_network(network, name, path, takes)
    return files


@pytest.mark.parametrize("takes", [None, "uint8", "raw"])
def test_every_engine_and_every_file_agrees(network, takes, tmp_path):
    need("torch")
    need("onnx")
    need("tensorflow")
    files = export_all(network, tmp_path, takes)
    found = list(verify_exports(network, draw_images(40), files, takes))
    others = {f"net.onnx --input {other}" for other in INPUTS if other != (takes or "grey")}
    files = {"net.onnx", "net.py", "net.keras", "net.c", *others}
    assert {"native", "pytorch", "keras"} | files == {one.name for one in found}
    assert all(one.agrees for one in found)
    ran = [one for one in found if not one.skipped]
    assert len(ran) >= 6
    for one in ran:
        assert one.same == 40
        assert 0 < one.relative <= 1e-5
        assert any(character.isdigit() for character in one.program)


@pytest.mark.slow
@pytest.mark.mnist
@pytest.mark.skipif(not MNIST, reason="LENET_DATA is not set")
@pytest.mark.parametrize("preset", ["1998", "modern"])
def test_all_agree_on_the_test_digits_of_mnist(preset, tmp_path):
    need("torch")
    need("onnx")
    need("tensorflow")
    network = load() if preset == "1998" else make_network(MODERN)
    images, source = choose_images()
    assert source == "mnist"
    assert len(images) == 10_000
    found = list(verify_exports(network, images, export_all(network, tmp_path)))
    assert [one for one in found if not one.agrees] == []
    assert sum(not one.skipped for one in found) >= 6
    for one in found:
        if not one.skipped:
            assert one.same + len(one.disagreements) == 10_000
            assert all(other.margin < 1e-3 for other in one.disagreements)


@pytest.mark.skipif(not list_compilers(), reason="no C compiler")
def test_a_file_of_another_network_does_not_agree(tmp_path):
    network = make_network(ORIGINAL)
    changed = {name: array.copy() for name, array in network.parameters.items()}
    changed["c1.bias"][0] += 0.01  # few labels change, but every penalty does
    other = replace(network, parameters=type(network.parameters)(ORIGINAL, changed))
    export_c(other, tmp_path / "net.c")
    found = list(verify_exports(network, draw_images(), {"c": tmp_path / "net.c"}))
    assert {one.name for one in found if not one.agrees} == {"net.c"}


def test_a_disagreement_counts_where_the_reference_is_sure():
    network = make_network(ORIGINAL)
    expected = np.tile(np.arange(10, dtype=np.float32) * 100, (2, 1))
    other = expected.copy()
    other[1, 1] = -1e-3
    sure = compare(network, expected, "x", "y 1", other)
    assert not sure.agrees
    assert (sure.same, sure.disagreements[0].index, sure.disagreements[0].margin) == (1, 1, 100)
    assert (sure.disagreements[0].expected, sure.disagreements[0].answer) == ("0", "1")
    expected[1, 1] = 5e-4
    near = compare(network, expected, "x", "y 1", other)
    assert near.disagreements[0].margin == pytest.approx(5e-4)
    assert near.agrees


def test_a_penalty_that_is_no_number_does_not_agree():
    network, expected = make_network(ORIGINAL), np.tile(np.arange(10, dtype=np.float32), (2, 1))
    broken = expected.copy()
    broken[0, 5] = np.nan
    assert not compare(network, expected, "x", "y 1", broken).agrees


def test_what_is_not_installed_is_skipped_with_its_install_line(monkeypatch, tmp_path):
    network = make_network(ORIGINAL)
    monkeypatch.setattr("lenet.export.verify.find_spec", lambda name: None)
    monkeypatch.setattr("lenet.engines.choose.find_spec", lambda name: None)
    monkeypatch.setattr("lenet.export.verify.list_compilers", list)
    files = {name: tmp_path / f"net{suffix}" for name, suffix in FORM_SUFFIXES.items()}
    skipped = {one.name: one.skipped for one in verify_exports(network, draw_images(2), files)}
    assert 'pip install "lenet[onnx]"' in skipped["net.onnx"]
    assert "pip install" in skipped["net.py"]
    assert "pip install" in skipped["pytorch"]
    assert skipped["keras"] == skipped["net.keras"]
    assert 'pip install "lenet[keras]"' in skipped["keras"]
    assert "compiler" in skipped["native"]
    assert "gcc or clang" in skipped["net.c"]


def test_without_mnist_the_samples_are_compared(monkeypatch, tmp_path):
    monkeypatch.delenv("LENET_DATA", raising=False)
    monkeypatch.setenv("LENET_CACHE", str(tmp_path))
    images, source = choose_images()
    assert (source, images.shape) == ("samples", (10, 28, 28))
    monkeypatch.setenv("LENET_DATA", str(tmp_path / "nowhere"))
    with pytest.raises(DataError, match="nowhere"):
        choose_images()
