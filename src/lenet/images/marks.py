"""Where the ink is: how dark it is against the paper's grain, its connected marks, and the one to read."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lenet.images.filters import blur, find_median, find_upper_quartile
from lenet.images.regions import label

FAINTEST = 0.06  # darkness of the faintest pencil taken for ink
SPECK = 0.02  # of the digit's mass: less is dirt
PALE = 0.4  # of the digit's darkness: a paler mark is a shadow or shines through from the other side
NEAR = 0.25  # of the digit's longer side: a stroke this near belongs to it
SOLID = 0.6  # of its box: a dot's ink covers at least this much
DOTS = 4  # or more, in a chain, are a dotted stroke
TALL = 0.55  # of the digit's height: another mark this tall, beside it, could be read just as well


@dataclass(frozen=True)
class Mark:
    """Connected ink: its box in pixels (the last two sides exclusive), its mass and its darkness."""

    top: int
    left: int
    bottom: int
    right: int
    mass: float
    level: float

    @property
    def side(self) -> int:
        """The longer side of the box, in pixels."""
        return max(self.height, self.right - self.left)

    @property
    def height(self) -> int:
        """The height of the box, in pixels."""
        return self.bottom - self.top

    @property
    def is_dot(self) -> bool:
        """Whether it is solid and nowhere near as long as a stroke."""
        width = self.right - self.left
        area = self.height * width
        return self.side <= 3 * min(self.height, width) and self.mass >= SOLID * self.level * area

    def touches(self, shape: tuple[int, ...]) -> bool:
        """Whether it reaches the edge of a picture of this shape."""
        return self.top == 0 or self.left == 0 or self.bottom == shape[0] or self.right == shape[1]

    def gap(self, other: Mark) -> int:
        """The pixels between two boxes, 0 where they overlap."""
        down = max(self.top - other.bottom, other.top - self.bottom)
        across = max(self.left - other.right, other.left - self.right)
        return max(down, across, 0)

    def fits(self, box: Mark) -> bool:
        """Whether it lies in a box, or reaches out of it by no more than a sixth of the box's longer side."""
        slack = box.side // 6 + 2
        return (
            self.top >= box.top - slack
            and self.left >= box.left - slack
            and self.bottom <= box.bottom + slack
            and self.right <= box.right + slack
        )

    def shrink(self, factor: int) -> Mark:
        """The same mark in a picture that is smaller by a whole factor."""
        top, left, bottom, right = (side // factor for side in (self.top, self.left, self.bottom, self.right))
        return Mark(top, left, bottom, right, self.mass, self.level)

    def stands_beside(self, other: Mark) -> bool:
        """Whether two marks stand side by side, sharing no more than a third of the narrower one's width."""
        shared = min(self.right, other.right) - max(self.left, other.left)
        return 3 * shared < min(self.right - self.left, other.right - other.left)


def measure_grain(darkness: np.ndarray) -> float:
    """The standard deviation of the paper's grain, from neighbours' differences: ink spreads the levels."""
    steps = np.concatenate([np.diff(darkness, axis=axis).ravel() for axis in (0, 1)])
    return 1.4826 / 2**0.5 * float(find_median(np.abs(steps))) if steps.size else 0.0


def measure_ink(darkness: np.ndarray, chosen: np.ndarray) -> float:
    """How dark the ink of a mark is where it covers the paper: the upper quartile of its darker half.

    Args:
        darkness: (H, W) float32.
        chosen: (H, W) bool, the mark's pixels, at least one.
    """
    values = darkness[chosen]
    return float(find_upper_quartile(values[values >= 0.5 * values.max()]))


def find_marks(darkness: np.ndarray) -> tuple[np.ndarray, list[Mark]]:
    """The connected marks, heaviest first, each cut out at a share of its own darkness.

    Args:
        darkness: (H, W) float32, about 0 on paper.
    Returns:
        (H, W) int labels, 0 for paper and k for the k-th mark; and the marks.
    """
    grain = measure_grain(darkness)
    smooth = blur(darkness, 1)
    coarse = label(darkness > max(FAINTEST, 2.5 * grain))
    levels = _measure_levels(coarse, darkness)
    labels = label((coarse > 0) & (darkness > 0.45 * levels[coarse]))
    count = int(labels.max()) + 1
    strongest = np.zeros(count, np.float32)
    np.maximum.at(strongest, labels.ravel(), smooth.ravel())
    masses = np.bincount(labels.ravel(), darkness.ravel(), count)
    masses[strongest < 3 * grain] = 0
    masses[0] = 0
    order = [int(k) for k in np.argsort(-masses, kind="stable") if masses[k] > 0]
    renamed = np.zeros(count, int)
    renamed[order] = np.arange(1, len(order) + 1)
    levels = _measure_levels(labels, darkness)
    labels = renamed[labels]
    return labels, _box_marks(labels, masses[order], levels[order])


def _measure_levels(labels: np.ndarray, darkness: np.ndarray) -> np.ndarray:
    """The mean darkness of each mark, weighted by itself so that pale edges count little."""
    mass = np.bincount(labels.ravel(), darkness.ravel())
    square = np.bincount(labels.ravel(), (darkness.astype(np.float64) ** 2).ravel())
    return square / np.where(mass > 0, mass, 1)


def choose_marks(marks: list[Mark], shape: tuple[int, ...], box: Mark | None = None) -> tuple[int, ...]:
    """The marks that make up the one digit to read: the tallest dark one, and strokes that belong to it.

    Args:
        marks: from `find_marks`, at least one.
        shape: of the picture: a mark at its edge (a shadow, the table, a neighbour) weighs a quarter.
        box: where the digit is known to be: a mark that reaches far out of it weighs little, too.
    Returns:
        Their labels, 1 for the first mark.
    """
    weights = [
        mark.height**0.5 * mark.mass**0.5 * mark.level**0.5 * (0.25 if mark.touches(shape) else 1)
        for mark in marks
    ]
    if box:
        fits = [mark.fits(box) for mark in marks]
        weights = [weight * (1 if fit else 0.05) for weight, fit in zip(weights, fits, strict=True)]
    main = int(np.argmax(weights))
    chosen = chain_dots(marks, main)
    digit = join_marks([marks[k] for k in sorted(chosen)])
    edge = digit.touches(shape)
    near = [
        k
        for k, mark in enumerate(marks)
        if mark.level > PALE * digit.level
        and (edge or not mark.touches(shape))
        and (not box or fits[k] or not fits[main])
    ]
    inner = [marks[k] for k in near]
    reach = 0.5 * join_marks([digit, *inner]).height
    while True:
        joined = [
            k
            for k in near
            if k not in chosen
            and marks[k].mass > SPECK * digit.mass
            and marks[k].gap(digit) < NEAR * max(digit.side, min(reach, 2 * digit.side))
            and not (marks[k].height > TALL * digit.height and marks[k].stands_beside(digit))
        ]
        if not joined:
            return tuple(sorted(k + 1 for k in chosen))
        chosen.update(joined)
        digit = join_marks([marks[k] for k in sorted(chosen)])


def chain_dots(marks: list[Mark], start: int) -> set[int]:
    """The dots of a dotted stroke: each about as large as the next, and no further away than one and a half.

    Args:
        marks: from `find_marks`.
        start: the place of one of them.
    Returns:
        Places in `marks`; only `start` where it is no dot of a chain.
    """
    chain, queue = {start}, [marks[start]] if marks[start].is_dot else []
    dots = {k: mark for k, mark in enumerate(marks) if mark.is_dot and k != start}
    while queue:
        dot = queue.pop()
        near = [
            k
            for k, mark in dots.items()
            if mark.gap(dot) < 1.5 * min(mark.side, dot.side) and mark.side < 2 * dot.side < 4 * mark.side
        ]
        chain.update(near)
        queue += [dots.pop(k) for k in near]
    return chain if len(chain) >= DOTS else {start}


def count_others(marks: list[Mark], chosen: tuple[int, ...], shape: tuple[int, ...]) -> int:
    """How many of the marks that were not chosen could have been read just as well.

    Args:
        marks: from `find_marks`.
        chosen: from `choose_marks`.
        shape: of the picture: a mark at its edge is not counted.
    """
    digit = join_marks([marks[k - 1] for k in chosen])
    return sum(
        k not in chosen
        and mark.height > TALL * digit.height
        and mark.level > PALE * digit.level
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
        max(mark.level for mark in marks),
    )


def _box_marks(labels: np.ndarray, masses: np.ndarray, levels: np.ndarray) -> list[Mark]:
    ys, xs = np.nonzero(labels)
    names = labels[ys, xs] - 1
    low = np.full((2, len(masses)), max(labels.shape))
    high = np.zeros((2, len(masses)), int)
    for axis, places in enumerate((ys, xs)):
        np.minimum.at(low[axis], names, places)
        np.maximum.at(high[axis], names, places + 1)
    boxes = np.concatenate([low, high]).T.tolist()
    return [
        Mark(top, left, bottom, right, mass, level)
        for (top, left, bottom, right), mass, level in zip(
            boxes, masses.tolist(), levels.tolist(), strict=True
        )
    ]
