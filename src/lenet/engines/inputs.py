"""What every engine accepts: images as stored or as the network sees them; labels or class probabilities."""

from __future__ import annotations

from typing import Any

import numpy as np

from lenet.architecture import BORDER, FIELD, PIXEL_OFFSET, PIXEL_SCALE, STORED, Architecture
from lenet.engines.loss import Loss
from lenet.errors import ShapeError
from lenet.images.distort import DistortedEpoch, distort_images, draw_bends, draw_maps


def check_images(architecture: Architecture, images: np.ndarray, training: bool = False) -> tuple[int, int]:
    """Check images, and compute the size of the map of penalties that they give.

    Args:
        architecture: the network.
        images: uint8 (N, H, W) as stored, without the border of 2; or floating point (N, 1, H, W).
        training: accept only fields of 32x32.
    Returns:
        Rows and columns of the map of penalties; (1, 1) for a 32x32 field.
    Raises:
        ShapeError: another shape or type, or a field that does not fit the network.
    """
    # the most frequent case first, because with a single image every microsecond counts
    if images.shape[1:] == (STORED, STORED) and images.dtype == np.uint8:
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


def check_examples(
    architecture: Architecture, images: np.ndarray, targets: np.ndarray, loss: Loss | None = None
) -> None:
    """Check images to learn from, with their targets.

    Args:
        architecture: the network.
        images: as for `check_images`, with fields of 32x32.
        targets: as for `check_targets`.
        loss: what is to be differentiated; None where `Engine.start` has checked it.
    Raises:
        ShapeError: images or targets of another shape or type.
        RecipeError: a loss that this architecture's output cannot have.
    """
    check_images(architecture, images, training=True)
    check_targets(architecture, targets, len(images))
    if loss:
        loss.check(architecture)


def check_order(
    order: np.ndarray, rates: np.ndarray, count: int, distortion: DistortedEpoch | None = None
) -> None:
    """Check which images are to be used in which step, and at what rate.

    Args:
        order: (steps, batch) indices of images, or of patterns where there is a distortion.
        rates: (steps,) learning rates.
        count: number of images.
        distortion: how the images are distorted; then indices from `count` on show the same images again.
    Raises:
        ShapeError: another shape, no image in a step, or an index without an image.
    """
    if order.ndim != 2 or not order.shape[1]:
        raise ShapeError("engine.batch", shape=order.shape)
    if len(rates) != len(order):
        raise ShapeError("engine.rates", rates=len(rates), steps=len(order))
    if order.size:
        low, high = int(order.min()), int(order.max())
        last = (2**31 if distortion and count else count) - 1
        if not 0 <= low <= high <= last:
            raise ShapeError("engine.order", low=low, high=high, last=last)


def scale_images(images: np.ndarray, dtype: Any) -> np.ndarray:
    """Turn images into what the network sees: stored bytes get a border and the paper's grey levels.

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
        images: of the training set, as `check_images` accepts them.
        targets: of these images, as `check_targets` accepts them.
        order: (steps, batch) patterns of the epoch.
        distortion: how the images of this epoch are distorted.
        dtype: float32 or float64.
    Returns:
        What the patterns show, in their order: images of `dtype` (steps * batch, 1, 32, 32), their targets,
        and (steps, batch) int32, indices into both.
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
        targets: (count,) integer labels below `classes`, or (count, classes) class probabilities.
        count: how many images there are.
    Raises:
        ShapeError: another shape or type, or a label that is not a class.
    """
    classes = architecture.classes
    labels = targets.shape == (count,) and targets.dtype.kind in "iu"
    probabilities = targets.shape == (count, classes) and targets.dtype.kind == "f"
    if not (labels or probabilities):
        raise ShapeError(
            "shape.targets", shape=targets.shape, dtype=targets.dtype, count=count, classes=classes
        )
    if labels and count:
        for label in (targets.min(), targets.max()):
            if not 0 <= label < classes:
                raise ShapeError("shape.label", label=int(label), last=classes - 1)


def one_hot(targets: np.ndarray, classes: int, dtype: Any) -> np.ndarray:
    """Encode labels as one-hot rows; class probabilities stay as they are.

    Args:
        targets: as `check_targets` accepts them.
        classes: how many there are.
        dtype: float32 or float64.
    Returns:
        (N, classes) of `dtype`, rows that add up to 1.
    """
    if targets.ndim == 2:
        return targets.astype(dtype, copy=False)
    encoded = np.zeros((len(targets), classes), dtype)
    encoded[np.arange(len(targets)), targets] = 1
    return encoded
