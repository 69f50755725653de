"""A convolution or a pooling worked out on small whole numbers, window by window, product by product.

Source: the example of docs/notes-corrected.md, 5: 5x5x3 with P = 1, F = 3, S = 2 and two kernels.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from lenet.errors import ShapeError
from lenet.explain.arithmetic import Sliding
from lenet.randomness import philox

MOST_READS = 10_000  # that example has 486; many more would fill hundreds of screens
SEED = 1998


@dataclass(frozen=True)
class Window:
    """One place of the window, and the number that it gives.

    Args:
        index: (map, row, column) of the number in the output.
        values: what it reads: (D, F, F), padding included; for a pooling (h, w), what lies in the image.
        sums: (D,) the inner product with the kernel in each channel; empty for a pooling.
        result: their sum and the bias, or the maximum, or the average.
    """

    index: tuple[int, ...]
    values: np.ndarray
    sums: np.ndarray
    result: float


@dataclass(frozen=True)
class Example:
    """A convolution or a pooling of small whole numbers, the same in every run.

    Args:
        sliding: the sizes.
    Raises:
        ShapeError: so large that nobody would read it.
    """

    sliding: Sliding

    def __post_init__(self) -> None:
        if self.sliding.reads > MOST_READS:
            raise ShapeError("arithmetic.too_long", count=int(self.sliding.reads), most=MOST_READS)

    @cached_property
    def image(self) -> np.ndarray:
        """(D, H, W) of 0 to 2; for a pooling 0 to 9, so that maxima differ."""
        kinds = 10 if self.sliding.pool else 3
        return _draw(0, self.sliding.depth, self.sliding.height, self.sliding.width, kinds=kinds)

    @cached_property
    def padded(self) -> np.ndarray:
        """(D, H + 2P, W + 2P): the image with zeros around it."""
        sides = (self.sliding.padding, self.sliding.padding)
        return np.pad(self.image, ((0, 0), sides, sides))

    @cached_property
    def kernels(self) -> np.ndarray:
        """(K, D, F, F) of -1 to 1."""
        return (
            _draw(1, self.sliding.kernels, self.sliding.depth, self.sliding.kernel, self.sliding.kernel) - 1
        )

    @cached_property
    def biases(self) -> np.ndarray:
        """(K,) of -1 to 1."""
        return _draw(2, self.sliding.kernels) - 1

    @cached_property
    def output(self) -> np.ndarray:
        """(K, Ho, Wo), or (D, Ho, Wo) for a pooling."""
        sliding = self.sliding
        results = [window.result for window in self.slide()]
        return np.array(results).reshape(sliding.maps, sliding.output_height, sliding.output_width)

    def slide(self) -> Iterator[Window]:
        """Every place of the window, map by map, row by row."""
        sliding = self.sliding
        for index in np.ndindex(sliding.maps, sliding.output_height, sliding.output_width):
            top, left = (place * sliding.stride for place in index[1:])
            rows, columns = slice(top, top + sliding.kernel), slice(left, left + sliding.kernel)
            yield self._pool(index, rows, columns) if sliding.pool else self._convolve(index, rows, columns)

    def _convolve(self, index: tuple[int, ...], rows: slice, columns: slice) -> Window:
        values = self.padded[:, rows, columns]
        sums = (values * self.kernels[index[0]]).sum(axis=(1, 2))
        return Window(index, values, sums, int(sums.sum() + self.biases[index[0]]))

    def _pool(self, index: tuple[int, ...], rows: slice, columns: slice) -> Window:
        # Assumption: padding is no part of the picture, so neither maximum nor average reads it.
        inside = [
            slice(max(s.start - self.sliding.padding, 0), s.stop - self.sliding.padding)
            for s in (rows, columns)
        ]
        values = self.image[index[0], inside[0], inside[1]]
        result = values.max() if self.sliding.pool == "max" else values.mean()
        return Window(index, values, np.array([], int), float(result))


def _draw(what: int, *shape: int, kinds: int = 3) -> np.ndarray:
    """Whole numbers from 0 to below `kinds`, keyed by what they are for."""
    counters = np.zeros((*shape, 4), np.uint32)
    counters[..., 0] = np.arange(np.prod(shape)).reshape(shape)
    counters[..., 1] = what
    digits: np.ndarray = (philox(counters, SEED)[..., 0] % kinds).astype(int)
    return digits
