"""Error texts that were really met: each is recognized, and by its cause."""

import io
import re
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from lenet.cli.trouble import KNOWN, recognize_troubles

# Printed by the commands beside them on Debian 12 with Python 3.11, on 2026-11-24, cut to the end.
REAL = {
    "absent": 'python -c "import torch"',
    "certificate": "pip install --index-url https://localhost:8766/simple flax  # a certificate of our own",
    "conflict": "pip install urllib3==1.20  # with requests 2.31.0 installed",
    "cuda_pulled": "pip install torch",
    "impossible": "pip install requests==2.31.0 urllib3==1.20",
    "managed": "/usr/bin/python3 -m pip install six",
    "needs_compiler": "CXX=/nonexistent/g++ pip install --no-binary :all: kiwisolver==1.4.9",
    "no_cuda": 'python -c "import torch; torch.zeros(1).cuda()"',
    "no_network": "pip install --index-url https://nowhere.invalid/simple flax",
    "no_space": "pip install --target FOLDER idna  # a file system of 200 kB",
    "no_version": "pip download --no-deps tqdm==0.0.0",
    "no_wheel": "pip download --only-binary=:all: --python-version 3.15 tensorflow",
    "numpy_abi": 'python -c "from scipy import ndimage"  # SciPy 1.10.1, NumPy 2.2.6',
    "platform": "pip install ./torch-2.13.0-cp39-cp39-win_amd64.whl",
    "protobuf": 'python -c "import tensorboard.compat.proto.tensor_shape_pb2"  # 2.8.0, protobuf 4.25.8',
    "timeout": "pip --timeout 2 install --index-url http://127.0.0.1:8765/simple flax  # never answers",
}
# As others report them: this machine can produce none of these.
# ruff: noqa: E501 - error texts
REPORTED = {
    "old_driver": "RuntimeError: The NVIDIA driver on your system is too old (found version 11040).",
    "dll": "ImportError: DLL load failed while importing _pywrap_tensorflow_internal.",
    "no_avx": "Illegal instruction (core dumped)",
    "conda_absent": "'conda' is not recognized as an internal or external command,\noperable program or batch file.",
    "conda_network": "CondaHTTPError: HTTP 000 CONNECTION FAILED for url <https://repo.anaconda.com/pkgs/main/win-64/repodata.json>",
    "conda_missing": "Solving environment: failed\n\nPackagesNotFoundError: The following packages are not available from current channels:\n\n  - lenet",
    "conda_solve": "Solving environment: failed\n\nLibMambaUnsatisfiableError: Encountered problems while solving:",
    "forbidden": "ERROR: HTTP error 403 while getting https://mirror.example/simple/numpy/",
    "cuda_memory": "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 20.00 MiB.",
    "openmp": "OMP: Error #15: Initializing libiomp5md.dll, but found libiomp5md.dll already initialized.",
    "cudart": "Could not load dynamic library 'cudart64_110.dll'; dlerror: cudart64_110.dll not found",
}
ERRORS = Path(__file__).with_name("errors")


@pytest.mark.parametrize("name", REAL)
def test_a_text_that_was_really_met_is_recognized(name):
    text = (ERRORS / f"{name}.txt").read_text("utf-8")
    found = list(recognize_troubles(text))
    assert [trouble.name for trouble in found] == [name]
    assert found[0].line
    assert found[0].line in text


@pytest.mark.parametrize("name", REPORTED)
def test_a_text_that_others_report_is_recognized(name):
    assert [trouble.name for trouble in recognize_troubles(REPORTED[name])] == [name]


def test_every_known_trouble_is_tried():
    assert {name for name, *_ in KNOWN} == REAL.keys() | REPORTED.keys()
    assert {path.stem for path in ERRORS.iterdir()} == REAL.keys()


def test_a_sound_text_has_no_trouble():
    sound = "Collecting numpy\n  Downloading numpy-2.4.6.whl (16 MB)\nSuccessfully installed numpy-2.4.6\n"
    assert list(recognize_troubles(sound)) == []


def test_the_remedy_of_a_conflict_names_what_fits():
    (found,) = recognize_troubles((ERRORS / "conflict.txt").read_text("utf-8"))
    assert found.remedy.endswith('install "urllib3<3,>=1.21.1"')
    assert "urllib3 1.20" in found.meaning


@pytest.mark.parametrize(
    ("module", "end"),
    [
        ("tensorflow.keras", '"lenet[keras]"'),
        ("onnxruntime", '"lenet[onnx]"'),
        ("sklearn", '"lenet[sklearn]"'),
        ("idna", "install idna"),
    ],
)
def test_a_missing_module_is_installed_by_its_extra(module, end):
    (found,) = recognize_troubles(f"ModuleNotFoundError: No module named '{module}'")
    assert found.remedy.endswith(end)


def test_torch_is_brought_without_cuda_where_there_is_no_card(monkeypatch):
    from lenet import wheels

    monkeypatch.setattr(wheels, "sys", SimpleNamespace(platform="linux"))
    monkeypatch.setattr(wheels, "shutil", SimpleNamespace(which=lambda _: None))
    (found,) = recognize_troubles((ERRORS / "cuda_pulled.txt").read_text("utf-8"))
    assert found.remedy.endswith("--index-url https://download.pytorch.org/whl/cpu")


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_the_doctor_reads_an_error_from_a_file(lenet, language, encoding, tmp_path):
    text = (ERRORS / "timeout.txt").read_text("utf-8")
    (tmp_path / "error.txt").write_text(text, encoding)
    answer = lenet("doctor", "--error", tmp_path / "error.txt", "--lang", language)
    assert answer.code == 0
    assert "Read timed out" in answer.out
    assert "--timeout 300" in answer.out
    assert bool(re.search(r"[\u4e00-\u9fff]", answer.out)) == (language == "zh")


def test_the_doctor_reads_an_error_from_standard_input(lenet, monkeypatch):
    text = (ERRORS / "no_wheel.txt").read_bytes()
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(text)))
    found = lenet("doctor", "--error", "-", "--json").json["troubles"]
    assert [trouble["name"] for trouble in found] == ["no_wheel"]
    assert "tensorflow" in found[0]["meaning"]


def test_an_unknown_error_ends_with_1(lenet, tmp_path):
    (tmp_path / "error.txt").write_text("It does not work.")
    answer = lenet("doctor", "--error", tmp_path / "error.txt")
    assert answer.code == 1
    assert "No known error" in answer.out
    assert lenet("doctor", "--error", tmp_path / "absent.txt").code == 1


def test_conda_that_goes_on_by_itself_has_no_trouble():
    text = "Solving environment: failed with initial frozen solve. Retrying with flexible solve.\ndone"
    assert list(recognize_troubles(text)) == []


def test_a_proxy_that_speaks_no_tls_is_a_certificate_s_trouble():
    text = "SSLError(SSLError(1, '[SSL: WRONG_VERSION_NUMBER] wrong version number (_ssl.c:1006)'))"
    assert [trouble.name for trouble in recognize_troubles(text)] == ["certificate"]


@pytest.mark.parametrize(
    "text", ["a" * 2_000_000, "a " * 1_000_000, "a requires a, but you have a " * 50_000]
)
def test_a_long_text_is_searched_in_linear_time(text):
    """Not timed: a quadratic search of these takes hours."""
    assert list(recognize_troubles(text)) == []


def test_of_a_long_text_the_end_counts():
    assert [t.name for t in recognize_troubles("x\n" * 2_000_000 + REPORTED["openmp"])] == ["openmp"]
