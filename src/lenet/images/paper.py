"""What is paper and not ink: which of the two is dark, and the light on it."""

from __future__ import annotations

import numpy as np

from lenet.images.filters import blur, close_gaps, find_median, shrink

FRAME = 0.85  # from the middle (0) to the edge (1): where the outer part begins


def fit_light(picture: np.ndarray) -> np.ndarray:
    """The smooth part of the light on the paper: a quadratic surface through most of the pixels.

    Args:
        picture: (H, W) luminance.
    Returns:
        (H, W) float32 luminance.
    Assumption:
        Paper covers more than ink, above all along the edges: the outer 15% count twice.
    """
    small, _ = shrink(picture, 64)
    terms, values = _list_terms(small.shape), small.ravel()
    trust = np.where(np.abs(terms[:, 1:3]).max(axis=1) > FRAME, 1, 0.5)
    weights = trust
    for _ in range(8):  # least squares, reweighted so that ink counts less each time
        weighted = terms * weights[:, None]
        surface = np.linalg.lstsq(weighted.T @ terms, weighted.T @ values, rcond=None)[0]
        residue = np.abs(values - terms @ surface)
        weights = trust / (1 + (residue / (2 * find_median(residue) + 1)) ** 2)
    light: np.ndarray = (_list_terms(picture.shape) @ surface).reshape(picture.shape)
    return light


def _list_terms(shape: tuple[int, ...]) -> np.ndarray:
    """1, x, y, xx, xy, yy for each pixel, x and y from -1 to 1: (H W, 6) float32."""
    sides = [
        np.linspace(-1, 1, side, dtype=np.float32) if side > 1 else np.zeros(1, np.float32) for side in shape
    ]
    y, x = (grid.ravel() for grid in np.meshgrid(*sides, indexing="ij"))
    return np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=1)


def find_polarity(picture: np.ndarray) -> bool:
    """Whether the ink is darker than the paper.

    Args:
        picture: (H, W) luminance.
    Returns:
        True for dark ink on light paper: what departs most from the light on the paper, and from its own
        surroundings, is darker. The surroundings outvote the edge of a table or a shadow, whose two sides
        cancel out; the light decides where a digit fills the picture.
    """
    small, _ = shrink(picture, 96)
    surroundings = blur(small, max(1, max(small.shape) // 24))
    return _measure_skew(small - fit_light(small)) + _measure_skew(small - surroundings) < 0


def _measure_skew(residue: np.ndarray) -> float:
    spread = float((residue**2).mean()) ** 1.5
    return float((residue**3).mean()) / spread if spread else 0.0


def flatten_light(picture: np.ndarray, radius: int) -> np.ndarray:
    """Divide by the light that falls on the paper: gradients, vignettes and shadows go, ink stays.

    Args:
        picture: (H, W) float32 luminance, dark ink on light paper.
        radius: pixels; what is narrower than twice as much is ink, what is wider is shadow.
    Returns:
        (H, W) float32 darkness: about 0 on paper, up to 1 for black.
    """
    smooth = blur(picture, 1)
    surface = fit_light(picture)
    light = surface + close_gaps(smooth - surface, radius)
    # closing follows the brightest grains: bring it down to the paper's mean, wherever it is paper
    lift = light - smooth
    paper = (lift <= 2 * find_median(lift) + 2).astype(np.float32)
    light = light - blur(lift * paper, radius) / np.maximum(blur(paper, radius), 0.05)
    return (light - picture) / np.maximum(light, 8)
