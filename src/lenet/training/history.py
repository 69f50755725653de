"""What happened in a training: the loss of every step, the errors after every pass; a file of JSON lines."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Self

import numpy as np

from lenet.errors import RunError
from lenet.storage import write_text


@dataclass(frozen=True)
class PassRecord:
    """One pass over the training images.

    Args:
        number: from 1.
        loss: mean over its steps.
        training_error: percent, on the first 5,000 training images, with the weights after the pass.
        validation_error: percent; None without a validation part.
    """

    number: int
    loss: float
    training_error: float
    validation_error: float | None


@dataclass
class History:
    """The losses of all steps and the records of all passes, in order.

    Args:
        losses: mean loss of each step's batch, before its update.
        passes: one record a pass.
    """

    losses: list[float] = field(default_factory=list)
    passes: list[PassRecord] = field(default_factory=list)

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read `history.jsonl`, up to a line that a crash cut off.

        Raises:
            RunError: absent, or not a history.
        """
        history = cls()
        try:
            for line in path.read_text("utf-8").splitlines():
                entry = json.loads(line)
                if "step" in entry:
                    history.losses.append(float(entry["loss"]))
                else:
                    history.passes.append(PassRecord(entry.pop("pass"), **entry))
        except json.JSONDecodeError:
            pass  # the last line, cut off
        except (OSError, UnicodeDecodeError, KeyError, TypeError, ValueError, AttributeError) as error:
            raise RunError("run.history", path=path, reason=error) from error
        return history

    def add(self, entry: np.ndarray | PassRecord) -> None:
        """Add the losses of some steps, or the record of a pass."""
        if isinstance(entry, PassRecord):
            self.passes.append(entry)
        else:
            self.losses += entry.tolist()

    def cut(self, steps: int, passes: int) -> Self:
        """The beginning of the history, as it was at a checkpoint."""
        return type(self)(self.losses[:steps], self.passes[:passes])


class HistoryFile:
    """`history.jsonl`, written as the training goes on.

    Args:
        path: the file; what it holds is replaced by `history`.
        history: what happened so far.
        steps_a_pass: where the passes lie among the steps.
    Raises:
        FileError: the file cannot be written.
    """

    def __init__(self, path: Path, history: History, steps_a_pass: int) -> None:
        lines: list[str] = []
        done = 0
        for record in history.passes:
            end = record.number * steps_a_pass
            lines += [*_format_losses(done, history.losses[done:end]), _format_pass(record)]
            done = end
        lines += _format_losses(done, history.losses[done:])
        write_text(path, "".join(lines))
        self._step = len(history.losses)
        self._file = path.open("a", encoding="utf-8", newline="\n")

    def add(self, entry: np.ndarray | PassRecord) -> None:
        """Add the losses of some steps, or the record of a pass."""
        if isinstance(entry, PassRecord):
            self._file.write(_format_pass(entry))
        else:
            self._file.writelines(_format_losses(self._step, entry))
            self._step += len(entry)

    def flush(self) -> None:
        """Hand everything to the operating system, where a killed process cannot lose it."""
        self._file.flush()

    def close(self) -> None:
        """Finish the file."""
        self._file.close()


def _format_losses(done: int, losses: Sequence[float] | np.ndarray) -> list[str]:
    return [json.dumps({"step": done + i, "loss": float(loss)}) + "\n" for i, loss in enumerate(losses, 1)]


def _format_pass(record: PassRecord) -> str:
    values = asdict(record)
    return json.dumps({"pass": values.pop("number"), **values}) + "\n"
