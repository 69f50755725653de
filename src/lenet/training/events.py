"""What a trainer reports: steps were made, an epoch ended, images were redrawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from lenet.training.history import EpochRecord


@dataclass(frozen=True, eq=False)
class Advanced:
    """Some steps were made.

    Args:
        steps: number of steps since the beginning of the training.
        losses: (n,) mean loss of each new step's batch.
        rate: learning rate of the last new step.
        images: number of images in the new steps.
        seconds: time that the new steps took.
    """

    steps: int
    losses: np.ndarray
    rate: float
    images: int
    seconds: float

    @property
    def entry(self) -> np.ndarray:
        """What a history keeps of the event: its losses."""
        return self.losses


@dataclass(frozen=True)
class EpochEnded:
    """An epoch ended and its errors were measured.

    Args:
        record: the measured errors.
    """

    record: EpochRecord

    @property
    def entry(self) -> EpochRecord:
        """What a history keeps of the event: its record."""
        return self.record


@dataclass(frozen=True)
class Redrawn:
    """Some training images were redrawn with other pens, before the first step.

    Args:
        copies: number of copies so far.
        total: number of copies in the end.
    """

    copies: int
    total: int

    @property
    def entry(self) -> None:
        """What a history keeps of the event: nothing."""
        return


Event: TypeAlias = Advanced | EpochEnded | Redrawn
