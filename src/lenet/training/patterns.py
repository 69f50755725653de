"""What an epoch shows the network: which patterns, in which order, and how they are distorted.

A pattern is a training image or one of its distorted copies: of N images, pattern k shows image k % N.
"""

from __future__ import annotations

import numpy as np

from lenet.images.distort import DistortedEpoch
from lenet.randomness import Purpose, draw_order
from lenet.training.recipe import Recipe


def order_patterns(recipe: Recipe, seed: int, images: int, epoch: int) -> np.ndarray:
    """Indices of an epoch's patterns, in the order in which they are shown.

    Args:
        recipe: its `order`, `copies` and `patterns` decide.
        seed: of the training.
        images: number of training images, those redrawn with other pens included.
        epoch: from 0.
    """
    patterns = images * recipe.copies
    length = patterns if recipe.patterns == "all" else images
    round_, part = divmod(epoch, patterns // length)
    order = draw_order(seed, round_ if recipe.order == "shuffled" else 0, patterns)
    return order[part * length : (part + 1) * length]


def distort_patterns(recipe: Recipe, seed: int, images: int, epoch: int) -> DistortedEpoch | None:
    """How the patterns of an epoch are distorted; None if they are not.

    Args:
        recipe: its `distortion` and `copies` decide.
        seed: of the training.
        images: number of training images, those redrawn with other pens included.
        epoch: from 0.
    """
    if not recipe.distortion:
        return None
    fixed = recipe.copies > 1
    return DistortedEpoch(recipe.distortion, seed, *((0, images) if fixed else (epoch, 0)))


def choose_patterns(recipe: Recipe, seed: int, images: int, epoch: int) -> np.ndarray:
    """Indices of the patterns that the curvature is measured on before an epoch, at random.

    Args:
        recipe: its `curvature_samples` and `copies` decide.
        seed: of the training.
        images: number of training images, those redrawn with other pens included.
        epoch: from 0.
    """
    order = draw_order(seed, epoch, images * recipe.copies, Purpose.SUBSET)
    return order[: recipe.curvature_samples]
