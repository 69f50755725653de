import json
import shutil
from importlib.util import find_spec

import pytest

from lenet.export import formats, verify

NEEDS = pytest.mark.skipif(
    not (find_spec("onnx") and find_spec("torch")), reason="onnx or torch is not installed"
)


@pytest.fixture(autouse=True)
def no_mnist(lenet, monkeypatch, tmp_path_factory):
    monkeypatch.setenv("LENET_CACHE", str(tmp_path_factory.mktemp("cache")))


@NEEDS
@pytest.mark.skipif(not shutil.which("gcc"), reason="gcc is not installed")
def test_all_writes_every_file_and_shows_that_all_agree(lenet, tmp_path):
    answer = lenet("export", "all", "-o", tmp_path / "out", "--verify")
    assert answer.code == 0
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert {"lenet5.onnx", "lenet5.c", "lenet5.py", "lenet5.safetensors"} <= names
    assert "10 sample digits" in answer.out
    assert answer.out.count("10/10") >= 4
    assert "bytes of stack" in answer.out
    assert "All of them agree" in answer.out


@NEEDS
def test_json_has_every_comparison(lenet, tmp_path):
    found = lenet("export", "c", "-o", tmp_path / "net.c", "--verify", "--json").json
    assert found["files"] == {"c": str(tmp_path / "net.c")}
    assert found["agree"]
    assert (found["images"], found["source"]) == (10, "samples")
    assert {"native", "pytorch", "net.c"} <= {one["name"] for one in found["comparisons"]}
    if shutil.which("gcc"):
        assert 10_000 < found["sizes"][0]["stack"] < 20_000


@pytest.mark.parametrize(("form", "name"), [("c", "net.c"), ("pytorch", "net.py")])
def test_a_format_needs_no_package_to_be_written(lenet, form, name, tmp_path, monkeypatch):
    monkeypatch.setattr("lenet.export.onnx.find_spec", lambda _: None)
    answer = lenet("export", form, "-o", tmp_path / name)
    assert answer.code == 0
    assert str(tmp_path / name) in answer.out
    assert (tmp_path / name).exists()


def test_in_a_folder_that_is_there_the_file_gets_its_usual_name(lenet, tmp_path):
    assert lenet("export", "c", "-o", tmp_path).code == 0
    assert (tmp_path / "lenet5.c").exists()


def test_another_network_is_read_from_its_file(lenet, tmp_path):
    from lenet.network import load

    load().save(tmp_path / "mine.safetensors")
    assert lenet("export", "c", "-o", tmp_path / "a.c", "--network", tmp_path / "mine.safetensors").code == 0
    assert lenet("export", "c", "-o", tmp_path / "b.c").code == 0
    assert (tmp_path / "a.c").read_bytes() == (tmp_path / "b.c").read_bytes()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["onyx", "-o", "net.onnx"], "onnx, c, pytorch"),
        (["onnx", "-o", "net.txt"], ".onnx"),
        (["c", "-o", "net.c", "--input", "uint8"], "onnx"),
        (["onnx", "-o", "net.onnx", "--reader"], "lenet export c --reader"),
        (["onnx", "-o", "net.onnx", "--input", "byte"], "grey, uint8, raw"),
        (["keras", "-o", "net.keras", "--input", "grey"], "ONNX only"),
        (["pytorch", "-o", "my-net.py"], "lenet5.py"),
        (["pytorch", "-o", "torch.py"], "import torch"),
        (["pytorch", "-o", "numpy.py"], "import numpy"),
        (["pytorch", "-o", "keras.py"], "import keras"),
        (["pytorch", "-o", "tensorflow.py"], "import tensorflow"),
        (["pytorch", "-o", "onnxruntime.py"], "import onnxruntime"),
        (["pytorch", "-o", "pathlib.py"], "import pathlib"),
        (["c"], "--output"),
        (["c", "-o", "net.c", "--network", "1989"], "1989"),
    ],
)
def test_a_mistake_is_named(lenet, words, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    answer = lenet("export", *words)
    assert answer.code == 2
    assert said in answer.err
    assert answer.out == ""
    assert list(tmp_path.iterdir()) == []


def test_a_network_is_not_overwritten_by_its_own_export(lenet, tmp_path):
    from lenet.network import load

    mine = tmp_path / "mine.safetensors"
    load().save(mine)
    before = mine.read_bytes()
    answer = lenet("export", "pytorch", "-o", tmp_path / "mine.py", "--network", mine)
    assert answer.code == 2
    assert "mine.safetensors" in answer.err
    assert mine.read_bytes() == before
    assert not (tmp_path / "mine.py").exists()


def test_all_needs_a_folder(lenet, tmp_path):
    (tmp_path / "file").write_text("")
    assert lenet("export", "all", "-o", tmp_path / "file").code == 2


def test_without_onnx_the_others_are_written_and_its_install_line_is_said(lenet, monkeypatch, tmp_path):
    monkeypatch.setattr("lenet.export.onnx.find_spec", lambda _: None)
    absent = {"onnx"} if find_spec("tensorflow") else {"onnx", "keras"}
    answer = lenet("export", "all", "-o", tmp_path)
    assert answer.code == 0
    assert 'pip install "lenet[onnx]"' in answer.out
    assert (tmp_path / "lenet5.c").exists()
    assert not (tmp_path / "lenet5.onnx").exists()
    alone = lenet("export", "onnx", "-o", tmp_path / "net.onnx")
    assert alone.code == 2
    assert 'pip install "lenet[onnx]"' in alone.err
    assert json.loads(lenet("export", "all", "-o", tmp_path, "--json").out)["skipped"].keys() == absent


@pytest.mark.skipif(not shutil.which("gcc"), reason="gcc is not installed")
def test_a_disagreement_ends_with_1_and_names_the_image(lenet, monkeypatch, tmp_path):
    def export_upside_down(network, form, path, takes=None, reader=False):
        formats.export_c(network, path)
        text = path.read_text("utf-8").replace("image[row * LENET_SIDE", "image[(27 - row) * LENET_SIDE")
        path.write_text(text, "utf-8")

    monkeypatch.setattr(formats, "export_network", export_upside_down)
    answer = lenet("export", "c", "-o", tmp_path / "net.c", "--verify")
    assert answer.code == 1
    assert "net.c: for image 2 the reference answers 2" in answer.out
    assert "Not all of them agree" in answer.out
    assert verify.NEAR == 1e-3


@pytest.mark.skipif(not shutil.which("gcc"), reason="gcc is not installed")
def test_a_reader_is_measured_and_compared_on_pictures(lenet, tmp_path, monkeypatch):
    monkeypatch.setenv("CC", "gcc")
    answer = lenet("export", "c", "--reader", "-o", tmp_path / "net.c", "--verify")
    assert answer.code == 0
    assert "reads pictures" in answer.out
    assert "RAM for a picture of 100x100" in answer.out
    assert "All of them agree" in answer.out
    assert "lenet_read(" in (tmp_path / "net.c").read_text()
    found = lenet("export", "c", "--reader", "-o", tmp_path / "net.c", "--json").json
    assert found["sizes"][0]["work"] + found["sizes"][0]["stack"] < 256_000
    assert "comparisons" not in found


def test_a_reader_without_a_compiler_is_written_and_not_measured(lenet, tmp_path, monkeypatch):
    monkeypatch.setenv("CC", "no-such-compiler")
    answer = lenet("export", "c", "--reader", "-o", tmp_path / "net.c")
    assert answer.code == 0
    assert "No C compiler" in answer.out
