"""Between the order of axes in this package and that of Keras, channels last."""

from __future__ import annotations

import numpy as np

from lenet.engines.inputs import scale_images


def to_keras(array: np.ndarray) -> np.ndarray:
    """From our order of axes to that of Keras: kernels (5, 5, inputs, maps), matrices (inputs, units)."""
    return array.transpose({4: (2, 3, 1, 0), 2: (1, 0)}.get(array.ndim, range(array.ndim)))


def from_keras(array: np.ndarray) -> np.ndarray:
    """From the order of axes of Keras to ours; the inverse of `to_keras`."""
    return array.transpose({4: (3, 2, 0, 1), 2: (1, 0)}.get(array.ndim, range(array.ndim)))


def prepare_fields(images: np.ndarray) -> np.ndarray:
    """Turn images into what the network sees, channels last.

    Args:
        images: as `check_images` accepts them.
    Returns:
        (N, H, W, 1) float32.
    """
    return np.ascontiguousarray(scale_images(images, np.float32).transpose(0, 2, 3, 1))


def arrange_states(name: str, states: np.ndarray) -> np.ndarray:
    """From channels last to (N, maps, h, w); F6 and the output as vectors for a 32x32 field."""
    if name.partition(".")[0] in {"f6", "output"} and states.shape[1:3] == (1, 1):
        return np.ascontiguousarray(states[:, 0, 0])
    return np.ascontiguousarray(states.transpose(0, 3, 1, 2))
