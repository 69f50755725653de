"""What a training came to."""

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
    """What a training came to.

    Args:
        network: the trained network; its card has the measured error.
        start: the parameters that the training began with.
        history: every loss and every epoch.
        evaluation: of the test part, made once at the end; None where the training was stopped before.
        splits: the data, in its three parts.
        seen: which form of data was found, and where: a sentence for the reader.
        settings: what was trained, how, and on what.
        seconds: of this process, evaluation included.
        folder: where everything lies; None if nothing was written.
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
