"""Recognizing in other systems' data frames: the contents of picture files in, columns out."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from lenet.network import Network
from lenet.reading.recognize import recognize_contents
from lenet.reading.rows import COLUMNS, describe_reading


def recognize_bytes(
    contents: Sequence[bytes], names: Sequence[str] | None = None, network: str = "best"
) -> dict[str, list[Any]]:
    """Recognize the digits of pictures that are in memory as files.

    Args:
        contents: of picture files, PNG, JPEG and others, as `read_picture` takes them.
        names: of the pictures, one for each; None: their numbers.
        network: what `Network.load` takes; loaded once in each process.
    Returns:
        The columns of `lenet bulk`, a value for each picture; None where it is missing.
    Raises:
        ValueError: another number of names than of contents.
        LenetError: the network cannot be loaded.
    """
    names = [str(number) for number in range(len(contents))] if names is None else names
    pairs = zip(names, map(bytes, contents), strict=True)
    rows = [describe_reading(reading) for reading in recognize_contents(_load(network), pairs)]
    return {column: [row.get(column) for row in rows] for column in COLUMNS}


@lru_cache(maxsize=2)
def _load(network: str) -> Network:
    return Network.load(network)
