"""What is paper and not ink: which of the two is dark, and the light on it."""

from __future__ import annotations

import numpy as np

from lenet.images.filters import blur, close_gaps, dilate, find_median, shrink
from lenet.images.regions import label

FITTED = 64  # pixels, the longer side of what the light is fitted to
LEAST_SHEET = 0.1  # of the picture: a smaller light region is no sheet of paper
LEAST_BRIGHT = 0.8  # of a sheet: the rest is ink
ALONE = 0.1  # of the rarer pixels of two levels: as many without a neighbour of their kind are a dither's
FRAME = 0.85  # from the middle (0) to the edge (1): where the outer part begins


def fit_light(picture: np.ndarray, sheet: np.ndarray | None = None) -> np.ndarray:
    """The smooth part of the light on the paper: a quadratic surface through most of the pixels.

    Args:
        picture: (H, W) luminance.
        sheet: (h, w) bool, where the paper is, in the picture shrunk to 64 pixels; everywhere if None.
    Returns:
        (H, W) float32 luminance.
    Assumption:
        Paper covers more than ink, above all along the edges: the outer 15% count twice.
    """
    small, _ = shrink(picture, FITTED)
    terms, values = _list_terms(small.shape), small.ravel()
    trust = np.where(np.abs(terms[:, 1:3]).max(axis=1) > FRAME, 1, 0.5)
    if sheet is not None:
        trust = sheet.ravel().astype(float)
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


def smooth_dither(picture: np.ndarray) -> np.ndarray:
    """The grey levels of a dithered picture, whose dots would be taken for lines and ink.

    Args:
        picture: (H, W) uint8 luminance.
    Returns:
        (H, W) uint8: means of 3x3 pixels where the picture has two levels and many pixels of the rarer one
        are alone; else the picture.
    """
    dark = picture == picture.min()
    if picture.min() == picture.max() or not (dark | (picture == picture.max())).all():
        return picture
    rare = dark if 2 * dark.sum() < dark.size else ~dark
    around = blur(rare.astype(np.float32), 1) * 9
    if (rare & (around < 1.5)).sum() < ALONE * rare.sum():
        return picture
    smooth: np.ndarray = np.rint(blur(picture.astype(np.float32), 1)).astype(np.uint8)
    return smooth


def measure_polarity(picture: np.ndarray) -> float:
    """Whether ink is darker than the paper, and how clearly.

    Args:
        picture: (H, W) luminance.
    Returns:
        Below 0 for dark ink on light paper: what departs most from the light on the paper, and from its own
        surroundings, is darker. The surroundings outvote the edge of a table or a shadow, whose two sides
        cancel out; the light decides where a digit fills the picture.
    """
    small, _ = shrink(picture, 96)
    surroundings = blur(small, max(1, max(small.shape) // 24))
    return _measure_skew(small - fit_light(small)) + _measure_skew(small - surroundings)


def measure_frame(picture: np.ndarray) -> float:
    """The share of a picture's outermost pixels that are light.

    Args:
        picture: (H, W) luminance.
    """
    light = picture > split_levels(picture)
    frame = np.concatenate([light[0], light[-1], light[1:-1, 0], light[1:-1, -1]])
    return float(frame.mean())


def cut_sheet(picture: np.ndarray) -> np.ndarray | None:
    """A light sheet of paper on something dark, cut out.

    Args:
        picture: (H, W) uint8 luminance.
    Returns:
        (h, w) uint8: the sheet's box, with paper where the dark was; None if there is no sheet.
    """
    small, factor = shrink(picture, FITTED)
    bright = small > split_levels(small)
    regions = label(bright)
    sizes = np.bincount(regions.ravel())
    sizes[0] = 0
    sheet = regions == sizes.argmax()
    filled = fill_holes(sheet)
    if (
        not LEAST_SHEET * filled.size < filled.sum() < filled.size
        or (bright & filled).sum() < LEAST_BRIGHT * filled.sum()
    ):
        return None
    # the sheet's very edge is half table
    inner = -dilate(-np.pad(filled, 1).astype(np.float32), 1)[1:-1, 1:-1] > 0
    if not inner.any():
        return None
    light = fit_light(picture, sheet & inner)
    whole = np.zeros(picture.shape, bool)
    # shrink() squares a picture by `factor`, but for sides that are shorter
    down, across = (
        -(-side // length) if length else 1 for side, length in zip(picture.shape, inner.shape, strict=True)
    )
    large = inner.repeat(min(factor, down), axis=0).repeat(min(factor, across), axis=1)
    whole[: large.shape[0], : large.shape[1]] = large[: picture.shape[0], : picture.shape[1]]
    page = np.where(whole, picture, np.clip(np.rint(light), 0, 255)).astype(np.uint8)
    rows, columns = np.flatnonzero(whole.any(axis=1)), np.flatnonzero(whole.any(axis=0))
    return page[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def split_levels(picture: np.ndarray) -> float:
    """The level that separates light from dark best: it maximizes the variance between the two.

    Args:
        picture: (H, W) luminance.
    Source:
        Otsu, "A threshold selection method from gray-level histograms", 1979.
    """
    counts = np.bincount(np.clip(picture, 0, 255).astype(int).ravel(), minlength=256).astype(np.float64)
    below, sums = counts.cumsum(), (counts * np.arange(256)).cumsum()
    above = below[-1] - below
    between = (sums * below[-1] - sums[-1] * below) ** 2 / np.maximum(below * above, 1)
    return float(between.argmax()) + 0.5


def fill_holes(mask: np.ndarray) -> np.ndarray:
    """A mask with everything that it encloses."""
    outside = label(np.pad(~mask, 1, constant_values=True))
    filled: np.ndarray = (outside != outside[0, 0])[1:-1, 1:-1]
    return filled


def _measure_skew(residue: np.ndarray) -> float:
    spread = float((residue**2).mean()) ** 1.5
    return float((residue**3).mean()) / spread if spread else 0.0


def flatten_light(picture: np.ndarray, radius: int, tight: bool = False) -> np.ndarray:
    """Divide by the light that falls on the paper: gradients, vignettes and shadows go, ink stays.

    Args:
        picture: (H, W) float32 luminance, dark ink on light paper.
        radius: pixels; what is narrower than twice as much is ink, what is wider is shadow.
        tight: whether a digit fills the picture, so that there may be more ink than paper: paper is then
            whatever is light.
    Returns:
        (H, W) float32 darkness: about 0 on paper, up to 1 for black.
    """
    smooth = blur(picture, 1)
    small, _ = shrink(picture, FITTED)
    surface = fit_light(picture, small > split_levels(small) if tight else None)
    light = surface + close_gaps(smooth - surface, radius)
    # closing follows the brightest grains: bring it down to the paper's mean, wherever it is paper
    lift = light - smooth
    paper = (lift <= 2 * find_median(lift) + 2).astype(np.float32)
    light = light - blur(lift * paper, radius) / np.maximum(blur(paper, radius), 0.05)
    return (light - picture) / np.maximum(light, 8)
