"""What is paper and not ink: which of the two is dark, the light on it, its ruled lines."""

from __future__ import annotations

import numpy as np

from lenet.images.filters import blur, close_gaps, shrink, spread

LEAST_RULED_SIDE = 48  # pixels; a smaller picture has no room for ruled lines
STEEPEST_RULE = 0.06  # rise per pixel, 3.4 degrees
THICKEST_RULE = 24  # a line takes at most this part of the picture's height
STRIPS = 16  # in which a ruled line is looked for


def fit_light(picture: np.ndarray) -> np.ndarray:
    """The smooth part of the light on the paper: a quadratic surface through most of the pixels.

    Args:
        picture: (H, W) luminance.
    Returns:
        (H, W) float32 luminance.
    Assumption:
        Paper covers more than ink; what departs from the surface most is ink.
    """
    small, _ = shrink(picture, 64)
    terms, values = _list_terms(small.shape), small.ravel()
    weights = np.ones_like(values)
    for _ in range(8):  # least squares, reweighted so that ink counts less each time
        weighted = terms * weights[:, None]
        surface = np.linalg.lstsq(weighted.T @ terms, weighted.T @ values, rcond=None)[0]
        residue = np.abs(values - terms @ surface)
        weights = 1 / (1 + (residue / (2 * np.median(residue) + 1)) ** 2)
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
        True for dark ink on light paper: for what departs most from the light on the paper is darker.
    """
    small, _ = shrink(picture, 96)
    return bool(((small - fit_light(small)) ** 3).sum() < 0)


def flatten_light(picture: np.ndarray) -> np.ndarray:
    """Divide by the light that falls on the paper: gradients, vignettes and shadows go, ink stays.

    Args:
        picture: (H, W) float32 luminance, dark ink on light paper.
    Returns:
        (H, W) float32 darkness: about 0 on paper, up to 1 for black.
    """
    radius = max(3, max(picture.shape) // 4)
    smooth = blur(picture, 1)
    surface = fit_light(picture)
    light = surface + close_gaps(smooth - surface, radius)
    # closing follows the brightest grains: bring it down to the paper's mean, wherever it is paper
    lift = light - smooth
    paper = (lift <= 2 * np.median(lift) + 2).astype(np.float32)
    light = light - blur(lift * paper, radius) / np.maximum(blur(paper, radius), 0.05)
    return 1 - picture / np.maximum(light, 8)


def remove_rules(darkness: np.ndarray) -> np.ndarray:
    """Take out ruled lines, level or upright: thin, straight, from one side of the picture to the other.

    Args:
        darkness: (H, W) float32, about 0 on paper.
    Returns:
        (H, W) float32: paper where a line was; ink that crosses it is kept or mended.
    """
    if min(darkness.shape) < LEAST_RULED_SIDE:
        return darkness
    level = _remove_level_rules(darkness)
    return np.ascontiguousarray(_remove_level_rules(np.ascontiguousarray(level.T)).T)


def _remove_level_rules(darkness: np.ndarray) -> np.ndarray:
    height, width = darkness.shape
    strips = np.stack([strip.mean(axis=1) for strip in np.array_split(darkness, STRIPS, axis=1)], axis=1)
    middles = (np.arange(STRIPS) + 0.5) * width / STRIPS - width / 2
    rows = np.arange(height)[:, None]
    best, darkest, slope = np.zeros(height), np.zeros(height), 0.0
    for rise in np.arange(-STEEPEST_RULE, STEEPEST_RULE + 1e-9, 1 / width):
        followed = np.clip(np.rint(rows + rise * middles).astype(int), 0, height - 1)
        profile = np.percentile(strips[followed, np.arange(STRIPS)], (25, 75), axis=1)
        if (np.clip(profile[0], 0, None) ** 2).sum() > (np.clip(best, 0, None) ** 2).sum():
            best, darkest, slope = profile[0], profile[1], float(rise)
    line = _keep_lines(best, darkest)
    if not line.any():
        return darkness
    along = np.clip(np.rint(rows - slope * (np.arange(width) - width / 2)).astype(int), 0, height - 1)
    rule = line[along]
    grain = 1.4826 * np.median(np.abs(darkness))
    kept = np.where((rule > 0) & (darkness < 1.4 * rule + 2 * grain), 0, darkness)
    thickest = max(stop - start for start, stop in _find_runs(line > 0))
    return np.where(rule > 0, np.maximum(kept, _bridge(kept, thickest)), kept)


def _keep_lines(faintest: np.ndarray, darkest: np.ndarray) -> np.ndarray:
    """How dark the ruled line on each row is, 0 where there is none.

    Args:
        faintest: (H,) the darkness that three quarters of a row reach.
        darkest: (H,) the darkness that a quarter of it reaches: more than twice as much is ink on the line.
    """
    faintest = faintest - np.median(faintest)
    grain = 1.4826 * np.median(np.abs(faintest))
    found = faintest > max(0.04, 4 * grain)
    for start, stop in _find_runs(found):
        if stop - start > max(4, len(found) // THICKEST_RULE):
            found[start:stop] = False
    level = np.where(found, np.minimum(darkest, 2 * faintest), 0)
    return spread(level[:, None], 1)[:, 0]


def _find_runs(found: np.ndarray) -> list[tuple[int, int]]:
    """Where a row of booleans is true without a break: first and one past the last of each run."""
    edges = np.flatnonzero(np.diff(np.pad(found, 1).astype(np.int8)))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def _bridge(ink: np.ndarray, rows: int) -> np.ndarray:
    """The ink that there would be if strokes went on over gaps of this many rows."""
    height = ink.shape[0]
    padded = np.pad(ink, ((rows, rows), (0, 0)))
    above = np.max([padded[rows - k : rows - k + height] for k in range(1, rows + 1)], axis=0)
    below = np.max([padded[rows + k : rows + k + height] for k in range(1, rows + 1)], axis=0)
    bridge: np.ndarray = np.minimum(above, below)
    return bridge
