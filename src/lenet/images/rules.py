"""Removal of ruled lines from under the ink."""

from __future__ import annotations

import numpy as np

from lenet.images.filters import dilate, find_median
from lenet.images.marks import choose_marks, find_marks, join_marks

LEAST_RULED_SIDE = 32  # pixels; a smaller picture has no room for ruled lines
STEEPEST_RULE = 0.06  # rise per pixel, 3.4 degrees
THICKEST_RULE = 14  # a line is no thicker than the picture's height divided by this
SHORT = 2  # strips: a line of a table may stop this short of an edge
LEAST_GRID = 3  # lines: as many are no strokes of one digit
STRIPS = 16  # the picture is cut into these to find lines


def remove_rules(darkness: np.ndarray) -> np.ndarray:
    """Remove ruled lines, horizontal or vertical: thin, straight, from one side of the picture to the other.

    Args:
        darkness: (H, W) float32, about 0 on paper.
    Returns:
        (H, W) float32: paper where a line was; ink that crosses it is kept or repaired.
    Assumption:
        Lines of a table stop a little short of the edges; they are lines where they cross others. The bar of
        a tightly cut 7 runs from edge to edge like a line; it is a stroke where the rest of the digit reaches
        the edge beside it, too, or where nothing is left without it.
    """
    if min(darkness.shape) < LEAST_RULED_SIDE:
        return darkness
    clean, level, upright = _remove_both(darkness, SHORT)
    if max(level, upright) >= LEAST_GRID or (level and upright and level + upright >= LEAST_GRID):
        return clean
    clean, level, upright = _remove_both(darkness, 1)
    lines = level + upright
    if not lines or lines >= LEAST_GRID:
        return clean
    _, marks = find_marks(clean)
    if not marks:
        return darkness if lines == 1 else clean
    digit = join_marks([marks[k - 1] for k in choose_marks(marks, clean.shape)])
    ends = digit.top == 0 or digit.bottom == clean.shape[0]
    sides = digit.left == 0 or digit.right == clean.shape[1]
    return darkness if (level and ends) or (upright and sides) else clean


def remove_page_rules(darkness: np.ndarray, piece: int, upright: bool = True, most: int = 64) -> np.ndarray:
    """Remove ruled lines from a page of many rows, on which a column of digits is no upright line.

    Args:
        darkness: (H, W) float32, about 0 on paper.
        piece: pixels, half a digit's height: a line is dark in three of four pieces of this length, and
            thinner than a third of it.
        upright: whether upright lines are removed, too.
        most: pieces that are looked at, spread over the page.
    Returns:
        (H, W) float32: paper where a line was; ink that crosses it is kept or repaired.
    """
    if min(darkness.shape) < LEAST_RULED_SIDE:
        return darkness
    clean, _ = _remove_level_rules(darkness, 0, piece, most)
    if not upright:
        return clean
    clean, _ = _remove_level_rules(np.ascontiguousarray(clean.T), 0, piece, most)
    return np.ascontiguousarray(clean.T)


def _remove_both(darkness: np.ndarray, short: int) -> tuple[np.ndarray, int, int]:
    """Without the level and then the upright lines that come this near to the edges; the number of each."""
    clean, level = _remove_level_rules(darkness, short)
    clean, upright = _remove_level_rules(np.ascontiguousarray(clean.T), short)
    return np.ascontiguousarray(clean.T), level, upright


def _remove_level_rules(
    darkness: np.ndarray, short: int, piece: int = 0, most: int = STRIPS
) -> tuple[np.ndarray, int]:
    """Without the level lines, and the number of them.

    Args:
        darkness: (H, W) float32.
        short: strips; a line ends as near as this to both edges; 0 for a tenth of them.
        piece: pixels, the length of a strip; 0 for a sixteenth of the picture.
        most: strips that are looked at.
    """
    height, width = darkness.shape
    cut = np.array_split(darkness, max(STRIPS, width // piece) if piece else STRIPS, axis=1)
    chosen = np.unique(np.linspace(0, len(cut) - 1, most).astype(int))
    strips = np.stack([cut[k].mean(axis=1) for k in chosen], axis=1)
    middles = (chosen + 0.5) * width / len(cut) - width / 2
    short = short or -(-len(middles) // 10)
    rows = np.arange(height)[:, None]
    slopes = np.arange(-STEEPEST_RULE, STEEPEST_RULE, (2 if piece else 1) / width)
    followed = np.rint(rows + slopes[:, None, None] * middles).astype(int).clip(0, height - 1)
    # along each row and slope, the quartiles of the strips' darkness; what ends short of an edge is a stroke
    count = len(middles)
    along = strips[followed, np.arange(count)]
    ordered = np.partition(along, (count // 4, -count // 4), axis=2)
    faintest, darkest = ordered[..., count // 4], ordered[..., -count // 4]
    ends = np.minimum(along[..., :short].max(axis=2), along[..., -short:].max(axis=2))
    faintest = np.where(ends > 0.5 * faintest, faintest, 0)
    best = int((faintest.clip(0) ** 2).sum(axis=1).argmax())
    slope, line = slopes[best], _keep_lines(faintest[best], darkest[best], piece // 3)
    if not line.any():
        return darkness, 0
    along = np.clip(np.rint(rows - slope * (np.arange(width) - width / 2)).astype(int), 0, height - 1)
    rule = line[along]
    grain = 1.4826 * find_median(np.abs(darkness))
    kept = np.where((rule > 0) & (darkness < 1.4 * rule + 2 * grain), 0, darkness)
    runs = _find_runs(line > 0)
    thickest = max(stop - start for start, stop in runs)
    return np.where(rule > 0, np.maximum(kept, _bridge(kept, thickest)), kept), len(runs)


def _keep_lines(faintest: np.ndarray, darkest: np.ndarray, thickest: int) -> np.ndarray:
    """How dark the ruled line on each row is; 0 if there is none.

    Args:
        faintest: (H,) the lower quartile of each row's darkness.
        darkest: (H,) the upper quartile; more than twice the lower one is ink on the line.
        thickest: pixels; 0 for what is usual in a picture of this height.
    """
    thickest = max(3, thickest) if thickest else max(4, len(faintest) // THICKEST_RULE)
    faintest = faintest - find_median(faintest)
    grain = 1.4826 * find_median(np.abs(faintest))
    found = faintest > max(0.04, 4 * grain)
    for start, stop in _find_runs(found):
        if stop - start > thickest:
            found[start:stop] = False
    level = np.where(found, np.minimum(darkest, 2 * faintest), 0)
    dark = level > 0.6  # its edges are darker than a pencil
    return np.maximum(
        dilate(level[:, None], 1)[:, 0], dilate(np.where(dark, 0.5 * level, 0)[:, None], 3)[:, 0]
    )


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
