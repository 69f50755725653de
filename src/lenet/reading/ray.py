"""Recognizing in Ray Data: a class for `map_batches`, with the rows of `lenet recognize`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from lenet.reading.frames import recognize_bytes
from lenet.reading.rows import COLUMNS, NUMBERS


class Reader:
    """Recognizes the digits of a batch of picture files; needs nothing of Ray itself.

    Args:
        network: what `Network.load` takes, on every node.
        image: the column with the pictures' files.
        name: the column with their names.
    """

    def __init__(self, network: str = "best", image: str = "bytes", name: str = "path") -> None:
        self._network, self._image, self._name = network, image, name

    def __call__(self, batch: Mapping[str, Any]) -> dict[str, np.ndarray]:
        """The columns of `recognize_bytes` for a batch.

        Args:
            batch: columns, as `map_batches` gives them with `batch_format="numpy"`, its default.
        Returns:
            Columns of the same length: float64 with NaN for missing numbers, text or None for the others.
        Raises:
            KeyError: the batch has no column of that name.
        """
        columns = recognize_bytes(list(batch[self._image]), list(map(str, batch[self._name])), self._network)
        return {name: np.array(columns[name], np.float64 if name in NUMBERS else object) for name in COLUMNS}
