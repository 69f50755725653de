"""Ask lenet each of a folder of cases, and say which it answers right.

    LENET_DATA=MNIST python -m tools.cases FOLDER [NAME ...]

FOLDER holds a folder for each case and `faults/`. Prints `case: expected, got, ok` for each; exits 1 on any
miss. The expected values are typed from the cases' READMEs. A traceback, "a fault of lenet", an option that
does not exist or a time-out is never an answer.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

SECONDS = 120  # for one question
SCRATCH = Path(tempfile.gettempdir()) / f"lenet-cases-{os.getpid()}"
IMPORTED = SCRATCH / "imported.safetensors"
CONVERSION = r"uint8|\(28, 28\)|astype|0 to 255"  # how a picture of another form is converted
WRONG = re.compile(r"Traceback|a fault of lenet|terminate called|Segmentation|no option|no such command")


class Case(NamedTuple):
    """A question to lenet and its right answer.

    Args:
        name: the file or folder.
        expected: the right answer, or what it has to say, as a pattern.
        ask: gives lenet's answer.
    """

    name: str
    expected: str
    ask: Callable[[], str]

    def judge(self) -> tuple[str, bool]:
        """The answer on one line, and whether it is right."""
        try:
            got = self.ask()
        except subprocess.TimeoutExpired:
            return f"nothing within {SECONDS} s", False
        found = re.search(self.expected, got, re.DOTALL)
        line = " ".join((found[0] if found else got).split())
        return line[:160], bool(found) and not WRONG.search(got)


def run(*words: object, data: bool = False) -> str:
    """What a command prints, standard error after standard output, and how it ended where it failed."""
    environment = {name: value for name, value in os.environ.items() if data or name != "LENET_DATA"}
    done = subprocess.run(
        [sys.executable, *map(str, words)],
        env={**environment, "LENET_LANG": "en", "COLUMNS": "300"},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    end = f"\nended by signal {-done.returncode}: Segmentation" if done.returncode < 0 else ""
    return done.stdout + done.stderr + end


def lenet(*words: object, data: bool = False) -> str:
    """What `lenet` prints."""
    return run("-m", "lenet", *words, data=data)


def recognize(path: Path) -> str:
    """Label and verdict, or the message."""
    said = lenet("recognize", path, "--json")
    try:
        answer = json.loads(said)["pictures"][0]
    except (ValueError, KeyError, IndexError):
        return said
    return " ".join(str(answer[key]) for key in ("label", "verdict", "reason") if answer[key])


def list_cases(folder: Path) -> Iterator[Case]:
    """Every case of the folder."""
    yield from _list_pictures(folder)
    yield from _list_data(folder)
    yield from _list_imports(folder)
    yield from _list_faults(folder / "faults")
    yield from _list_interfaces(folder)


def _list_pictures(folder: Path) -> Iterator[Case]:
    answers = {
        "straight_one_is_blank": dict.fromkeys(("one_1000_20px_tilted", "one_200_4px", "one_400_12px"), "1"),
        "one_pixel_pen_is_blank": {
            "seven_28": "7", "seven_100": "7", "seven_slant_200": "7", "one_slant_200": "1"
        },
        "paper_on_dark_table": {f"table30_{digit}": str(digit) for digit in (2, 4, 7)},
        "picture_alpha_all_zero": {"seven": "7"},
    }  # fmt: skip
    for case, files in answers.items():
        for name, label in files.items():
            path = folder / case / f"{name}.png"
            yield Case(f"{case}/{path.name}", rf"^{label} (digit|unsure)", partial(recognize, path))
    for name in ("seven.pgm", "seven.ppm"):
        yield Case(f"picture_pgm/{name}", "^7 digit", partial(recognize, folder / "picture_pgm" / name))
    yield Case(
        "two_digits_one_answer/ten.png",
        "unsure marks",
        partial(recognize, folder / "two_digits_one_answer" / "ten.png"),
    )
    heif = folder / "recognize_skips_heif"
    # read where pillow-heif is installed; else named, with what to install
    expected = r"seven\.png .*seven\.heif(?: +7|: .*pillow-heif)|seven\.heif +7.*seven\.png"
    yield Case("recognize_skips_heif", expected, partial(lenet, "recognize", heif))


def _list_data(folder: Path) -> Iterator[Case]:
    for name in ("data_idx_in_folders", "data_idx_renamed", "data_kaggle_csv", "data_kaggle_csv/train.csv"):
        yield Case(name, r"Intact", partial(lenet, "data", "verify", folder / name))
    for name in ("channel", "flat", "float01", "onehot", "other_keys"):
        path = folder / "data_npz_other_keys" / f"{name}.npz"
        yield Case(f"data_npz_other_keys/{name}", r"Intact", partial(lenet, "data", "verify", path))
    inverted = folder / "data_inverted_unnoticed" / "inverted.npz"
    questions: dict[str, tuple[object, ...]] = {
        "data": ("verify", inverted),
        "evaluate": ("--network", "best", "--data", inverted),
        "train": ("--epochs", 1, "--limit", 600, "--data", inverted, "--out", SCRATCH / "run"),
    }
    for verb, words in questions.items():
        yield Case(f"data_inverted_unnoticed: {verb}", r"paper is light", partial(lenet, verb, *words))


def _list_imports(folder: Path) -> Iterator[Case]:
    def take(name: str, *options: object, data: bool = False) -> Callable[[], str]:
        return partial(lenet, "import", folder / name, "--output", IMPORTED, *options, data=data)

    average = "import_average_pooling_unnoticed/relu_average.pt"
    yield Case(average, r"--pooling average", take(average, data=True))
    normalized = "import_normalization_not_suggested/relu_max_normalized.pt"
    yield Case(normalized, r"--mean 0\.1307 --std 0\.3081", take(normalized, data=True))
    resized = "import_resize32/resize32.pt"
    yield Case(resized, r"Resize|resized|enlarged", take(resized, data=True))
    for name in ("namespace", "numpy_scalar"):
        path = f"import_checkpoint_called_program/{name}.pt"
        yield Case(path, r"network with 61,706 parameters", take(path))
    order = "import_keras_named_torch/keras_order.safetensors"
    yield Case(order, r"network with 61,706 parameters", take(order))
    yield Case("import_keras_named_torch/net.h5", r"Keras", take("import_keras_named_torch/net.h5"))
    pruned = "import_pruned_mask/pruned.pt"
    yield Case(pruned, r"network with 61,706 parameters|prune\.remove", take(pruned))
    for name in ("quantized", "sparse"):
        path = f"import_quantized_crash/{name}.pt"
        yield Case(path, r"network with 61,706 parameters|dequantize|to_dense", take(path))
    scripted = "import_torchscript_message/scripted.pt"
    yield Case(scripted, r"TorchScript.*torch\.jit\.load.*state_dict\(\)", take(scripted))


def _list_faults(folder: Path) -> Iterator[Case]:
    for path in sorted([*folder.glob("*.pt"), *folder.glob("*.safetensors")]):
        words = ("import", path, "--output", IMPORTED)
        yield Case(f"faults/{path.name}", r"error: .{20,}", partial(lenet, *words))
    for name in ("dim", "esc_label", "lab", "nonfinite", "sur_label"):
        # no control character of a label is printed
        asked = partial(lenet, "evaluate", "--network", folder / f"{name}.safetensors", "--data", "digits")
        yield Case(f"faults/{name}.safetensors: evaluate", r"\Aerror: [^\x1b]{20,}\Z", asked)
    text = folder / "doctor_100k.txt"
    yield Case("faults/doctor_100k.txt", r"No module named", partial(lenet, "doctor", "--error", text))
    # an engine takes an Update where it took a Recipe when the case was written
    source = (folder / "native_threads_abort.py").read_text("utf-8")
    source = source.replace('R=load_recipe("fast",ORIGINAL)', "R=Update(Loss())")
    source = "from lenet.engines import Update; from lenet.engines.loss import Loss\n" + source
    for way in ("train", "one", "gradient", "recognize"):
        expected = r"\A\(4000, 10\)" if way == "recognize" else r"\A\[[-+\d. e]+\]"
        yield Case(f"faults/native_threads_abort.py {way}", expected, partial(run, "-c", source, way))
    script = folder / "evaluate_pids_abort.py"
    yield Case("faults/evaluate_pids_abort.py", r"error|accuracy", partial(run, script, data=True))
    script = folder / "quiet_fork_stderr.py"
    expected = r"thread 2000 arrived 2000 .* hung \(killed after 10 s\): 0"
    yield Case("faults/quiet_fork_stderr.py", expected, partial(run, script))
    # every moment of a kill leaves the old files or the new ones, and the next export sweeps what was left
    script = folder / "export_kill.py"
    expected = (
        r"\A(?:(?:pytorch|c|onnx) moment \d+ (?:old|new) stray \d+ stray after the next whole export 0\n)+"
    )
    yield Case("faults/export_kill.py", expected, partial(run, script))


def _list_interfaces(folder: Path) -> Iterator[Case]:
    tensors = partial(run, folder / "api_torch_tensor" / "run.py", data=True)
    # of five forms the tensors and the truth values are read; a list of lists and 0-to-1 name the conversion
    yield Case("api_torch_tensor", r"(?:label=.*){2}", tensors)
    # the case's own scripts have `passes`, which is `epochs` now, and pad for the ONNX model that pads itself
    yield Case("sklearn_scale_mismatch: range", r"Warning: .*(?:range|scale)", partial(run, "-c", RANGE))
    yield Case(
        "sklearn_scale_mismatch: rate", r"ConvergenceWarning: .*diverged", partial(run, "-c", DIVERGED)
    )
    yield Case("onnx_input_range_unsaid", r"True True \[.*0.*1.*\]", partial(run, "-c", ONNX))


FIT = """
from sklearn.datasets import load_digits
from lenet.estimator import LeNet5Classifier
import numpy as np
digits = load_digits()
X = np.pad(np.kron(digits.images[:400], np.ones((3, 3))), ((0, 0), (2, 2), (2, 2)))
X, y = (X * 255 / 16).astype("uint8"), digits.target[:400]
"""
RANGE = FIT + "LeNet5Classifier(random_state=0, epochs=2).fit(X, y).predict(X / 255.0)"
DIVERGED = FIT + "LeNet5Classifier(random_state=0, epochs=2, rate=10).fit(X, y)"
ONNX = """
import tempfile, os, numpy as np, onnx, onnxruntime, lenet
from lenet.samples import read_sample
from lenet.images.normalize import normalize_digit
path = os.path.join(tempfile.mkdtemp(), "net.onnx")
lenet.export_onnx(lenet.load("1998"), path)
x = np.stack([normalize_digit(read_sample(d)) for d in range(10)])[:, None] / np.float32(255)
model = onnx.load(path); session = onnxruntime.InferenceSession(path)
found = session.run(["label"], {model.graph.input[0].name: x.astype("float32")})[0]
print((found == np.arange(10)).all(), bool(model.doc_string), [one.doc_string for one in model.graph.input])
"""


def main() -> int:
    """Ask every case; 1 if any answer is wrong."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("names", nargs="*", help="only the cases whose name contains one of these")
    given = parser.parse_args()
    if not (given.folder / "faults").is_dir():
        parser.error(f"{given.folder} has no faults/")
    missed = 0
    SCRATCH.mkdir()
    for case in list_cases(given.folder):
        if given.names and not any(name in case.name for name in given.names):
            continue
        got, right = case.judge()
        missed += not right
        print(f"{case.name}: {case.expected}, {got}, {'ok' if right else 'MISS'}", flush=True)
    shutil.rmtree(SCRATCH)
    return bool(missed)


if __name__ == "__main__":
    sys.exit(main())
