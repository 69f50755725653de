"""What every engine takes: images as stored or as the network sees them, labels or shares as targets."""

from __future__ import annotations

from typing import Any

import numpy as np

from lenet.architecture import BORDER, FIELD, PIXEL_OFFSET, PIXEL_SCALE, Architecture
from lenet.errors import ShapeError
from lenet.images.distort import DistortedEpoch, distort_images, draw_bends, draw_maps

STORED = (FIELD - 2 * BORDER, FIELD - 2 * BORDER)


def check_images(architecture: Architecture, images: np.ndarray, training: bool = False) -> tuple[int, int]:
    """Find out how many places the network looks at on these images.

    Args:
        architecture: the network.
        images: uint8 (N, H, W) as stored, without the border of 2; or floating point (N, 1, H, W).
        training: only fields of 32x32 can be trained on.
    Returns:
        Rows and columns of the map of penalties; (1, 1) for a 32x32 field.
    Raises:
        ShapeError: another shape or type, or a field that the network does not fit.
    """
    # the most frequent by far, and for a single image microseconds count
    if images.shape[1:] == STORED and images.dtype == np.uint8:
        return 1, 1
    stored = images.dtype == np.uint8 and images.ndim == 3
    seen = images.dtype.kind == "f" and images.ndim == 4 and images.shape[1] == 1
    if not (stored or seen):
        raise ShapeError("shape.images", shape=images.shape, dtype=images.dtype)
    border = 2 * BORDER if stored else 0
    height, width = images.shape[-2] + border, images.shape[-1] + border
    if training and (height, width) != (FIELD, FIELD):
        raise ShapeError("shape.training", height=height, width=width)
    return architecture.output_sides(height, width)


def scale_images(images: np.ndarray, dtype: Any) -> np.ndarray:
    """Turn images into what the network sees: stored bytes get their border and the paper's grey levels.

    Args:
        images: as `check_images` accepts them.
        dtype: float32 or float64.
    Returns:
        (N, 1, H, W) of `dtype`, background -0.1 and ink 1.175.
    Source:
        LeCun et al. 1998, section II.B.
    """
    if images.ndim == 4:
        return images.astype(dtype, copy=False)
    field = np.pad(images, ((0, 0), (BORDER, BORDER), (BORDER, BORDER)))[:, None]
    return field.astype(dtype) * dtype(PIXEL_SCALE) + dtype(PIXEL_OFFSET)


def show_patterns(
    images: np.ndarray, targets: np.ndarray, order: np.ndarray, distortion: DistortedEpoch, dtype: Any
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Distort the images of some steps.

    Args:
        images: the training set's, as `check_images` accepts them.
        targets: theirs, as `check_targets` accepts them.
        order: (steps, batch) patterns of the epoch.
        distortion: of which epoch.
        dtype: float32 or float64.
    Returns:
        What the patterns show, in their order: images of `dtype` (steps * batch, 1, 32, 32), their targets,
        and (steps, batch) int32 into both.
    """
    patterns = order.ravel()
    shown = images[patterns % len(images)]
    plain = patterns < distortion.plain
    seen = np.empty((len(patterns), 1, FIELD, FIELD), dtype)
    seen[plain] = scale_images(shown[plain], dtype)
    which = distortion.limits, distortion.seed, distortion.epoch, patterns[~plain]
    seen[~plain] = distort_images(shown[~plain], draw_maps(*which), draw_bends(*which))
    steps = np.arange(len(patterns), dtype=np.int32).reshape(order.shape)
    return seen, targets[patterns % len(targets)], steps


def check_targets(architecture: Architecture, targets: np.ndarray, count: int) -> None:
    """Refuse targets that do not belong to these images and classes.

    Args:
        architecture: the network.
        targets: (count,) whole numbers below `classes`, or (count, classes) shares that add up to 1.
        count: how many images there are.
    Raises:
        ShapeError: another shape or type, or a label that is not a class.
    """
    classes = architecture.classes
    labels = targets.shape == (count,) and targets.dtype.kind in "iu"
    shares = targets.shape == (count, classes) and targets.dtype.kind == "f"
    if not (labels or shares):
        raise ShapeError(
            "shape.targets", shape=targets.shape, dtype=targets.dtype, count=count, classes=classes
        )
    if labels and count:
        for label in (targets.min(), targets.max()):
            if not 0 <= label < classes:
                raise ShapeError("shape.label", label=int(label), last=classes - 1)


def spread_targets(targets: np.ndarray, classes: int, dtype: Any) -> np.ndarray:
    """Targets as shares: a label becomes a row with a single 1.

    Args:
        targets: as `check_targets` accepts them.
        classes: how many there are.
        dtype: float32 or float64.
    Returns:
        (N, classes) of `dtype`.
    """
    if targets.ndim == 2:
        return targets.astype(dtype, copy=False)
    shares = np.zeros((len(targets), classes), dtype)
    shares[np.arange(len(targets)), targets] = 1
    return shares
