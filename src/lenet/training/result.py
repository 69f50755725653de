"""The result of a training."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from lenet.data.split import Splits
from lenet.evaluation import Evaluation
from lenet.network import Network
from lenet.parameters import Parameters
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
