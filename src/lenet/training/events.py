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
class Added:
    """Some images were drawn that the recipe adds to the training images, before the first step.

    Args:
        images: number of added images so far.
        total: number of added images in the end.
    """

    images: int
    total: int

    @property
    def entry(self) -> None:
        """What a history keeps of the event: nothing."""
        return


Event: TypeAlias = Advanced | EpochEnded | Added
