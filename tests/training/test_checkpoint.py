"""Checkpoints: all that a training needs to go on, or one clear line."""

import contextlib
import json
from pathlib import Path

import numpy as np
import pytest

from lenet.errors import FileError, LenetError, RunError
from lenet.storage import load_arrays, save_arrays
from lenet.training.checkpoint import Checkpoint

STATE = {
    "weight.a": np.arange(6, dtype=np.float32).reshape(2, 3),
    "velocity.a": np.zeros((2, 3), np.float32),
    "steps": np.array([3], np.int64),
    "nothing": np.zeros((0, 4)),
}
CHECKPOINT = Checkpoint("key", 12, 2, STATE)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "checkpoint.safetensors"


def test_a_checkpoint_comes_back_as_it_was(path: Path) -> None:
    CHECKPOINT.save(path)
    loaded = Checkpoint.load(path)
    assert (loaded.key, loaded.steps, loaded.epochs) == ("key", 12, 2)
    assert loaded.state.keys() == STATE.keys()
    for name, array in STATE.items():
        assert loaded.state[name].dtype == array.dtype
        np.testing.assert_array_equal(loaded.state[name], array)


def test_equal_checkpoints_have_equal_bytes(path: Path, tmp_path: Path) -> None:
    CHECKPOINT.save(path)
    other = Checkpoint("key", 12, 2, dict(reversed(STATE.items())))
    other.save(tmp_path / "other")
    assert path.read_bytes() == (tmp_path / "other").read_bytes()


def test_a_changed_bit_anywhere_in_a_checkpoint_is_seen(path: Path) -> None:
    CHECKPOINT.save(path)
    whole, harmless = path.read_bytes(), 0
    for at in range(len(whole)):
        damaged = bytearray(whole)
        damaged[at] ^= 1 << at % 8
        path.write_bytes(damaged)
        with contextlib.suppress(LenetError):
            # or a bit of the padding, which means nothing
            assert Checkpoint.load(path)._hash() == CHECKPOINT._hash()
            harmless += 1
    assert harmless < 8


def test_every_truncation_of_a_checkpoint_is_seen(path: Path) -> None:
    CHECKPOINT.save(path)
    whole = path.read_bytes()
    for end in range(len(whole)):
        path.write_bytes(whole[:end])
        with pytest.raises(FileError):
            Checkpoint.load(path)


def test_another_step_under_the_same_weights_is_seen(path: Path) -> None:
    CHECKPOINT.save(path)
    arrays, metadata = load_arrays(path)
    save_arrays(path, arrays, metadata | {"steps": 11})
    with pytest.raises(FileError, match="damaged"):
        Checkpoint.load(path)


@pytest.mark.parametrize(
    "metadata",
    [
        {},
        {"key": "key", "steps": 12},
        {"key": "key", "steps": 12, "epochs": 2, "more": 1},
        {"key": "key", "steps": 12, "epochs": 2, "state": {}},
        {"architecture": {}, "labels": [], "card": {}},
    ],
)
def test_a_file_of_another_kind_is_refused(path: Path, metadata: dict[str, object]) -> None:
    save_arrays(path, STATE, metadata)
    with pytest.raises(RunError, match="damaged"):
        Checkpoint.load(path)


@pytest.mark.parametrize("steps", [None, "12", float("inf"), 1e400, True, [12], {"a": 1}])
def test_a_step_that_is_no_number_is_refused(path: Path, steps: object) -> None:
    CHECKPOINT.save(path)
    arrays, metadata = load_arrays(path)
    save_arrays(path, arrays, metadata | {"steps": steps})
    with pytest.raises(FileError):
        Checkpoint.load(path)


@pytest.mark.parametrize(
    "shape", [[1] * 70 + [0], [0, 2**62], [0, 2**63], [2**62, 0]], ids=["rank", "large", "huge", "first"]
)
def test_an_empty_array_of_a_shape_beyond_all_limits_is_refused(path: Path, shape: list[int]) -> None:
    tensor = {"dtype": "F32", "shape": shape, "data_offsets": [0, 0]}
    header = json.dumps({"__metadata__": {"lenet": "{}"}, "weight.a": tensor}).encode()
    path.write_bytes(len(header).to_bytes(8, "little") + header)
    with pytest.raises(RunError, match=r"checkpoint\.safetensors: this checkpoint is damaged\. Delete it"):
        Checkpoint.load(path)


def test_a_checkpoint_that_is_absent_is_refused(path: Path) -> None:
    with pytest.raises(FileError, match="no such file"):
        Checkpoint.load(path)
