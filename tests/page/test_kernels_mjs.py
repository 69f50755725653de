"""kernels.mjs, run by node: the same numbers as in Python."""

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

import lenet
from lenet.engines import Update, get_engine
from lenet.engines.loss import Loss
from lenet.images.distort import DistortedEpoch, Distortion
from lenet.randomness import philox

FOLDER = Path(lenet.__file__).parent
SCRIPT = """
import { readFileSync } from "node:fs";
const { loadKernels, readNetwork, KernelError } = await import(process.argv[2]);
const kernels = await loadKernels(readFileSync(process.argv[3]));
const { architecture, labels, parameters } = readNetwork(readFileSync(process.argv[4]));
const network = kernels.network(architecture, parameters);
const images = Uint8Array.from({ length: 3 * 784 }, (_, k) => (k * 37) % 251);
const targets = Int32Array.of(3, 0, 9);
const list = (arrays) => Object.fromEntries(Object.entries(arrays).map(([name, a]) => [name, Array.from(a)]));
const codes = [];
for (const wrong of [
  () => network.gradient(images, Int32Array.of(3, 0, 10)),
  () => kernels.normalize(new Uint8Array(100), 10, 10),
  () => network.penalties(new Uint8Array(100)),
  () => kernels.network({ ...architecture, pooling: "median" }, parameters),
])
  try {
    wrong();
  } catch (error) {
    codes.push(error instanceof KernelError ? error.message : String(error));
  }
const kept = kernels.keep(images);
const mark = kernels.wasm.mark();
const gradient = network.gradient(images, targets);
const losses = network.train({
  images: kept, targets, order: Int32Array.of(0, 1, 2, 0), rates: [1e-3, 1e-3], momentum: 0.9,
  distortion: { shift: 2, elastic: 3, elasticWidth: 5, seed: 2n ** 63n + 1n, epoch: 1 },
});
console.log(JSON.stringify({
  labels, codes, leak: kernels.wasm.mark() - mark, losses: Array.from(losses), gradient: list(gradient),
  penalties: Array.from(kernels.network(architecture, parameters).penalties(images)),
  trace: list(kernels.network(architecture, parameters).trace(images, true)),
  after: list(network.parameters()),
  words: Array.from(kernels.philox([1, 2, 3, 4], 2n ** 40n + 5n)),
}));
"""


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict:
    if not shutil.which("node"):
        pytest.skip("node is not installed")
    script = tmp_path_factory.mktemp("node") / "script.mjs"
    script.write_text(SCRIPT, "utf-8")
    static = FOLDER / "page" / "static"
    paths = [
        script,
        (static / "kernels.mjs").as_uri(),
        static / "lenet.wasm",
        FOLDER / "weights" / "1998.safetensors",
    ]
    done = subprocess.run(["node", *map(str, paths)], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_labels_come_with_the_file(found: dict) -> None:
    assert found["labels"] == [str(digit) for digit in range(10)]


def test_mistakes_are_said(found: dict) -> None:
    assert found["codes"] == [
        "a label is not a class",
        "nothing is drawn",
        "RangeError: images: 100 numbers, expected a multiple of 784",
        "a number is out of range",
    ]


def test_calls_leave_no_memory_behind(found: dict) -> None:
    assert found["leak"] == 0


def test_numbers_are_those_of_python(found: dict) -> None:
    images = (np.arange(3 * 784) * 37 % 251).astype(np.uint8).reshape(3, 28, 28)
    targets = np.array([3, 0, 9])
    network = lenet.load("1998")
    reference = get_engine("reference")
    model = reference.load(network.architecture, network.parameters)
    pairs = {name: (found["trace"][name], array) for name, array in model.trace(images, sums=True).items()}
    pairs["penalties"] = found["penalties"], model.penalties(images)
    pairs |= {
        f"gradient of {name}": (found["gradient"][name], array)
        for name, array in model.gradient(images, targets, Loss()).items()
    }
    run = reference.start(network.architecture, network.parameters, Update(Loss(), momentum=0.9))
    distortion = DistortedEpoch(Distortion(shift=2, elastic=3, elastic_width=5), seed=2**63 + 1, epoch=1)
    order = np.array([[0, 1], [2, 0]], np.int32)
    losses = run.advance(images, targets, order, np.full(2, 1e-3), distortion=distortion)
    pairs["losses"] = found["losses"], losses
    pairs |= {f"trained {name}": (found["after"][name], array) for name, array in run.parameters().items()}
    for name, (numbers, expected) in pairs.items():
        gap = np.abs(np.array(numbers) - expected.ravel()).max()
        assert gap <= 1e-4 * np.abs(expected).max(), name


def test_random_words_are_those_of_python(found: dict) -> None:
    expected = philox(np.array([1, 2, 3, 4], np.uint32), 2**40 + 5)
    assert found["words"] == expected.tolist()
