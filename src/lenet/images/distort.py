"""Random planar affine distortions of training images, each drawn for its seed, pass and sample.

Source: LeCun et al. 1998, section III.B: translations, scaling, squeezing and horizontal shearing.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from numbers import Real

import numpy as np

from lenet.architecture import BORDER, FIELD, PIXEL_OFFSET, PIXEL_SCALE
from lenet.errors import RecipeError
from lenet.randomness import Purpose, draw_uniform


@dataclass(frozen=True)
class Distortion:
    """How far images are distorted; every amount is drawn uniformly between minus and plus its limit.

    Args:
        scale: of both axes, as a share: 0.3 for 0.7 to 1.3 times the size.
        squeeze: of one axis, with the other one stretched by the inverse, as a share.
        shear: pixels to the side for each pixel up or down.
        shift: pixels, along each axis.
    Raises:
        RecipeError: a limit below 0, or so large that digits vanish.
    Assumption:
        The paper gives no ranges and no distributions.
    """

    scale: float = 0.0
    squeeze: float = 0.0
    shear: float = 0.0
    shift: float = 0.0

    def __post_init__(self) -> None:
        for name, most in (("scale", 0.9), ("squeeze", 0.9), ("shear", 2), ("shift", 16)):
            value = getattr(self, name)
            number = isinstance(value, Real) and not isinstance(value, bool)
            if not (number and 0 <= value <= most):
                raise RecipeError("recipe.range", name=f"distortion.{name}", value=value, range=f"0 - {most}")
            object.__setattr__(self, name, float(value) + 0.0)  # + 0.0: there is no -0.0

    def __bool__(self) -> bool:
        return any(asdict(self).values())


@dataclass(frozen=True)
class DistortedPass:
    """A pass over distorted images: which distortions, and which of their draws.

    Pattern p of a pass shows image p % N of the training set's N, so a pass may show each several times,
    distorted differently.

    Args:
        limits: how far images are distorted.
        seed: of the draws, 0 to 2^64 - 1.
        pass_: the pass, from 0.
        plain: so many patterns, from 0 on, stay as they are.
    """

    limits: Distortion
    seed: int
    pass_: int
    plain: int = 0


def draw_maps(distortion: Distortion, seed: int, pass_: int, samples: np.ndarray) -> np.ndarray:
    """The affine map of each sample, from a point of the original to its place in the distorted image.

    Args:
        distortion: the limits.
        seed: 0 to 2^64 - 1.
        pass_: the pass, from 0.
        samples: (N,) patterns of the pass, see `DistortedPass`.
    Returns:
        (N, 2, 3) float64: (x', y') = m[:, :2] (x, y) + m[:, 2], in pixels from the middle of the field.
    """
    numbers = 2 * draw_uniform(seed, Purpose.DISTORTION, pass_, samples, 5) - 1
    scale, squeeze = 1 + distortion.scale * numbers[:, 0], 1 + distortion.squeeze * numbers[:, 1]
    maps = np.zeros((len(samples), 2, 3))
    maps[:, 0, 0], maps[:, 1, 1] = scale * squeeze, scale / squeeze
    maps[:, 0, 1] = distortion.shear * numbers[:, 2]
    maps[:, :, 2] = distortion.shift * numbers[:, 3:]
    return maps


def distort_images(images: np.ndarray, maps: np.ndarray) -> np.ndarray:
    """Move every pixel by its image's map, with bilinear interpolation in the 32x32 field.

    Args:
        images: (N, 28, 28) uint8 as stored, or float32 (N, 1, 32, 32) as the network sees them.
        maps: (N, 2, 3) from `draw_maps`.
    Returns:
        (N, 1, 32, 32) float32 as the network sees them, background -0.1 and ink 1.175.
    """
    middle = (FIELD - 1) / 2
    y, x = np.mgrid[:FIELD, :FIELD] - middle
    # where the ink of each place of the field comes from
    places = np.stack([x.ravel(), y.ravel()]) - maps[:, :, 2:]
    source_x, source_y = (np.linalg.inv(maps[:, :, :2]) @ places).swapaxes(0, 1) + middle
    # one more row and column than the field on every side: the background that lies outside
    stored = images.dtype == np.uint8
    field = images if stored else images[:, 0]
    around = BORDER + 1 if stored else 1
    outside = 0 if stored else np.float32(PIXEL_OFFSET)
    field = np.pad(field, ((0, 0), (around, around), (around, around)), constant_values=outside)
    source_x, source_y = (np.clip(source, -1, FIELD) + 1 for source in (source_x, source_y))
    left, top = (np.minimum(source.astype(np.intp), FIELD) for source in (source_x, source_y))
    right_share, lower_share = (source_x - left).astype(np.float32), (source_y - top).astype(np.float32)
    side = FIELD + 2
    index = np.arange(len(images))[:, None] * side * side + top * side + left
    pixels = field.astype(np.float32).ravel()
    upper = pixels[index] + right_share * (pixels[index + 1] - pixels[index])
    lower = pixels[index + side] + right_share * (pixels[index + side + 1] - pixels[index + side])
    grey = upper + lower_share * (lower - upper)
    grey = grey.reshape(-1, 1, FIELD, FIELD)
    return grey * np.float32(PIXEL_SCALE) + np.float32(PIXEL_OFFSET) if stored else grey
