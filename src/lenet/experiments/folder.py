"""The folder of a run: settings, history and checkpoint, each complete at every moment."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Self

from lenet.errors import RunError
from lenet.experiments.settings import Settings
from lenet.storage import write_text
from lenet.training.checkpoint import Checkpoint
from lenet.training.history import History, HistoryFile
from lenet.training.trainer import Advanced, PassEnded, Trainer

CHECKPOINT_EVERY = 2.0  # seconds


class RunFolder:
    """Where a run keeps its files, so that it can be killed at any moment and gone on with.

    Args:
        path: the folder.
        settings: of the run.
    """

    def __init__(self, path: Path, settings: Settings) -> None:
        self.path = path
        self.network = path / "network.safetensors"
        self._checkpoint = path / "checkpoint.safetensors"
        self._history = path / "history.jsonl"
        self._key = settings.key
        self._file: HistoryFile | None = None
        self._saved = time.monotonic()

    @classmethod
    def create(cls, path: Path, settings: Settings) -> Self:
        """Begin a run in a folder that holds none yet.

        Raises:
            RunError: the folder holds a run.
            FileError: the folder cannot be written.
        """
        if (path / "recipe.toml").exists():
            raise RunError("run.exists", path=path)
        write_text(path / "recipe.toml", settings.to_toml())
        return cls(path, settings)

    def open_history(self, trainer: Trainer) -> History:
        """Bring the trainer to the checkpoint, if there is one, and the history with it.

        Returns:
            What happened before the checkpoint; the trainer's caller goes on with it.
        Raises:
            FileError: a checkpoint or a history that is damaged, or of another run.
        """
        history = History()
        if self._checkpoint.exists():
            saved = Checkpoint.load(self._checkpoint)
            history = History.read(self._history).cut(saved.steps, saved.passes)
            fits = len(history.losses) == saved.steps and len(history.passes) == saved.passes
            if saved.key != self._key or not fits:
                raise RunError("run.checkpoint", path=self._checkpoint)
            trainer.restore(saved.state, saved.steps, saved.passes, history.losses)
        self._file = HistoryFile(self._history, history, trainer.steps_a_pass)
        return history

    def follow(self, trainer: Trainer, event: Advanced | PassEnded) -> None:
        """Write down an event, and from time to time a checkpoint."""
        if self._file:
            self._file.add(event.losses if isinstance(event, Advanced) else event.record)
        if time.monotonic() - self._saved > CHECKPOINT_EVERY:
            self._save(trainer)

    def close(self, trainer: Trainer) -> None:
        """Write the last checkpoint and finish the history."""
        if self._file:
            self._save(trainer)
            self._file.close()
            self._file = None

    def _save(self, trainer: Trainer) -> None:
        # the history first: it may hold more than the checkpoint, never less
        if self._file:
            self._file.flush()
        Checkpoint(self._key, trainer.steps, trainer.passes, trainer.state()).save(self._checkpoint)
        self._saved = time.monotonic()
