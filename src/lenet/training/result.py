"""The result of a training."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from html import escape
from pathlib import Path

from lenet.data.split import Splits
from lenet.drawing.drawing import render_svg
from lenet.errors import UsageError
from lenet.evaluation import Evaluation
from lenet.network import Network
from lenet.parameters import Parameters
from lenet.texts import get_language, say
from lenet.training.change import Change
from lenet.training.curve import draw_training
from lenet.training.history import History
from lenet.training.settings import Settings


@dataclass(frozen=True, eq=False)
class Result:
    """The result of a training.

    Args:
        network: the trained network; its card has the measured error.
        start: the initial parameters.
        history: the loss of every step and the errors of every epoch.
        evaluation: on the test part, made once at the end; None if the training was stopped.
        splits: the three parts of the data.
        seen: a sentence for the user that says which form of data was found, and where.
        settings: what was trained, on what, and how.
        seconds: run time of this process, evaluation included.
        folder: the folder of all files; None if nothing was written.
        change: errors before and after, where it went on from trained weights and was not stopped; else None.
    """

    network: Network
    start: Parameters
    history: History
    evaluation: Evaluation | None
    splits: Splits
    seen: str
    settings: Settings
    seconds: float
    folder: Path | None
    change: Change | None = None

    @property
    def error(self) -> float:
        """Percent of the test images that were misread.

        Raises:
            UsageError: the training was stopped before its evaluation.
        """
        if self.evaluation is None:
            raise UsageError("result.stopped")
        return self.evaluation.error

    @property
    def steps_per_epoch(self) -> int:
        """Number of steps in an epoch."""
        return self.settings.recipe.count_steps(len(self.splits.train))

    def __repr__(self) -> str:
        error = "stopped" if self.evaluation is None else f"error {self.error:.2f}%"
        folder = f", folder={str(self.folder)!r}" if self.folder else ""
        return f"Result({error}, {len(self.history.losses):,} steps, {self.seconds:.1f} s{folder})"

    def _repr_html_(self) -> str:
        epochs = self.settings.recipe.epochs
        drawing = draw_training(self.history, epochs, self.steps_per_epoch, get_language())
        picture = base64.b64encode(render_svg(drawing).encode()).decode()
        page = say("result.stopped") if self.evaluation is None else self.evaluation._repr_html_()
        return f'{page}<img alt="{escape(drawing.title)}" src="data:image/svg+xml;base64,{picture}">'
