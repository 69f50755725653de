"""The history of a training: the loss of every step and the errors of every epoch, in a JSON Lines file."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

import numpy as np

from lenet.errors import FileError, RunError
from lenet.storage import read_bytes, write_text

MAX_BYTES = 1 << 30  # 20 million steps


@dataclass(frozen=True)
class EpochRecord:
    """The measurements of one epoch.

    Args:
        number: of the epoch, from 1.
        loss: mean loss of its steps.
        training_error: percent, on the first `training_sample` training images, with the weights after it.
        validation_error: percent; None without a validation part.
    """

    number: int
    loss: float
    training_error: float
    validation_error: float | None


@dataclass
class History:
    """The losses of all steps and the records of all epochs, in order.

    Args:
        losses: mean loss of each step's batch, before its update.
        epochs: one record per epoch.
    """

    losses: list[float] = field(default_factory=list)
    epochs: list[EpochRecord] = field(default_factory=list)

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read `history.jsonl`; a last line that a crash cut off is ignored.

        Raises:
            FileError: absent, or not a history.
        """
        history = cls()
        # without its newline the last line is one that a crash cut off
        for number, line in enumerate(read_bytes(path, MAX_BYTES).split(b"\n")[:-1], 1):
            try:
                history._add_line(json.loads(line))
            except (AttributeError, KeyError, TypeError, ValueError, RecursionError) as error:
                raise RunError("run.history", path=path, line=number) from error
        return history

    def _add_line(self, entry: dict[str, Any]) -> None:
        step = entry.pop("step", None)
        if step is None:
            record = EpochRecord(entry.pop("epoch"), **entry)
            values = [record.loss, record.training_error]
            values += [] if record.validation_error is None else [record.validation_error]
            number, expected = record.number, len(self.epochs) + 1
            self.epochs.append(record)
        else:
            values = [entry["loss"]]
            number, expected = step, len(self.losses) + 1
            self.losses += values
        numbers = all(type(value) is float and math.isfinite(value) for value in values)
        if type(number) is not int or number != expected or not numbers:
            raise ValueError(entry)

    def add(self, entry: np.ndarray | EpochRecord) -> None:
        """Add the losses of some steps, or the record of an epoch."""
        if isinstance(entry, EpochRecord):
            self.epochs.append(entry)
        else:
            self.losses += entry.tolist()

    def cut(self, steps: int, epochs: int) -> Self:
        """The part of the history up to a checkpoint."""
        return type(self)(self.losses[:steps], self.epochs[:epochs])


def write_table(history: History, path: Path) -> None:
    """Write one line of comma-separated values per epoch, for a spreadsheet or pandas.

    Args:
        history: losses and errors.
        path: the file; the columns are those of `EpochRecord`, an error that was not measured is empty.
    Raises:
        FileError: the file cannot be written.
    """
    lines = ["epoch,loss,training_error,validation_error"]
    for record in history.epochs:
        values = (record.number, record.loss, record.training_error, record.validation_error)
        lines.append(",".join("" if value is None else repr(value) for value in values))
    write_text(path, "\n".join(lines) + "\n")


class HistoryFile:
    """`history.jsonl`, written while the training runs.

    Args:
        path: the file; its content is replaced by `history`.
        history: the history so far.
        steps_per_epoch: number of steps in an epoch.
    Raises:
        FileError: the file cannot be written.
    """

    def __init__(self, path: Path, history: History, steps_per_epoch: int) -> None:
        lines: list[str] = []
        done = 0
        for record in history.epochs:
            end = record.number * steps_per_epoch
            lines += [*_format_losses(done, history.losses[done:end]), _format_epoch(record)]
            done = end
        lines += _format_losses(done, history.losses[done:])
        write_text(path, "".join(lines))
        self._path = path
        self._step = len(history.losses)
        with self._name_fault():
            self._file = path.open("a", encoding="utf-8", newline="\n")

    def add(self, entry: np.ndarray | EpochRecord) -> None:
        """Add the losses of some steps, or the record of an epoch.

        Raises:
            FileError: the file cannot be written; likewise `flush` and `close`.
        """
        with self._name_fault():
            if isinstance(entry, EpochRecord):
                self._file.write(_format_epoch(entry))
            else:
                self._file.writelines(_format_losses(self._step, entry))
                self._step += len(entry)

    def flush(self) -> None:
        """Write everything to disk, so that neither a killed process nor a power cut loses it."""
        with self._name_fault():
            self._file.flush()
            os.fsync(self._file.fileno())

    def close(self) -> None:
        """Close the file."""
        with self._name_fault():
            self._file.close()

    @contextmanager
    def _name_fault(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise FileError("file.unwritable", path=self._path, reason=error.strerror or error) from error


def _format_losses(done: int, losses: Sequence[float] | np.ndarray) -> list[str]:
    return [json.dumps({"step": done + i, "loss": float(loss)}) + "\n" for i, loss in enumerate(losses, 1)]


def _format_epoch(record: EpochRecord) -> str:
    values = asdict(record)
    return json.dumps({"epoch": values.pop("number"), **values}) + "\n"
