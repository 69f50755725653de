"""The folder of a run: settings, history and checkpoint, each complete at any moment."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from lenet.errors import RunError
from lenet.storage import write_text
from lenet.training.checkpoint import Checkpoint
from lenet.training.events import Event
from lenet.training.history import History, HistoryFile
from lenet.training.settings import SETTINGS_FILE, Settings
from lenet.training.start import START_FILE
from lenet.training.trainer import Trainer

CHECKPOINT_EVERY = 2.0  # seconds


class RunFolder:
    """The files of a run, written so that it can be killed at any moment and resumed.

    Args:
        path: the folder.
        settings: of the run.
    """

    def __init__(self, path: Path, settings: Settings) -> None:
        self.path = path
        self.network = path / "network.safetensors"
        self.start = path / START_FILE
        self._checkpoint = path / "checkpoint.safetensors"
        self._history = path / "history.jsonl"
        self._settings_file = path / SETTINGS_FILE
        self._settings_text = settings.to_toml()
        self._key = settings.key
        self._file: HistoryFile | None = None
        self._saved = time.monotonic()

    def open_history(self, trainer: Trainer) -> History:
        """Begin the run, or restore the trainer from the checkpoint if there is one.

        Returns:
            The history up to the checkpoint; empty at the beginning. The caller continues it.
        Raises:
            FileError: a checkpoint or history that is damaged or belongs to another run, or a folder that
                cannot be written to.
        """
        history = History()
        if self._checkpoint.exists():
            saved = Checkpoint.load(self._checkpoint)
            if saved.key != self._key or _describe(saved.state) != _describe(trainer.state()):
                raise RunError("run.checkpoint", path=self._checkpoint)
            history = History.read(self._history).cut(saved.steps, saved.epochs)
            if len(history.losses) < saved.steps or len(history.epochs) < saved.epochs:
                raise RunError("run.history_short", path=self._history, steps=saved.steps)
            trainer.restore(saved.state, saved.steps, saved.epochs, history.losses)
        if not self._settings_file.exists():
            write_text(self._settings_file, self._settings_text)
        for part in self.path.glob(".*.????????.part"):  # what a killed process was writing
            part.unlink(missing_ok=True)
        self._file = HistoryFile(self._history, history, trainer.steps_per_epoch)
        return history

    def follow(self, trainer: Trainer, event: Event) -> None:
        """Write an event to the history, and every few seconds a checkpoint."""
        if event.entry is None:
            return
        if self._file:
            self._file.add(event.entry)
        if time.monotonic() - self._saved > CHECKPOINT_EVERY:
            self.save(trainer)

    def close(self) -> None:
        """Close the file of the history."""
        if self._file:
            self._file.close()
            self._file = None

    def save(self, trainer: Trainer) -> None:
        """Write a checkpoint. Call it only between two events, when trainer and history agree."""
        # the history first: it may hold more than the checkpoint, never less
        if self._file:
            self._file.flush()
        Checkpoint(self._key, trainer.steps, trainer.epochs, trainer.state()).save(self._checkpoint)
        self._saved = time.monotonic()


def _describe(state: Mapping[str, np.ndarray]) -> dict[str, tuple[tuple[int, ...], np.dtype]]:
    return {name: (array.shape, array.dtype) for name, array in state.items()}
