"""The kernels' numbers on a processor that is not at hand: a program without Python runs in an emulator.

`apt install g++-aarch64-linux-gnu qemu-user` lets NEON be checked; where they are missing its test skips.
"""

import os
import platform
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from lenet.architecture import CHOICES, MODERN, ORIGINAL, Architecture
from lenet.engines import Update
from lenet.engines.loss import Loss
from lenet.engines.reference.engine import ReferenceEngine
from lenet.parameters import initialize_parameters

native = pytest.importorskip("lenet._native", reason="no kernels: lenet was installed without a compiler")
from lenet.engines.native.layout import Layout  # noqa: E402 - needs the kernels

ROOT = Path(__file__).parents[2]
NETWORKS = [ORIGINAL, MODERN, Architecture("logistic", "average", "table", "linear")]
# as in CMakeLists.txt, without -fno-exceptions: here drive.cpp, which catches, is built in the same command
FLAGS = ["-O2", "-fno-rtti", "-ffp-contract=off", "-fno-math-errno", "-fno-trapping-math"]
AVX2 = ["-mavx2", "-mfma", "-mbmi2", "-DLENET_AVX2"]
COUNT = 20


def describe(architecture):
    """One network, some images, and what `reference` makes of them, as check_values.cpp reads them."""
    random = np.random.default_rng(3)
    images = random.integers(0, 256, (COUNT, 28, 28), dtype=np.uint8)
    labels = random.integers(0, 10, COUNT)
    start = initialize_parameters(architecture, 0)
    start = start.map(lambda array: (array + random.uniform(-0.05, 0.05, array.shape)).astype(np.float32))
    loss = Loss("cross-entropy", 0.1 if architecture.output == "rbf" else 1.0)
    layout, engine = Layout(architecture), ReferenceEngine()
    model = engine.load(architecture, start, "float64")

    def train(batch):
        run = engine.start(architecture, start.astype(np.float64), Update(loss, momentum=0.9))
        order = np.arange(COUNT, dtype=np.int32).reshape(-1, batch)
        run.advance(images, labels, order, np.full(len(order), 1e-3))
        return layout.pack(run.parameters())

    choices = [CHOICES[key].index(getattr(architecture, key)) for key in ("activation", "pooling", "output")]
    source = np.zeros(96, np.int32)
    source[: len(architecture.pairs)] = architecture.pairs[:, 1]
    first = np.searchsorted(architecture.pairs[:, 0], np.arange(17))
    codes = architecture.codes if architecture.output == "rbf" else np.zeros((10, 84))
    whole = (*choices, 10, COUNT, *first, *source, *layout.offsets)
    parts = [
        np.array(whole, np.int32),
        codes.astype(np.float32),
        layout.pack(start),
        images,
        labels.astype(np.int32),
        np.float32([loss.scale]),
        model.penalties(images).astype(np.float32),
        layout.pack(model.gradient(images, labels, loss)),
        layout.pack(model.curvature(images, labels, loss)),
        train(1),
        train(4),
    ]
    return b"".join(np.ascontiguousarray(part).tobytes() for part in parts)


@pytest.fixture(scope="module")
def expected(tmp_path_factory):
    file = tmp_path_factory.mktemp("values") / "expected"
    file.write_bytes(np.int32(len(NETWORKS)).tobytes() + b"".join(map(describe, NETWORKS)))
    return file


def build(compiler, variant, flags, folder):
    program, kernels, checks = (
        folder / f"check_{variant}",
        ROOT / "src" / "kernels",
        ROOT / "tests" / "kernels",
    )
    names = [f"-DLENET_VARIANT=lenet_{variant}", f"-DLENET_VARIANT_NAME={variant}"]
    sources = [kernels / "variant.cpp", kernels / "drive.cpp", checks / "check_values.cpp"]
    command = [
        compiler,
        "-std=c++17",
        *FLAGS,
        *flags,
        *names,
        "-I",
        kernels,
        *sources,
        "-o",
        program,
        "-pthread",
    ]
    subprocess.run(command, check=True, env={**os.environ, "LC_ALL": "C"})
    return program


@pytest.mark.slow
def test_neon_computes_what_reference_does(expected, tmp_path):
    compiler, emulator = shutil.which("aarch64-linux-gnu-g++"), shutil.which("qemu-aarch64")
    if not (compiler and emulator):
        pytest.skip("needs g++-aarch64-linux-gnu and qemu-user")
    program = build(compiler, "neon", ["-static"], tmp_path)
    done = subprocess.run([emulator, program, expected], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "4 lanes" in done.stdout


@pytest.mark.slow
def test_the_program_finds_the_kernels_of_this_processor_right_and_wrong_numbers_wrong(expected, tmp_path):
    compiler = shutil.which("g++")
    if not compiler:
        pytest.skip("no g++")
    fast = "avx2" in native.variants() and platform.system() == "Linux"
    program = build(compiler, "here", AVX2 if fast else [], tmp_path)
    done = subprocess.run([program, expected], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    damaged = tmp_path / "damaged"
    content = bytearray(expected.read_bytes())
    content[-40_000:-39_996] = np.float32(1).tobytes()  # one weight of F6 after the training by fours
    damaged.write_bytes(content)
    done = subprocess.run([program, damaged], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "four samples an update" in done.stdout
