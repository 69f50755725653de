"""The folder of a run: what may be resumed, and what is refused."""

import itertools
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lenet.architecture import ORIGINAL
from lenet.data.examples import Examples
from lenet.engines.reference.engine import ReferenceEngine
from lenet.errors import FileError, RunError
from lenet.parameters import initialize_parameters
from lenet.training import folder as module
from lenet.training.events import Advanced
from lenet.training.folder import RunFolder
from lenet.training.history import History
from lenet.training.recipe import Recipe
from lenet.training.run import check_request
from lenet.training.settings import Settings
from lenet.training.trainer import Trainer

RECIPE = Recipe("tiny", 2, 4, 0.05, momentum=0.9)
SETTINGS = Settings("noise", "f", None, ORIGINAL, RECIPE, "reference", 0)
STEPS = 3


def make_trainer() -> Trainer:
    random = np.random.default_rng(0)
    train = Examples(random.integers(0, 256, (10, 28, 28), np.uint8), np.arange(10))
    start = initialize_parameters(ORIGINAL, SETTINGS.seed)
    return Trainer(ReferenceEngine(), start, RECIPE, train, train.first(0), SETTINGS.seed)


def train(folder: RunFolder, trainer: Trainer, steps: int) -> None:
    """Train so far, and leave as a stopped run does."""
    folder.open_history(trainer)
    for event in trainer.events():
        folder.follow(trainer, event)
        if trainer.steps >= steps:
            break
    folder.save(trainer)
    folder.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a" / "run"


@pytest.fixture
def stopped(path: Path) -> Path:
    """A run that was stopped after four steps, one of them in the second epoch."""
    train(RunFolder(path, SETTINGS), make_trainer(), 4)
    return path


def test_nothing_is_written_before_the_training_begins(path: Path) -> None:
    folder = RunFolder(path, SETTINGS)
    assert not path.exists()
    folder.open_history(make_trainer())
    folder.close()
    assert {file.name for file in path.iterdir()} == {"recipe.toml", "history.jsonl"}
    assert Settings.read(path / "recipe.toml") == SETTINGS


def test_a_folder_that_holds_a_run_is_refused_and_left_as_it_is(stopped: Path) -> None:
    before = {file.name: file.read_bytes() for file in stopped.iterdir()}
    with pytest.raises(RunError, match=r"already contains a run.*--resume"):
        check_request("reference", 0, stopped)
    assert {file.name: file.read_bytes() for file in stopped.iterdir()} == before


def test_a_folder_with_other_files_may_hold_a_run(path: Path) -> None:
    path.mkdir(parents=True)
    (path / "notes.txt").write_text("mine")
    (path / ".notes.part").write_text("mine")
    train(RunFolder(path, SETTINGS), make_trainer(), 4)
    assert (path / "notes.txt").read_text() == (path / ".notes.part").read_text() == "mine"


def test_a_file_in_the_place_of_the_folder_is_refused(path: Path) -> None:
    path.parent.mkdir()
    path.write_text("a file")
    with pytest.raises(FileError, match="cannot be written"):
        RunFolder(path, SETTINGS).open_history(make_trainer())


def test_a_stopped_run_is_brought_back_to_its_checkpoint(stopped: Path) -> None:
    reference, trainer = make_trainer(), make_trainer()
    for event in reference.events():
        if isinstance(event, Advanced) and event.steps >= 4:
            break
    folder = RunFolder(stopped, SETTINGS)
    history = folder.open_history(trainer)
    folder.close()
    assert (trainer.steps, trainer.epochs) == (reference.steps, reference.epochs)
    assert (len(history.losses), len(history.epochs)) == (reference.steps, 1)
    assert {n: a.tobytes() for n, a in trainer.state().items()} == {
        n: a.tobytes() for n, a in reference.state().items()
    }


def test_a_history_that_holds_more_than_the_checkpoint_is_cut(stopped: Path) -> None:
    file = stopped / "history.jsonl"
    whole = file.read_bytes()
    steps = len(History.read(file).losses)
    file.write_bytes(whole + f'{{"step": {steps + 1}, "loss": 1.0}}\n{{"step": {steps + 2}, "lo'.encode())
    folder = RunFolder(stopped, SETTINGS)
    assert len(folder.open_history(make_trainer()).losses) == steps
    folder.close()
    assert file.read_bytes() == whole


def test_a_run_without_a_checkpoint_begins_anew(stopped: Path) -> None:
    (stopped / "checkpoint.safetensors").unlink()
    trainer = make_trainer()
    folder = RunFolder(stopped, SETTINGS)
    assert folder.open_history(trainer) == History()
    folder.close()
    assert trainer.steps == 0
    assert (stopped / "history.jsonl").read_bytes() == b""


def test_what_a_killed_process_was_writing_is_cleared_away(stopped: Path) -> None:
    left = stopped / ".checkpoint.safetensors.abcd_123.part"
    left.write_bytes(b"half")
    folder = RunFolder(stopped, SETTINGS)
    folder.open_history(make_trainer())
    folder.close()
    assert not left.exists()


def test_a_checkpoint_of_another_run_is_refused(stopped: Path) -> None:
    for other in (replace(SETTINGS, seed=1), replace(SETTINGS, recipe=RECIPE.changed(rate=0.06))):
        with pytest.raises(RunError, match="does not belong to this run"):
            RunFolder(stopped, other).open_history(make_trainer())


def test_a_checkpoint_with_another_engines_state_is_refused(
    stopped: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trainer = make_trainer()
    monkeypatch.setattr(trainer, "state", lambda: {"weight.c1.weight": np.zeros((6, 1, 5, 5), np.float32)})
    with pytest.raises(RunError, match="does not belong to this run"):
        RunFolder(stopped, SETTINGS).open_history(trainer)


def test_a_damaged_checkpoint_is_named_in_one_line(stopped: Path) -> None:
    file = stopped / "checkpoint.safetensors"
    content = bytearray(file.read_bytes())
    content[-100] ^= 1
    file.write_bytes(content)
    with pytest.raises(FileError, match=r"checkpoint\.safetensors: .* damaged") as caught:
        RunFolder(stopped, SETTINGS).open_history(make_trainer())
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("lines", [0, 1, 3])
def test_a_history_that_ends_before_the_checkpoint_is_refused(stopped: Path, lines: int) -> None:
    file = stopped / "history.jsonl"
    file.write_bytes(b"".join(file.read_bytes().splitlines(keepends=True)[:lines]))
    with pytest.raises(RunError, match=r"history\.jsonl: this history ends before step"):
        RunFolder(stopped, SETTINGS).open_history(make_trainer())


def test_a_run_whose_history_is_lost_is_refused(stopped: Path) -> None:
    (stopped / "history.jsonl").unlink()
    with pytest.raises(FileError, match=r"history\.jsonl: no such file"):
        RunFolder(stopped, SETTINGS).open_history(make_trainer())


@pytest.mark.parametrize(("every", "expected"), [(-1.0, 4), (1e9, 0)])
def test_a_checkpoint_is_written_when_it_is_time(
    path: Path, monkeypatch: pytest.MonkeyPatch, every: float, expected: int
) -> None:
    monkeypatch.setattr(module, "CHECKPOINT_EVERY", every)
    saved = []
    monkeypatch.setattr(RunFolder, "save", lambda self, trainer: saved.append(trainer.steps))
    trainer, folder = make_trainer(), RunFolder(path, SETTINGS)
    folder.open_history(trainer)
    for event in itertools.islice(trainer.events(), 4):
        folder.follow(trainer, event)
    folder.close()
    assert len(saved) == expected


def test_a_checkpoint_is_never_ahead_of_the_history_on_the_disk(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "CHECKPOINT_EVERY", -1.0)
    trainer, folder = make_trainer(), RunFolder(path, SETTINGS)
    folder.open_history(trainer)
    for event in trainer.events():
        folder.follow(trainer, event)
        assert len(History.read(path / "history.jsonl").losses) == trainer.steps
    folder.close()
