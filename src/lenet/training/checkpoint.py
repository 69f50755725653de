"""Checkpoints: everything that a training needs to go on to the same bits, in one file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np

from lenet.errors import NetworkFileError
from lenet.storage import load_arrays, save_arrays


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """A training after some of its steps.

    Args:
        key: what the training is (recipe, data, architecture, engine, seed), as one hash.
        steps: how many are done.
        passes: how many passes are done and measured.
        state: what the engine's run needs.
    """

    key: str
    steps: int
    passes: int
    state: Mapping[str, np.ndarray]

    def save(self, path: Path) -> None:
        """Write the checkpoint whole or not at all.

        Raises:
            FileError: the file cannot be written.
        """
        save_arrays(path, self.state, {"key": self.key, "steps": self.steps, "passes": self.passes})

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a checkpoint.

        Raises:
            FileError: absent, damaged, or not a checkpoint.
        """
        state, metadata = load_arrays(path)
        try:
            return cls(str(metadata["key"]), int(metadata["steps"]), int(metadata["passes"]), state)
        except (KeyError, TypeError, ValueError) as error:
            raise NetworkFileError("tensors.foreign", path=path) from error
