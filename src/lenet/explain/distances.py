"""How far the codes of characters lie from each other, in F6's space of 84 dimensions."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from lenet.codes import codes


@dataclass(frozen=True)
class Pair:
    """Two characters, the squared distance of their codes, and in how many of the 84 pixels they differ."""

    first: str
    second: str
    distance: int
    pixels: int


def measure_distances(characters: str, paper: int = -1) -> np.ndarray:
    """Squared distances between the codes of characters, as an RBF unit measures them.

    Args:
        characters: printable ASCII characters.
        paper: what a pixel without ink is: -1, or 0 where the activation function cannot reach -1.
    Returns:
        (N, N) int, 0 on the diagonal.
    Raises:
        UsageError: a character without a code.
    Source:
        LeCun et al. 1998, section II.B, output layer.
    """
    targets = np.where(codes(characters) > 0, 1, paper)
    distances: np.ndarray = ((targets[:, None] - targets[None]) ** 2).sum(axis=-1)
    return distances


def rank_pairs(characters: str, paper: int = -1) -> list[Pair]:
    """Every pair of different characters, the closest first.

    Args:
        characters: printable ASCII characters; one that occurs twice counts once.
        paper: what a pixel without ink is, -1 or 0.
    """
    distinct = "".join(dict.fromkeys(characters))
    distances = measure_distances(distinct, paper)
    pixels = distances // (1 - paper) ** 2
    pairs = [
        Pair(distinct[i], distinct[j], int(distances[i, j]), int(pixels[i, j]))
        for i, j in combinations(range(len(distinct)), 2)
    ]
    return sorted(pairs, key=lambda pair: pair.distance)


def count_constant_units(characters: str) -> int:
    """How many of the 84 units have the same target for all of some characters."""
    targets = codes(characters)
    return int((targets == targets[0]).all(axis=0).sum())
