"""Arrays of images and labels as other programs store them, brought into MNIST's form where that is clear."""

from __future__ import annotations

import numpy as np

PIXELS = 28 * 28
LABEL_COLUMNS = 8  # of QMNIST: the class, then the writer and other facts


def take_images(images: np.ndarray) -> np.ndarray:
    """Images as (N, 28, 28) uint8, if that is what they hold in another form.

    Args:
        images: (N, 784), (N, 28, 28, 1) or (N, 1, 28, 28) too; whole numbers from 0 to 255, floats from 0
            to 1, or truth values.
    Returns:
        The images; the array itself where no single reading is clear.
    """
    shaped = _shape_images(images)
    if shaped.dtype == bool:
        return shaped.astype(np.uint8) * np.uint8(255)
    if shaped.dtype == np.uint8 or shaped.dtype.kind not in "iuf" or not shaped.size:
        return shaped
    least, most = float(shaped.min()), float(shaped.max())
    if not (least >= 0 and most <= 255):  # also where they are no numbers
        return shaped
    if shaped.dtype.kind == "f" and most <= 1:
        return np.rint(shaped * 255).astype(np.uint8)
    whole = shaped.dtype.kind != "f" or bool((shaped == np.rint(shaped)).all())
    return shaped.astype(np.uint8) if whole else shaped


def _shape_images(images: np.ndarray) -> np.ndarray:
    if images.ndim == 2 and images.shape[1] == PIXELS:
        return images.reshape(-1, 28, 28)
    if images.ndim == 4 and images.shape[3] == 1:
        return images[..., 0]
    if images.ndim == 4 and images.shape[1] == 1:
        return images[:, 0]
    return images


def take_labels(labels: np.ndarray) -> np.ndarray:
    """Labels as (N,) integers, if that is what they hold in another form.

    Args:
        labels: (N, 1), one-hot (N, classes), QMNIST's (N, 8), or floats that are whole numbers, too.
    Returns:
        The labels; the array itself where no single reading is clear.
    """
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    elif labels.ndim == 2 and _is_one_hot(labels):
        labels = labels.argmax(axis=1)
    elif labels.ndim == 2 and labels.shape[1] == LABEL_COLUMNS and labels.dtype.kind in "iu":
        labels = labels[:, 0]
    if labels.dtype.kind == "f" and labels.ndim == 1 and bool((labels == np.rint(labels)).all()):
        return labels.astype(np.int64)
    return labels


def _is_one_hot(labels: np.ndarray) -> bool:
    ones = labels == 1
    return bool((ones.sum(axis=1) == 1).all() and ((labels == 0) | ones).all())
