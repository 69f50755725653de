"""Compare the answers of every engine and every exported file with those of the engine `reference`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from lenet.data.dataset import load_dataset
from lenet.engines import ENGINES, get_engine
from lenet.engines.inputs import scale_images
from lenet.errors import DataError, EngineError, MissingExtra
from lenet.export.compiler import compile_c, list_compilers, name_compiler, run_program
from lenet.export.onnx import INPUTS, export_onnx
from lenet.images.normalize import normalize_digit
from lenet.network import Network
from lenet.samples import read_sample
from lenet.texts import say

NEAR = 1e-3  # two answers may differ where the reference's two best penalties lie this near to each other
TOLERANCE = 1e-4  # of the largest penalty: how far a penalty may lie from the reference's
CHUNK = 1000  # images at a time
BEHIND = {"reference": "numpy", "pytorch": "torch", "native": "lenet"}

Answers = tuple[str, np.ndarray]


@dataclass(frozen=True)
class Disagreement:
    """An image with different answers.

    Args:
        index: of the image.
        expected, answer: the label of the reference and that of the program.
        margin: difference between the two smallest penalties of the reference.
    """

    index: int
    expected: str
    answer: str
    margin: float


@dataclass(frozen=True)
class Verification:
    """The comparison of one program's answers with those of the reference.

    Args:
        name: the engine, or the exported file.
        program: the software that ran it, with its version.
        same: number of images with the same label.
        difference: largest absolute difference between two penalties.
        relative: largest difference, divided by the largest penalty.
        disagreements: the images with another label.
        skipped: why the program was not run; "" if it was.
        count: number of images.
    """

    name: str
    program: str
    same: int = 0
    difference: float = 0.0
    relative: float = 0.0
    disagreements: tuple[Disagreement, ...] = ()
    skipped: str = ""
    count: int = 0

    @property
    def agrees(self) -> bool:
        """Whether both agree up to rounding; True for a program that was skipped."""
        near = all(found.margin < NEAR for found in self.disagreements)
        # a comparison with a penalty that is no number is False
        return bool(self.skipped) or (near and self.relative <= TOLERANCE)


def choose_images() -> tuple[np.ndarray, str]:
    """MNIST's 10,000 test digits if they are available, else the ten samples.

    Returns:
        (N, 28, 28) uint8, and their source: "mnist" or "samples".
    Raises:
        DataError: the files in $LENET_DATA are not MNIST's.
    """
    try:
        return load_dataset("mnist", download=False).test.images, "mnist"
    except DataError as absent:
        if absent.key != "data.not_here":
            raise
        return np.stack([normalize_digit(read_sample(digit)) for digit in range(10)]), "samples"


def verify_exports(
    network: Network, images: np.ndarray, files: Mapping[str, Path], takes: str | None = None
) -> Iterator[Verification]:
    """Compare every available engine, and every exported file, with the engine `reference`.

    Args:
        network: the exported network.
        images: (N, 28, 28) uint8.
        files: the exported file of each format.
        takes: what the ONNX and Keras models take, as for `export_network`. ONNX models with the other inputs
            are tried, too.
    Yields:
        One verification per program, engines first.
    Raises:
        FileError: the C compiler rejects the file.
    """
    expected = _ask_engine("reference", network, images)[1]
    asked: list[tuple[str, Callable[[], Answers]]] = [
        (name, partial(_ask_engine, name, network, images)) for name in ENGINES if name != "reference"
    ]
    if "onnx" in files:
        path, written = files["onnx"], takes or "grey"
        asked.append((path.name, partial(_ask_onnx, path, images, written)))
        for other in INPUTS:
            if other != written:
                name = f"{path.name} --input {other}"
                asked.append((name, partial(_ask_other_onnx, network, images, other)))
    if "pytorch" in files:
        asked.append((files["pytorch"].name, partial(_ask_module, files["pytorch"], network, images)))
    if "keras" in files:
        asked.append((files["keras"].name, partial(_ask_keras, files["keras"], images, takes == "uint8")))
    if "c" in files:
        path, compilers = files["c"], list_compilers()
        asked += [(path.name, partial(_ask_program, path, command, network, images)) for command in compilers]
        if not compilers:
            yield Verification(path.name, "", skipped=say("export.no_compiler"))
    for name, ask in asked:
        try:
            yield compare(network, expected, name, *ask())
        except (MissingExtra, EngineError) as refusal:
            yield Verification(name, "", skipped=str(refusal))


def compare(
    network: Network, expected: np.ndarray, name: str, program: str, penalties: np.ndarray
) -> Verification:
    """Compare one program's penalties with the reference's.

    Args:
        network: the network, for its labels.
        expected: (N, classes), the penalties of the reference.
        name: the engine or the exported file.
        program: the software that ran it, with its version.
        penalties: (N, classes), the penalties of the program.
    """
    right, given = expected.argmin(axis=1), penalties.argmin(axis=1)
    best = np.sort(expected, axis=1)
    margins = best[:, 1] - best[:, 0]
    found = tuple(
        Disagreement(int(i), network.labels[right[i]], network.labels[given[i]], float(margins[i]))
        for i in np.flatnonzero(right != given)
    )
    difference = float(np.abs(penalties - expected).max())
    relative = difference / float(np.abs(expected).max())
    same = len(right) - len(found)
    return Verification(name, program, same, difference, relative, found, count=len(right))


def _ask_engine(name: str, network: Network, images: np.ndarray) -> Answers:
    engine = get_engine(name)
    engine.check(network.architecture)
    model = engine.load(network.architecture, network.parameters)
    parts = [model.penalties(images[i : i + CHUNK]) for i in range(0, len(images), CHUNK)]
    return _name_program(name), np.concatenate(parts)


def _name_program(engine: str) -> str:
    if engine == "keras":  # TensorFlow's builds have several names, the module one
        from lenet.engines.keras.setup import tf

        return f"tensorflow {tf.__version__}"
    return f"{BEHIND[engine]} {version(BEHIND[engine])}"


def _ask_other_onnx(network: Network, images: np.ndarray, takes: str) -> Answers:
    with TemporaryDirectory() as folder:
        path = Path(folder, "net.onnx")
        export_onnx(network, path, takes)
        return _ask_onnx(path, images, takes)


def _ask_onnx(path: Path, images: np.ndarray, takes: str) -> Answers:
    if not find_spec("onnxruntime"):
        raise MissingExtra("extra.missing", package="onnxruntime", extra="onnx")
    import onnxruntime

    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    parts = []
    for i in range(0, len(images), CHUNK):
        image = images[i : i + CHUNK]
        given = image
        if takes == "grey":
            given = (image / np.float32(255)).astype(np.float32)[:, None]
        elif takes == "raw":
            given = scale_images(image, np.float32)
        parts.append(session.run(["penalties"], {"image": given})[0])
    return f"ONNX Runtime {onnxruntime.__version__}", np.concatenate(parts)


def _ask_module(path: Path, network: Network, images: np.ndarray) -> Answers:
    get_engine("pytorch")  # says how PyTorch is installed, where it is not
    import torch

    spec = spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    loaded = module.load_network()
    with torch.inference_mode():
        chunks = torch.tensor(images).split(CHUNK)
        outputs = torch.cat([loaded(module.scale(chunk)) for chunk in chunks]).numpy()
    return f"torch {torch.__version__}", outputs if network.architecture.output == "rbf" else -outputs


def _ask_keras(path: Path, images: np.ndarray, uint8: bool) -> Answers:
    get_engine("keras")  # says how TensorFlow is installed, where it is not
    from lenet.engines.keras.setup import keras

    model = keras.models.load_model(path)
    parts = []
    for i in range(0, len(images), CHUNK):
        image = images[i : i + CHUNK]
        given = image if uint8 else scale_images(image, np.float32).transpose(0, 2, 3, 1)
        parts.append(model(given).numpy())
    return f"Keras {keras.__version__}", np.concatenate(parts)


def _ask_program(source: Path, command: list[str], network: Network, images: np.ndarray) -> Answers:
    with TemporaryDirectory() as folder:
        program = Path(folder, "lenet5")
        compile_c(source, program, command, "-O2", "-DLENET_MAIN")
        lines = run_program(program, images.tobytes()).splitlines()
    # a label may hold spaces
    rows = [line.rsplit(b" ", network.architecture.classes)[1:] for line in lines]
    return name_compiler(command), np.array(rows, np.float32)
