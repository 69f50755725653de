"""The few filters that the clean-up of a picture needs, in NumPy: means, dilation, distances."""

from __future__ import annotations

import numpy as np


def shrink(picture: np.ndarray, longest: int) -> tuple[np.ndarray, int]:
    """Reduce a picture by the smallest whole factor that brings its longer side to `longest` or less.

    Args:
        picture: (H, W) numbers.
        longest: pixels.
    Returns:
        (h, w) float32, each pixel the mean of a square, or of a whole side where that is shorter; and the
        factor. Pixels that do not fill a square are cut off.
    """
    factor = -(-max(picture.shape) // longest)
    if factor == 1:
        return picture.astype(np.float32), 1
    down, across = (min(factor, side) for side in picture.shape)
    height, width = picture.shape[0] // down, picture.shape[1] // across
    squares = picture[: height * down, : width * across].reshape(height, down, width, across)
    # the rows first, as uint32: a mean over two axes at once would copy the picture into float64
    total = squares.sum(axis=1, dtype=np.uint32 if picture.dtype == np.uint8 else np.float32).sum(axis=2)
    return total.astype(np.float32) / np.float32(down * across), factor


def find_median(values: np.ndarray) -> np.floating:
    """The median of finite numbers: `np.median` without its import of `numpy.ma`."""
    flat, half = values.ravel(), values.size // 2
    if values.size % 2:
        return np.partition(flat, half)[half]
    return np.partition(flat, (half - 1, half))[half - 1 : half + 1].mean()


def find_upper_quartile(values: np.ndarray) -> np.floating:
    """The 75th percentile of finite numbers: `np.percentile` without its import of `numpy.ma`."""
    at = 0.75 * (values.size - 1)
    low = int(at)
    high = min(low + 1, values.size - 1)
    below, above = np.partition(values.ravel(), (low, high))[[low, high]]
    return below + (above - below) * np.float32(at - low)


def blur(values: np.ndarray, radius: int) -> np.ndarray:
    """The mean over a square of 2 radius + 1 pixels, the edge repeated."""
    for axis in (0, 1):
        pad = [(0, 0), (0, 0)]
        pad[axis] = (radius + 1, radius)
        sums = np.pad(values, pad, mode="edge").cumsum(axis=axis, dtype=np.float64)
        values = _pull(sums, axis, 2 * radius + 1, None) - _pull(sums, axis, 0, -(2 * radius + 1))
        values /= 2 * radius + 1
    return values.astype(np.float32)


def dilate(values: np.ndarray, radius: int) -> np.ndarray:
    """Grey dilation: the maximum over a square of 2 radius + 1 pixels, cut at the edge."""
    for axis in (0, 1):
        pad = [(0, 0), (0, 0)]
        pad[axis] = (radius, radius)
        values = np.pad(values, pad, mode="edge")
        reach, wanted = 1, 2 * radius + 1
        while reach < wanted:  # doubling: the maximum over 1, 2, 4, ... pixels
            step = min(reach, wanted - reach)
            values = np.maximum(_pull(values, axis, 0, -step), _pull(values, axis, step, None))
            reach += step
    return values


def close_gaps(values: np.ndarray, radius: int) -> np.ndarray:
    """Grey closing: fill everything dark that is narrower than 2 radius + 1 pixels."""
    return -dilate(-dilate(values, radius), radius)


def measure_distance(mask: np.ndarray, reach: float = np.inf) -> np.ndarray:
    """The distance of every pixel to the nearest one outside of `mask`, in pixels; 0 outside.

    Args:
        mask: (H, W) bool.
        reach: pixels; distances above this may come out too large, but never below it.
    Returns:
        (H, W) float32; everything beyond the edge counts as outside.
    """
    inside = np.pad(mask, 1)
    height = len(inside)
    rows = np.arange(height, dtype=np.float32)[:, None]
    above = np.maximum.accumulate(np.where(inside, np.float32(-1), rows), axis=0)
    below = np.minimum.accumulate(np.where(inside, np.float32(height), rows)[::-1], axis=0)[::-1]
    square = np.minimum(rows - above, below - rows) ** 2
    nearest, step = square.copy(), 1
    # the nearest pixel is no more columns away than the largest distance that is known so far
    while step <= reach and step**2 < nearest.max():
        moved = square + np.float32(step**2)
        np.minimum(nearest[:, step:], moved[:, :-step], out=nearest[:, step:])
        np.minimum(nearest[:, :-step], moved[:, step:], out=nearest[:, :-step])
        step += 1
    distance: np.ndarray = np.sqrt(nearest[1:-1, 1:-1])
    return distance


def _pull(values: np.ndarray, axis: int, start: int, stop: int | None) -> np.ndarray:
    return values[start:stop] if axis == 0 else values[:, start:stop]
