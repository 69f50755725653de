"""A run that is killed with -9 at any moment and resumed ends in the same bytes as an unbroken one."""

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no SIGKILL")

AT_ONCE = 3
FILES = {
    *("recipe.toml", "history.jsonl", "checkpoint.safetensors", "network.safetensors"),
    *("curve.svg", "curve.png", "history.csv", "report.html"),
}

# Trains a step at a time, a checkpoint after every fourth event. A moment of its life is whatever it does
# to a file, and the beginning and the end of a stretch; at one of them it kills itself.
TRAIN = """
import itertools, os, signal, sys
from types import SimpleNamespace

import lenet
from lenet.training import folder
from lenet.training import trainer

data, engine, fatal = sys.argv[1], sys.argv[2], int(sys.argv[3])
out = os.path.abspath("run")
moments = itertools.count(1)
trainer.STRETCH = 0
folder.time = SimpleNamespace(monotonic=itertools.count().__next__)
folder.CHECKPOINT_EVERY = 3

def live():
    if next(moments) == fatal:
        os.kill(os.getpid(), signal.SIGKILL)

def hear(event, arguments):
    if event in ("open", "os.rename", "os.remove", "os.chmod", "os.mkdir"):
        if not isinstance(arguments[0], int) and os.path.abspath(os.fspath(arguments[0])).startswith(out):
            live()

learn = trainer.Trainer._learn

def learn_and_live(*arguments):
    live()
    losses = learn(*arguments)
    live()
    return losses

trainer.Trainer._learn = learn_and_live
sys.addaudithook(hear)
recipe = lenet.Recipe("tiny", 2, 48, 0.05, "one-cycle", momentum=0.9, initialization="variance")
lenet.train(data, recipe, engine=engine, out="run", seed=3)
print(next(moments) - 1)
"""

RESUME = """
import lenet
lenet.resume("run")
"""


def run_python(folder: Path, code: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.run(
        command, check=False, cwd=folder, env=environment, capture_output=True, text=True, timeout=120
    )


def read_files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (folder / "run").iterdir()}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (660, 28, 28), np.uint8)
    labels = np.arange(660) % 10
    path = tmp_path_factory.mktemp("data") / "noise.npz"
    np.savez(path, x_train=images[:600], y_train=labels[:600], x_test=images[600:], y_test=labels[600:])
    return path


def kill_and_resume(folder: Path, data: Path, engine: str, moment: int) -> tuple[set[str], dict[str, bytes]]:
    """What lay in the folder when the run was killed, and what it came to."""
    folder.mkdir()
    killed = run_python(folder, TRAIN, data, engine, moment)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    left = set(read_files(folder)) if (folder / "run").exists() else set()
    if "recipe.toml" in left:
        resumed = run_python(folder, RESUME)
    else:
        resumed = run_python(folder, TRAIN, data, engine, 0)
    assert resumed.returncode == 0, resumed.stderr
    assert resumed.stderr == ""
    return left, read_files(folder)


def kill_everywhere(folder: Path, data: Path, engine: str, moments: int) -> list[set[str]]:
    """Kill a run at so many moments from the first to the last; what lay in the folder each time."""
    unbroken = folder / "unbroken"
    unbroken.mkdir()
    whole = run_python(unbroken, TRAIN, data, engine, 0)
    assert whole.returncode == 0, whole.stderr
    expected = read_files(unbroken)
    assert set(expected) == FILES
    chosen = np.linspace(1, int(whole.stdout), moments).round().astype(int)
    assert len(set(chosen)) == moments
    with ThreadPoolExecutor(AT_ONCE) as pool:
        results = pool.map(
            lambda moment: kill_and_resume(folder / str(moment), data, engine, int(moment)), chosen
        )
        lefts = []
        for moment, (left, files) in zip(chosen, results, strict=True):
            assert set(files) == FILES, moment
            assert [name for name in FILES if files[name] != expected[name]] == [], moment
            lefts.append(left)
    return lefts


def test_a_run_killed_in_its_middle_or_while_it_writes_its_end_ends_in_the_same_bytes(
    tmp_path: Path, data: Path
) -> None:
    beginning, middle, end = kill_everywhere(tmp_path, data, "reference", 3)
    assert beginning == set()
    assert "checkpoint.safetensors" in middle
    assert "network.safetensors" not in middle
    assert "network.safetensors" in end


@pytest.mark.slow
def test_a_run_killed_at_twenty_moments_ends_in_the_same_bytes(tmp_path: Path, data: Path) -> None:
    lefts = kill_everywhere(tmp_path, data, "reference", 20)
    assert any("recipe.toml" not in left for left in lefts)
    assert any({"recipe.toml"} <= left and "checkpoint.safetensors" not in left for left in lefts)
    assert any("checkpoint.safetensors" in left and "network.safetensors" not in left for left in lefts)
    assert any("network.safetensors" in left for left in lefts)
    assert any(name.endswith(".part") for left in lefts for name in left)


@pytest.mark.slow
@pytest.mark.skipif(not find_spec("torch"), reason="torch is not installed")
def test_a_run_of_pytorch_killed_at_five_moments_ends_in_the_same_bytes(tmp_path: Path, data: Path) -> None:
    kill_everywhere(tmp_path, data, "pytorch", 5)
