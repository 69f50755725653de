"""Where the ink is: how dark it is against the paper's grain, its connected marks, and the one to read."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lenet.errors import PictureError
from lenet.images.filters import blur, find_median, find_upper_quartile

FAINTEST = 0.06  # darkness of the faintest pencil taken for ink
SPECK = 0.02  # of the main mark's mass: less is dirt
NEAR = 0.25  # of the main mark's longer side: a stroke this near belongs to it
ANOTHER = 0.4  # of the chosen marks' mass and of their longer side: a mark that could be read just as well


@dataclass(frozen=True)
class Mark:
    """Connected ink: its box in pixels (top, left, bottom, right; the last two exclusive) and its mass."""

    top: int
    left: int
    bottom: int
    right: int
    mass: float

    @property
    def side(self) -> int:
        """The longer side of the box, in pixels."""
        return max(self.bottom - self.top, self.right - self.left)

    def touches(self, shape: tuple[int, ...]) -> bool:
        """Whether it reaches the edge of a picture of this shape."""
        return self.top == 0 or self.left == 0 or self.bottom == shape[0] or self.right == shape[1]

    def gap(self, other: Mark) -> int:
        """The pixels between two boxes, 0 where they overlap."""
        down = max(self.top - other.bottom, other.top - self.bottom)
        across = max(self.left - other.right, other.left - self.right)
        return max(down, across, 0)


def measure_ink(darkness: np.ndarray) -> tuple[float, float]:
    """How dark the ink is, and the paper's grain.

    Args:
        darkness: (H, W) float32, about 0 on paper.
    Returns:
        The ink's darkness, and the standard deviation of the paper's.
    Raises:
        PictureError: nothing stands out from the grain.
    """
    # from neighbours' differences: a spread around the median would grow with the ink
    steps = np.concatenate([np.diff(darkness, axis=axis).ravel() for axis in (0, 1)])
    grain = 1.4826 / 2**0.5 * float(find_median(np.abs(steps))) if steps.size else 0.0
    smooth = blur(darkness, 1)
    darkest = float(smooth.max())
    if darkest < max(FAINTEST, 3 * grain):
        raise PictureError("picture.no_mark")
    return max(darkest, float(find_upper_quartile(darkness[smooth > darkest / 2]))), grain


def find_marks(darkness: np.ndarray, ink: float, grain: float) -> tuple[np.ndarray, list[Mark]]:
    """The connected marks, heaviest first.

    Args:
        darkness: (H, W) float32.
        ink: its darkness, from `measure_ink`.
        grain: the paper's, from there, too.
    Returns:
        (H, W) int labels, 0 for paper and k for the k-th mark; and the marks, at least one.
    Raises:
        PictureError: there is none.
    """
    labels = label(darkness > min(max(0.4 * ink, 2.5 * grain), 0.6 * ink))
    count = int(labels.max()) + 1
    strongest = np.zeros(count, np.float32)
    np.maximum.at(strongest, labels.ravel(), blur(darkness, 1).ravel())
    masses = np.bincount(labels.ravel(), darkness.ravel(), count)
    masses[strongest < 0.5 * ink] = 0
    masses[0] = 0
    order = [int(k) for k in np.argsort(-masses, kind="stable") if masses[k] > 0]
    renamed = np.zeros(count, int)
    renamed[order] = np.arange(1, len(order) + 1)
    labels = renamed[labels]
    if not order:
        raise PictureError("picture.no_mark")
    return labels, _box_marks(labels, masses[order])


def choose_mark(marks: list[Mark], shape: tuple[int, int]) -> tuple[int, ...]:
    """The marks that make up the one digit to read: the heaviest, and strokes that belong to it.

    Args:
        marks: from `find_marks`.
        shape: of the picture: a mark at its edge (a shadow, the table, a neighbour) weighs a quarter.
    Returns:
        Their labels, 1 for the first mark.
    """
    weights = [mark.mass * (0.25 if mark.touches(shape) else 1) for mark in marks]
    main = marks[int(np.argmax(weights))]
    return tuple(
        k
        for k, mark in enumerate(marks, start=1)
        if mark is main
        or (mark.mass > SPECK * main.mass and mark.gap(main) < NEAR * main.side and not mark.touches(shape))
    )


def count_others(marks: list[Mark], chosen: tuple[int, ...], shape: tuple[int, ...]) -> int:
    """How many of the marks that were not chosen could have been read just as well.

    Args:
        marks: from `find_marks`.
        chosen: from `choose_mark`.
        shape: of the picture: a mark at its edge is none of them.
    """
    read = join_marks([marks[k - 1] for k in chosen])
    return sum(
        k not in chosen
        and mark.mass > ANOTHER * read.mass
        and mark.side > ANOTHER * read.side
        and not mark.touches(shape)
        for k, mark in enumerate(marks, start=1)
    )


def join_marks(marks: list[Mark]) -> Mark:
    """Several marks as one: the box around all of them."""
    return Mark(
        min(mark.top for mark in marks),
        min(mark.left for mark in marks),
        max(mark.bottom for mark in marks),
        max(mark.right for mark in marks),
        sum(mark.mass for mark in marks),
    )


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


def _box_marks(labels: np.ndarray, masses: np.ndarray) -> list[Mark]:
    ys, xs = np.nonzero(labels)
    names = labels[ys, xs] - 1
    low = np.full((2, len(masses)), max(labels.shape))
    high = np.zeros((2, len(masses)), int)
    for axis, places in enumerate((ys, xs)):
        np.minimum.at(low[axis], names, places)
        np.maximum.at(high[axis], names, places + 1)
    boxes = np.concatenate([low, high]).T.tolist()
    return [
        Mark(top, left, bottom, right, mass)
        for (top, left, bottom, right), mass in zip(boxes, masses.tolist(), strict=True)
    ]
