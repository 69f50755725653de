"""Between NumPy's arrays and tensors on the device, without loss of precision."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from lenet.architecture import BORDER, PIXEL_OFFSET, PIXEL_SCALE

DTYPES = {torch.float32: np.float32, torch.float64: np.float64}


@contextmanager
def compute_exactly() -> Iterator[None]:
    """Switch TF32 off: on CUDA, PyTorch's convolutions round their inputs to 10 bits by default."""
    with torch.backends.cudnn.flags(enabled=True, deterministic=True, allow_tf32=False):
        yield


def send(array: np.ndarray, like: Tensor) -> Tensor:
    """Copy an array to the device: bytes stay bytes, labels become int64, all else gets the network's dtype.

    Args:
        array: images, labels or class probabilities.
        like: a tensor of the network, with its device and dtype.
    """
    if array.ndim == 1:
        array = array.astype(np.int64, copy=False)
    elif array.dtype != np.uint8:
        array = array.astype(DTYPES[like.dtype], copy=False)
    if not (array.flags.writeable and array.flags.c_contiguous):
        array = array.copy()  # PyTorch has no read-only tensors
    return torch.from_numpy(array).to(like.device)


def scale_images(images: Tensor, dtype: torch.dtype) -> Tensor:
    """Turn images into what the network sees, as `inputs.scale_images`, on the device."""
    if images.dtype != torch.uint8:
        return images
    grey = images[:, None].to(dtype).mul_(PIXEL_SCALE).add_(PIXEL_OFFSET)
    return functional.pad(grey, (BORDER,) * 4, value=PIXEL_OFFSET)
