"""The width of a digit's strokes: measure it, and bring it to the range that is usual in MNIST."""

from __future__ import annotations

import numpy as np

from lenet.images.filters import dilate, measure_distance
from lenet.images.geometry import BOX

# Widths in MNIST, in its pixels: measured by `measure_width` on the first 55,000 training images, each
# enlarged 4 times: the 5th and the 95th percentile.
THINNEST, THICKEST = 1.76, 3.86
DETAIL = 4  # how many times finer than MNIST's the grid is on which strokes are redrawn


def measure_width(ink: np.ndarray) -> float:
    """The mean width of the strokes, in pixels.

    Args:
        ink: (H, W) float32, 0 to 1.
    Source:
        In a straight stroke the mean distance to the edge is a quarter of the width.
    """
    inside = measure_distance(ink > 0.5)
    # the centre of a pixel is half a pixel inside of its edge
    return 4 * float(inside[inside > 0].mean() - 0.5) + 1 if inside.any() else 0.0


def set_width(ink: np.ndarray) -> np.ndarray:
    """Bring strokes that are thinner or thicker than in MNIST to the nearest width that is usual there.

    Args:
        ink: (H, W) float32, 0 to 1, a digit cropped to its box.
    Returns:
        The ink itself if its width is usual; else redrawn, the longer side 80 pixels and a margin.
    """
    from PIL import Image

    scale = DETAIL * BOX / max(ink.shape)
    size = tuple(max(1, round(side * scale)) for side in ink.shape[::-1])
    fine = np.asarray(
        Image.fromarray(ink).resize(size, Image.Resampling.BICUBIC if scale > 1 else Image.Resampling.BOX)
    )
    width = measure_width(np.pad(fine, 1)) / DETAIL
    wanted = min(max(width, THINNEST), THICKEST)
    if width in (0, wanted):
        return ink
    # the box grows with its strokes and is scaled to 20 pixels afterwards
    change = (wanted - width) / (1 - wanted / BOX) * DETAIL
    return change_width(np.pad(fine, int(abs(change)) + 2), change)


def change_width(ink: np.ndarray, change: float) -> np.ndarray:
    """Redraw strokes thicker or thinner, but never thin enough to break.

    Args:
        ink: (H, W) float32, 0 to 1, with a margin of `change` pixels.
        change: pixels, positive or negative.
    Returns:
        (H, W) float32, 0 to 1, with a ramp of one pixel at every edge.
    """
    mask = ink > 0.5
    if change >= 0:
        reach = int(change / 2) + 2
        beyond = np.pad(~mask, reach, constant_values=True)  # paper goes on beyond the edge
        depth = 0.5 - measure_distance(beyond, reach)[reach:-reach, reach:-reach]
        return np.clip(0.5 + depth + change / 2, 0, 1)
    depth = measure_distance(mask) - 0.5
    # the middle of a stroke is kept
    middle = dilate(depth, int(-change) + 2)
    return np.clip(0.5 + depth - np.minimum(-change / 2, np.maximum(middle - 2, 0)), 0, 1)
