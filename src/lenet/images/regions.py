"""The connected regions of a mask."""

from __future__ import annotations

import numpy as np


def label(mask: np.ndarray) -> np.ndarray:
    """Number the connected regions of a mask, corners connecting.

    Args:
        mask: (H, W) bool.
    Returns:
        (H, W) int, 0 outside, then 1, 2, ... from the top left.
    """
    # runs of each row, joined where they touch a run of the row above
    steps = np.diff(np.pad(mask, ((0, 0), (1, 1))).astype(np.int8), axis=1)
    rows, starts = np.nonzero(steps == 1)
    ends = np.nonzero(steps == -1)[1]
    parents = list(range(len(rows)))

    def find(run: int) -> int:
        while parents[run] != run:
            parents[run] = run = parents[parents[run]]
        return run

    first = np.searchsorted(rows, np.arange(mask.shape[0] + 1)).tolist()
    left, right = starts.tolist(), ends.tolist()
    for row in range(1, mask.shape[0]):
        above, here = first[row - 1], first[row]
        while above < first[row] and here < first[row + 1]:
            if left[above] <= right[here] and left[here] <= right[above]:
                one, other = find(above), find(here)
                parents[max(one, other)] = min(one, other)
            if right[above] < right[here]:
                above += 1
            else:
                here += 1
    roots = np.array([find(run) for run in range(len(rows))], int)
    names = np.unique(roots, return_inverse=True)[1] + 1
    # +name where a run starts, -name where it ends: the running sum is the label
    marks = np.zeros((mask.shape[0], mask.shape[1] + 1), int)
    marks[rows, starts] += names
    marks[rows, ends] -= names
    return marks.cumsum(axis=1)[:, :-1]
