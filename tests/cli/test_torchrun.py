"""Two processes that torchrun starts on this machine: one network, one voice."""

import json
import os
import shlex
import subprocess
import sys
from importlib.util import find_spec

import numpy as np
import pytest

from lenet.engines import get_engine
from lenet.errors import EngineError
from lenet.network import load

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not (find_spec("torch") and find_spec("sklearn")), reason="torch or scikit-learn is not installed"
    ),
]

# 660 of 800 images are trained on: 20 steps, whose batches of 33 two processes cannot halve
TRAIN = shlex.split(
    "train --data digits --recipe demo --epochs 1 --batch 33 --limit 800 --seed 3 --rate 0.002"
)


def run(*words, processes=0):
    group = ["torch.distributed.run", "--standalone", f"--nproc-per-node={processes}", "-m"]
    command = [sys.executable, "-m", *(group if processes else []), "lenet", *map(str, words)]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    return subprocess.run(command, capture_output=True, text=True, env=environment, timeout=200, check=False)


@pytest.fixture(scope="module")
def together(tmp_path_factory):
    folder = tmp_path_factory.mktemp("together") / "run"
    return run(*TRAIN, "--out", folder, "--json", processes=2), folder


def test_two_processes_train_what_one_trains(together, tmp_path):
    answer, folder = together
    assert answer.returncode == 0, answer.stderr
    alone = run(*TRAIN, "--out", tmp_path / "run", "--json", "--engine", "pytorch")
    assert alone.returncode == 0, alone.stderr

    one, two = (load(path / "network.safetensors").parameters for path in (tmp_path / "run", folder))
    for name, array in one.items():
        assert np.abs(two[name] - array).max() <= 1e-5 * np.abs(array).max(), name
    assert not all(np.array_equal(two[name], array) for name, array in one.items())  # added in another order


def test_only_the_first_process_speaks(together):
    answer, folder = together
    found = json.loads(answer.stdout)
    assert found["finished"]
    assert answer.stderr.count("epoch 1/1") == 1
    assert found["run"] == str(folder)


def test_a_training_goes_on_with_two_processes(together, tmp_path):
    stopped = tmp_path / "run"
    assert run(*TRAIN, "--out", stopped, "--engine", "pytorch").returncode == 0
    assert run("train", "--resume", stopped, processes=2).returncode == 0


def test_a_mistake_of_the_first_process_ends_all_and_is_said_once(tmp_path):
    answer = run("train", "--data", tmp_path / "nowhere", "--out", tmp_path / "run", processes=2)
    assert answer.returncode == 1
    assert answer.stderr.count("error: ") == 1
    assert "nowhere" in answer.stderr


@pytest.mark.parametrize("words", [["summary"], ["train", "--help"]])
def test_other_verbs_run_once(words):
    answer = run(*words, processes=2)
    assert answer.returncode == 0
    assert answer.stdout == run(*words).stdout


def test_engines_that_cannot_share_their_work_are_refused(monkeypatch):
    monkeypatch.setenv("TORCHELASTIC_RUN_ID", "x")
    monkeypatch.setenv("WORLD_SIZE", "2")
    assert get_engine("auto", training=True).name == "pytorch"
    with pytest.raises(EngineError, match="--engine pytorch"):
        get_engine("native", training=True)
