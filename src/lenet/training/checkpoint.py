"""Checkpoints: everything that a training needs to go on to the same bits, in one file."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np

from lenet.errors import NetworkFileError, RunError
from lenet.storage import load_arrays, save_arrays


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """A training after some of its steps.

    Args:
        key: what the training is (recipe, data, architecture, engine, seed), as one hash.
        steps: how many are done.
        epochs: how many epochs are done and measured.
        state: what the engine's run needs.
    """

    key: str
    steps: int
    epochs: int
    state: Mapping[str, np.ndarray]

    def save(self, path: Path) -> None:
        """Write the checkpoint whole or not at all.

        Raises:
            FileError: the file cannot be written.
        """
        metadata = {"key": self.key, "steps": self.steps, "epochs": self.epochs}
        save_arrays(path, self.state, metadata | {"sha256": self._hash()})

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a checkpoint.

        Raises:
            FileError: absent, or not a checkpoint to the last bit.
        """
        try:
            state, metadata = load_arrays(path)
            checksum = metadata.pop("sha256", None)
            checkpoint = cls(**metadata, state=state)
        except (NetworkFileError, TypeError) as error:
            raise RunError("run.checkpoint_damaged", path=path) from error
        if checkpoint._hash() != checksum:
            raise RunError("run.checkpoint_damaged", path=path)
        return checkpoint

    def _hash(self) -> str:
        """SHA-256 over everything: one changed bit would end in other weights, and nobody would see it."""
        digest = hashlib.sha256(repr((self.key, self.steps, self.epochs)).encode())
        for name, array in sorted(self.state.items()):
            digest.update(repr((name, array.shape, array.dtype.str)).encode())
            digest.update(np.ascontiguousarray(array).data)
        return digest.hexdigest()
