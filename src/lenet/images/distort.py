"""Random affine and elastic distortions of training images, drawn by seed, epoch and sample.

Source: LeCun et al. 1998, section III.B: translations, scaling, squeezing and horizontal shearing; Simard et
al. 2003, section 2: elastic distortions.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from numbers import Real
from typing import Any

import numpy as np

from lenet.architecture import BORDER, FIELD, PIXEL_OFFSET, PIXEL_SCALE
from lenet.errors import RecipeError
from lenet.randomness import Purpose, draw_uniform

# the standard deviation of a cubic B-spline is the distance between its knots / sqrt(3)
KNOTS_APART = math.sqrt(3)
RANGES = {
    "scale": (0, 0.9),
    "squeeze": (0, 0.9),
    "shear": (0, 2),
    "shift": (0, 16),
    "elastic": (0, 16),
    "elastic_width": (2, 16),
    "rotation": (0, 45),
}


@dataclass(frozen=True)
class Distortion:
    """How far images are distorted; every amount is drawn uniformly between minus and plus its limit.

    Args:
        scale: of both axes, as a fraction: 0.3 for 0.7 to 1.3 times the size.
        squeeze: of one axis, as a fraction, while the other axis is stretched by the inverse.
        shear: pixels to the side for each pixel up or down.
        shift: pixels, along each axis.
        elastic: pixels by which a point may be displaced along each axis, see `draw_bends`.
        elastic_width: pixels, the standard deviation of the Gaussian that smooths the displacements. Not a
            limit; always 4 without `elastic`.
        rotation: degrees, to either side.
    Raises:
        RecipeError: a limit below 0, or so large that digits vanish; a width that is not 2 to 16.
    Assumption:
        The paper gives no ranges and no distributions. Simard's best setting (standard deviation 4, factor
        34) gives displacements with a standard deviation of 1.4 pixels: elastic = 5, elastic_width = 4.
    """

    scale: float = 0.0
    squeeze: float = 0.0
    shear: float = 0.0
    shift: float = 0.0
    elastic: float = 0.0
    elastic_width: float = 4.0
    rotation: float = 0.0

    def __post_init__(self) -> None:
        for name, (least, most) in RANGES.items():
            value = getattr(self, name)
            number = isinstance(value, Real) and not isinstance(value, bool)
            if not (number and least <= value <= most):
                allowed = f"{least} - {most}"
                raise RecipeError("recipe.range", name=f"distortion.{name}", value=value, range=allowed)
            object.__setattr__(self, name, float(value) + 0.0)  # + 0.0: there is no -0.0
        if not self.elastic:  # it has no effect then, and equal distortions must compare equal
            object.__setattr__(self, "elastic_width", Distortion.elastic_width)

    def __bool__(self) -> bool:
        return any((self.scale, self.squeeze, self.shear, self.shift, self.elastic, self.rotation))

    def to_dict(self) -> dict[str, Any]:
        """The settings by name; those of the elastic distortion and the rotation only if there is one."""
        absent = set() if self.elastic else {"elastic", "elastic_width"}
        absent |= set() if self.rotation else {"rotation"}
        return {name: value for name, value in asdict(self).items() if name not in absent}


@dataclass(frozen=True)
class DistortedEpoch:
    """How the images of one epoch are distorted.

    Pattern p of an epoch shows image p % N of a training set of N images, so that an epoch may show an image
    several times, each time with another distortion.

    Args:
        limits: how far images are distorted.
        seed: of the random numbers, 0 to 2^64 - 1.
        epoch: the epoch, from 0.
        plain: how many patterns, from 0 on, are not distorted.
    """

    limits: Distortion
    seed: int
    epoch: int
    plain: int = 0


def draw_maps(distortion: Distortion, seed: int, epoch: int, samples: np.ndarray) -> np.ndarray:
    """Draw the affine map of each sample, from a point of the original to a point of the distorted image.

    Args:
        distortion: the limits.
        seed: 0 to 2^64 - 1.
        epoch: the epoch, from 0.
        samples: (N,) patterns of the epoch, see `DistortedEpoch`.
    Returns:
        (N, 2, 3) float64: (x', y') = m[:, :2] (x, y) + m[:, 2], in pixels from the centre of the field. The
        shear and the size come first, then the rotation, clockwise for positive angles.
    """
    numbers = 2 * draw_uniform(seed, Purpose.DISTORTION, epoch, samples, 6) - 1
    scale, squeeze = 1 + distortion.scale * numbers[:, 0], 1 + distortion.squeeze * numbers[:, 1]
    maps = np.zeros((len(samples), 2, 3))
    maps[:, 0, 0], maps[:, 1, 1] = scale * squeeze, scale / squeeze
    maps[:, 0, 1] = distortion.shear * numbers[:, 2]
    maps[:, :, :2] = draw_rotations(distortion, numbers[:, 5]) @ maps[:, :, :2]
    maps[:, :, 2] = distortion.shift * numbers[:, 3:5]
    return maps


def draw_rotations(distortion: Distortion, amounts: np.ndarray) -> np.ndarray:
    """The rotation of each sample.

    Args:
        distortion: its `rotation` is the limit.
        amounts: (N,) uniform numbers between -1 and 1.
    Returns:
        (N, 2, 2) float64.
    Assumption:
        Not the angle but the tangent of its half is uniform, which needs no sine and no cosine in the
        browser; up to 45 degrees both are nearly the same.
    """
    tangent = math.tan(math.radians(distortion.rotation) / 2) * amounts
    cosine, sine = (1 - tangent**2) / (1 + tangent**2), 2 * tangent / (1 + tangent**2)
    return np.stack([cosine, -sine, sine, cosine], axis=-1).reshape(-1, 2, 2)


def count_knots(width: float) -> int:
    """How many knots the grid of an elastic distortion has along each axis.

    Args:
        width: standard deviation of a B-spline, 2 to 16 pixels.
    Returns:
        5 to 12: all knots whose B-splines reach the field.
    """
    return int((FIELD - 1) / (KNOTS_APART * width)) + 4


def evaluate_splines(width: float) -> np.ndarray:
    """Evaluate the cubic B-spline of each knot at each pixel of an axis.

    Args:
        width: standard deviation of a B-spline, 2 to 16 pixels.
    Returns:
        (knots, 32) float64, 0 or more; the values at a pixel add up to 1. Knot 1 is on the first pixel.
    """
    pixels = np.arange(FIELD) / (KNOTS_APART * width)
    away = np.abs(pixels - (np.arange(count_knots(width)) - 1)[:, None])
    return np.where(away < 1, 2 / 3 + away**2 * (away / 2 - 1), np.maximum(2 - away, 0) ** 3 / 6)


def draw_bends(distortion: Distortion, seed: int, epoch: int, samples: np.ndarray) -> np.ndarray | None:
    """Draw the elastic displacements: how far from each pixel its ink is fetched, beside the affine map.

    Every knot of a coarse grid is displaced, uniformly between minus and plus `elastic` along each axis, and
    bends its surroundings by a cubic B-spline: bend = sum over knots of move * B(x - knot) * B(y - knot).

    Args:
        distortion: the limits.
        seed: 0 to 2^64 - 1.
        epoch: the epoch, from 0.
        samples: (N,) patterns of the epoch, see `DistortedEpoch`.
    Returns:
        (N, 2, 32, 32) float64, pixels to the right, then down; None without `elastic`. No displacement is
        larger than `elastic`; the standard deviation is about 0.28 of it.
    Source:
        Simard et al. 2003, section 2: a random number for every pixel, smoothed by a Gaussian.
    Assumption:
        This is as smooth and needs fewer random numbers: the cubic B-spline of knots that are sqrt(3)
        standard deviations apart has the Gaussian's standard deviation.
    """
    if not distortion.elastic:
        return None
    count = count_knots(distortion.elastic_width)
    numbers = 2 * draw_uniform(seed, Purpose.ELASTIC, epoch, samples, 2 * count**2) - 1
    moves = distortion.elastic * numbers.reshape(-1, 2, count, count)
    splines = evaluate_splines(distortion.elastic_width)
    return splines.T @ moves @ splines


def distort_images(images: np.ndarray, maps: np.ndarray, bends: np.ndarray | None = None) -> np.ndarray:
    """Apply affine maps and displacements, with bilinear interpolation in the 32x32 field.

    Args:
        images: (N, 28, 28) uint8 as stored, or float32 (N, 1, 32, 32) as the network sees them.
        maps: (N, 2, 3) from `draw_maps`.
        bends: (N, 2, 32, 32) from `draw_bends`; None for none.
    Returns:
        (N, 1, 32, 32) float32 as the network sees them, background -0.1 and ink 1.175.
    """
    middle = (FIELD - 1) / 2
    y, x = np.mgrid[:FIELD, :FIELD] - middle
    # where the ink of each pixel of the field comes from
    moved = np.stack([x.ravel(), y.ravel()]) - maps[:, :, 2:]
    sources = np.linalg.inv(maps[:, :, :2]) @ moved + middle
    if bends is not None:
        sources += bends.reshape(sources.shape)
    source_x, source_y = sources.swapaxes(0, 1)
    # one row or column of background around the field, for what comes from outside
    stored = images.dtype == np.uint8
    field = images if stored else images[:, 0]
    around = BORDER + 1 if stored else 1
    outside = 0 if stored else np.float32(PIXEL_OFFSET)
    field = np.pad(field, ((0, 0), (around, around), (around, around)), constant_values=outside)
    source_x, source_y = (np.clip(source, -1, FIELD) + 1 for source in (source_x, source_y))
    left, top = (np.minimum(source.astype(np.intp), FIELD) for source in (source_x, source_y))
    right_weight, lower_weight = (source_x - left).astype(np.float32), (source_y - top).astype(np.float32)
    side = FIELD + 2
    index = np.arange(len(images))[:, None] * side * side + top * side + left
    pixels = field.astype(np.float32).ravel()
    upper = pixels[index] + right_weight * (pixels[index + 1] - pixels[index])
    lower = pixels[index + side] + right_weight * (pixels[index + side + 1] - pixels[index + side])
    grey = upper + lower_weight * (lower - upper)
    grey = grey.reshape(-1, 1, FIELD, FIELD)
    return grey * np.float32(PIXEL_SCALE) + np.float32(PIXEL_OFFSET) if stored else grey
