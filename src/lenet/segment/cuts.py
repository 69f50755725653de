"""Cuts through a row of ink, where it may be parted into digits, and the segments that they leave.

Too many cuts rather than too few: which pieces belong together is for the graph to find out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from lenet.images.geometry import center_by_mass, crop, fit_box

ROW = 40  # pixels, the height of a row's digits
SIDE_STEP = 0.03  # pixels of full ink: what it costs a cut to step aside once
APART = 3  # columns: no two cuts are nearer to each other where they cross the middle
CUTS = 3.5  # at most, for each row height
DEAREST = 0.5 * ROW  # pixels of full ink: a cut through more is none
MOST_PIECES = 5  # of one segment
WIDEST = 1.7  # row heights, of one segment
LEAST_INK = 2.0  # pixels of full ink: a smaller piece is the frayed edge of a cut


@dataclass(frozen=True)
class Segment:
    """Consecutive pieces of a row, taken as one sign.

    Args:
        start, stop: the nodes at its ends: its pieces are `start` to `stop - 1`.
        ink: (h, w) float32, 0 to 1, cropped to its box.
        top, left: of its box, in the row.
    """

    start: int
    stop: int
    ink: np.ndarray
    top: int
    left: int

    @property
    def mass(self) -> float:
        """Its ink, in squares of the row height."""
        return float(self.ink.sum()) / ROW**2

    @property
    def height(self) -> float:
        """Of its box, in row heights."""
        return self.ink.shape[0] / ROW

    def to_image(self) -> np.ndarray:
        """(28, 28) uint8: in MNIST's form."""
        return center_by_mass(fit_box(255 * self.ink))


def find_cuts(ink: np.ndarray) -> np.ndarray:
    """Paths from the top to the bottom that cross little ink.

    Args:
        ink: (H, W) float32, 0 to 1, its digits about `ROW` pixels tall.
    Returns:
        (cuts, H) int: the first column right of each cut, on every row; from the left to the right, and no
        cut crosses another.
    Source:
        LeCun et al. 1998, section V.A: heuristic over-segmentation.
    """
    height, width = ink.shape
    middle = height // 2
    above, from_above = _descend(ink[: middle + 1])
    below, from_below = _descend(ink[middle:][::-1])
    costs = above + below - ink[middle]
    chosen = _choose(costs, round(CUTS * width / ROW))
    cuts = np.empty((len(chosen), height), int)
    for steps, rows in ((from_above, range(middle, -1, -1)), (from_below, range(middle, height))):
        column = chosen.copy()
        for place, row in enumerate(rows):
            cuts[:, row] = column
            column = column + steps[len(steps) - 1 - place][column]
    # of two ways that cross, each would be cheaper with the other's start: a step aside costs something
    return cuts


def _descend(ink: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The cheapest way from the first row to each column of the last, and the step back on every row."""
    cost = ink[0].astype(np.float64)
    steps = np.zeros(ink.shape, int)
    for row in range(1, len(ink)):
        ways = np.stack([cost, np.roll(cost, 1) + SIDE_STEP, np.roll(cost, -1) + SIDE_STEP])
        ways[1, 0] = ways[2, -1] = np.inf
        best = ways.argmin(axis=0)
        steps[row] = np.array([0, -1, 1])[best]
        cost = ways[best, np.arange(ink.shape[1])] + ink[row]
    return cost, steps


def _choose(costs: np.ndarray, count: int) -> np.ndarray:
    """The columns of the cheapest local minima, from the left; of a flat one the middle."""
    padded = np.pad(costs, APART, constant_values=np.inf)
    around = np.min([padded[k : k + len(costs)] for k in range(2 * APART + 1)], axis=0)
    lowest = (costs <= around + 1e-9) & (costs <= DEAREST)
    edges = np.flatnonzero(np.diff(np.pad(lowest, 1).astype(np.int8)))
    middles = (edges[::2] + edges[1::2] - 1) // 2
    return np.sort(middles[np.argsort(costs[middles], kind="stable")[:count]])


@dataclass(frozen=True)
class Piece:
    """What lies between two cuts.

    Args:
        left: its first column in the row.
        ink: (H, w) float32, 0 to 1, as tall as the row.
    """

    left: int
    ink: np.ndarray

    @property
    def right(self) -> int:
        """The column after its last."""
        return self.left + self.ink.shape[1]


def part_ink(ink: np.ndarray, cuts: np.ndarray) -> list[Piece]:
    """The pieces between the cuts.

    Args:
        ink: (H, W) float32, 0 to 1.
        cuts: (cuts, H), from `find_cuts`.
    Returns:
        The pieces from the left to the right; those with next to no ink are left out.
    """
    height, width = ink.shape
    # a cut crosses no other, so that a piece lies between the first column of one and the last of the next
    ends = [np.zeros(height, int), *cuts, np.full(height, width)]
    pieces = []
    for start, stop in pairwise(ends):
        left, right = int(start.min()), int(stop.max())
        columns = np.arange(left, right)
        own = (columns >= start[:, None]) & (columns < stop[:, None])
        piece = np.where(own, ink[:, left:right], np.float32(0))
        if piece.sum() >= LEAST_INK:
            pieces.append(Piece(left, piece))
    return pieces


def join_pieces(pieces: Sequence[Piece]) -> Piece:
    """Several pieces as one."""
    left, right = min(piece.left for piece in pieces), max(piece.right for piece in pieces)
    ink = np.zeros((len(pieces[0].ink), right - left), np.float32)
    for piece in pieces:
        ink[:, piece.left - left : piece.right - left] += piece.ink
    return Piece(left, ink)


def list_segments(pieces: Sequence[Piece]) -> list[Segment]:
    """Every run of pieces that may be one sign: at most `MOST_PIECES` of them, no wider than `WIDEST`."""
    segments = []
    for start in range(len(pieces)):
        for stop in range(start + 1, min(start + MOST_PIECES, len(pieces)) + 1):
            joined = join_pieces(pieces[start:stop])
            rows, columns = (np.flatnonzero(joined.ink.any(axis=axis)) for axis in (1, 0))
            if stop > start + 1 and columns[-1] + 1 - columns[0] > WIDEST * ROW:
                break
            left = joined.left + int(columns[0])
            segments.append(Segment(start, stop, crop(joined.ink), int(rows[0]), left))
    return segments
