"""Removal of ruled lines from under the ink."""

from __future__ import annotations

import numpy as np

from lenet.images.filters import dilate, find_median

LEAST_RULED_SIDE = 48  # pixels; a smaller picture has no room for ruled lines
STEEPEST_RULE = 0.06  # rise per pixel, 3.4 degrees
THICKEST_RULE = 24  # a line is no thicker than the picture's height divided by this
STRIPS = 16  # the picture is cut into these to find lines


def remove_rules(darkness: np.ndarray) -> np.ndarray:
    """Remove ruled lines, horizontal or vertical: thin, straight, from one side of the picture to the other.

    Args:
        darkness: (H, W) float32, about 0 on paper.
    Returns:
        (H, W) float32: paper where a line was; ink that crosses it is kept or repaired.
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
    slopes = np.arange(-STEEPEST_RULE, STEEPEST_RULE, 1 / width)
    followed = np.rint(rows + slopes[:, None, None] * middles).astype(int).clip(0, height - 1)
    # along each row and slope, the quartiles of the strips' darkness
    ordered = np.partition(strips[followed, np.arange(STRIPS)], (STRIPS // 4, -STRIPS // 4), axis=2)
    faintest, darkest = ordered[..., STRIPS // 4], ordered[..., -STRIPS // 4]
    best = int((faintest.clip(0) ** 2).sum(axis=1).argmax())
    slope, line = slopes[best], _keep_lines(faintest[best], darkest[best])
    if not line.any():
        return darkness
    along = np.clip(np.rint(rows - slope * (np.arange(width) - width / 2)).astype(int), 0, height - 1)
    rule = line[along]
    grain = 1.4826 * find_median(np.abs(darkness))
    kept = np.where((rule > 0) & (darkness < 1.4 * rule + 2 * grain), 0, darkness)
    thickest = max(stop - start for start, stop in _find_runs(line > 0))
    return np.where(rule > 0, np.maximum(kept, _bridge(kept, thickest)), kept)


def _keep_lines(faintest: np.ndarray, darkest: np.ndarray) -> np.ndarray:
    """How dark the ruled line on each row is; 0 if there is none.

    Args:
        faintest: (H,) the lower quartile of each row's darkness.
        darkest: (H,) the upper quartile; more than twice the lower one is ink on the line.
    """
    faintest = faintest - find_median(faintest)
    grain = 1.4826 * find_median(np.abs(faintest))
    found = faintest > max(0.04, 4 * grain)
    for start, stop in _find_runs(found):
        if stop - start > max(4, len(found) // THICKEST_RULE):
            found[start:stop] = False
    level = np.where(found, np.minimum(darkest, 2 * faintest), 0)
    return dilate(level[:, None], 1)[:, 0]


def _find_runs(found: np.ndarray) -> list[tuple[int, int]]:
    """The runs of true values in a row of booleans: the first index of each, and one past its last."""
    edges = np.flatnonzero(np.diff(np.pad(found, 1).astype(np.int8)))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def _bridge(ink: np.ndarray, rows: int) -> np.ndarray:
    """Continue strokes across gaps of this many rows."""
    height = ink.shape[0]
    padded = np.pad(ink, ((rows, rows), (0, 0)))
    above = np.max([padded[rows - k : rows - k + height] for k in range(1, rows + 1)], axis=0)
    below = np.max([padded[rows + k : rows + k + height] for k in range(1, rows + 1)], axis=0)
    bridge: np.ndarray = np.minimum(above, below)
    return bridge
