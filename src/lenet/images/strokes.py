"""The width of a digit's strokes: measure it, and bring it to the range that is usual in MNIST."""

from __future__ import annotations

import numpy as np

from lenet.architecture import BOX
from lenet.images.filters import dilate, measure_distance

# Widths in MNIST, in its pixels: measured by `measure_width` on the first 55,000 training images, each
# enlarged 4 times: the 5th and the 95th percentile.
THINNEST, THICKEST = 1.76, 3.86
AROUND = 3  # pixels, of a place's neighbourhood
PALEST = 0.45  # the darkest ink of a neighbourhood counts as at least this dark
DETAIL = 4  # how many times finer than MNIST's the grid is on which strokes are redrawn


def find_strokes(ink: np.ndarray, palest: float = PALEST) -> np.ndarray:
    """Where the strokes are: half as dark as the darkest ink around, so that thin and pale ones do not break.

    Args:
        ink: (H, W) float32, 0 to 1.
        palest: the darkest ink around counts as at least this dark; at 1 strokes are what is half black.
    Returns:
        (H, W) bool.
    """
    strokes: np.ndarray = ink > 0.5 * np.clip(dilate(ink, AROUND), palest, 1)
    return strokes


def measure_width(ink: np.ndarray, palest: float = PALEST) -> float:
    """The mean width of the strokes, in pixels.

    Args:
        ink: (H, W) float32, 0 to 1.
        palest: see `find_strokes`.
    Source:
        In a straight stroke the mean distance to the edge is a quarter of the width.
    """
    inside = measure_distance(find_strokes(ink, palest))
    # the centre of a pixel is half a pixel inside of its edge
    return 4 * float(inside[inside > 0].mean() - 0.5) + 1 if inside.any() else 0.0


def set_width(ink: np.ndarray, palest: float = PALEST) -> np.ndarray:
    """Bring strokes that are thinner or thicker than in MNIST to the nearest width that is usual there.

    Args:
        ink: (H, W) float32, 0 to 1, a digit cropped to its box.
        palest: see `find_strokes`.
    Returns:
        The ink itself if its width is usual; else redrawn, the longer side 80 pixels and a margin.
    """
    from PIL import Image

    scale = DETAIL * BOX / max(ink.shape)
    size = tuple(max(1, round(side * scale)) for side in ink.shape[::-1])
    fine = np.asarray(
        Image.fromarray(ink).resize(size, Image.Resampling.BICUBIC if scale > 1 else Image.Resampling.BOX)
    )
    width = measure_width(np.pad(fine, 1), palest) / DETAIL
    wanted = min(max(width, THINNEST), THICKEST)
    if width in (0, wanted):
        return ink
    # the box grows with its strokes and is scaled to 20 pixels afterwards
    change = (wanted - width) / (1 - wanted / BOX) * DETAIL
    return change_width(np.pad(fine, int(abs(change)) + 2), change, palest)


def change_width(ink: np.ndarray, change: float, palest: float = PALEST) -> np.ndarray:
    """Redraw strokes thicker or thinner, but never thin enough to break.

    Args:
        ink: (H, W) float32, 0 to 1, with a margin of `change` pixels.
        change: pixels, positive or negative.
        palest: see `find_strokes`.
    Returns:
        (H, W) float32, 0 to 1, with a ramp of one pixel at every edge.
    """
    mask = find_strokes(ink, palest)
    if change >= 0:
        reach = int(change / 2) + 2
        beyond = np.pad(~mask, reach, constant_values=True)  # paper goes on beyond the edge
        depth = 0.5 - measure_distance(beyond, reach)[reach:-reach, reach:-reach]
        return np.clip(0.5 + depth + change / 2, 0, 1)
    depth = measure_distance(mask) - 0.5
    # the middle of a stroke is kept
    middle = dilate(depth, int(-change) + 2)
    return np.clip(0.5 + depth - np.minimum(-change / 2, np.maximum(middle - 2, 0)), 0, 1)
