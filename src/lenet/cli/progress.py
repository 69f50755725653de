"""Progress of a training or a download on standard error: a live line on a terminal, lines elsewhere."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from lenet.cli.output import make_console
from lenet.texts import say

if TYPE_CHECKING:
    from lenet.data.download import Progress
    from lenet.training.events import Advanced, EpochEnded, Event
    from lenet.training.trainer import Trainer

SMOOTHING = 0.9  # of the loss that is shown


class TrainingProgress:
    """Shows loss, accuracy, images per second and the time left; live only on a terminal."""

    def __init__(self) -> None:
        from rich.progress import BarColumn, Progress, TextColumn

        self._console = make_console(stderr=True)
        columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[now]}"))
        self._bar = Progress(*columns, console=self._console, transient=True)
        self._task = self._bar.add_task("", now="")
        self._begun: tuple[float, int] | None = None
        self._loss: float | None = None
        self._images, self._seconds = 0, 0.0  # of the epoch

    @contextmanager
    def shown(self) -> Iterator[TrainingProgress]:
        """Show the live line while the block runs."""
        if not self._console.is_terminal:
            yield self
            return
        with self._bar:
            yield self

    def begin(self) -> None:
        """Forget the previous training: another one begins."""
        self._begun, self._loss, self._speed = None, None, 0.0

    def watch(self, trainer: Trainer, event: Event) -> None:
        """Show an event."""
        from lenet.training.events import Added, Advanced

        if isinstance(event, Added):
            self._bar.update(
                self._task,
                total=event.total,
                completed=event.images,
                description=say("progress.additions"),
                now=f"{event.images:,} / {event.total:,}",
            )
        elif isinstance(event, Advanced):
            self._show_steps(trainer, event)
        else:
            self._show_epoch(trainer, event)

    def _show_steps(self, trainer: Trainer, event: Advanced) -> None:
        if self._begun is None:
            # the first stretch is a warm-up: the time left is estimated from its end
            self._begun = (time.monotonic(), event.steps)
        loss = float(event.losses.mean())
        self._loss = loss if self._loss is None else SMOOTHING * self._loss + (1 - SMOOTHING) * loss
        self._images, self._seconds = self._images + event.images, self._seconds + event.seconds
        values = {
            "loss": f"{self._loss:.4f}",
            "speed": f"{event.images / max(event.seconds, 1e-9):,.0f}",
            "left": self._time_left(trainer),
        }
        number = min(trainer.epochs + 1, trainer.recipe.epochs)
        self._bar.update(
            self._task,
            total=trainer.total_steps,
            completed=event.steps,
            description=say("progress.epoch", number=number, epochs=trainer.recipe.epochs),
            now=say("progress.now", **values),
        )

    def _time_left(self, trainer: Trainer) -> str:
        begun, steps = self._begun or (0.0, 0)
        done = trainer.steps - steps
        if not done:
            return "..."
        seconds = (time.monotonic() - begun) / done * (trainer.total_steps - trainer.steps)
        return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"

    def _show_epoch(self, trainer: Trainer, event: EpochEnded) -> None:
        record = event.record
        # a run resumed at the end of an epoch has no speed yet
        mean = f"{self._images / max(self._seconds, 1e-9):,.0f}"
        speed = say("progress.speed", speed=mean) if self._images else ""
        self._images, self._seconds = 0, 0.0
        values = {"number": record.number, "epochs": trainer.recipe.epochs, "speed": speed}
        values |= {"loss": f"{record.loss:.4f}", "training": f"{record.training_error:.2f}"}
        key = "progress.finished"
        if record.validation_error is not None:
            key = "progress.validated"
            values |= {"error": f"{record.validation_error:.2f}"}
        self._console.print(say(key, **values), soft_wrap=True)


@contextmanager
def show_download() -> Iterator[Progress | None]:
    """A progress bar for each file on standard error, if that is a terminal."""
    from rich import progress as bars

    console = make_console(stderr=True)
    if not console.is_terminal:
        yield None
        return
    columns = (bars.TextColumn("{task.description}"), bars.BarColumn(), bars.DownloadColumn())
    with bars.Progress(*columns, bars.TransferSpeedColumn(), console=console) as display:
        tasks: dict[str, bars.TaskID] = {}

        def show(file: str, done: int, total: int) -> None:
            if file not in tasks:
                tasks[file] = display.add_task(file, total=total)
            display.update(tasks[file], completed=done)

        yield show
