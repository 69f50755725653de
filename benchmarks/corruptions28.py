"""Corruptions of the 28x28 picture itself, after the kinds of MNIST-C, made by a generator of our own.

The names of the kinds are those of Mu and Gilmer, "MNIST-C: a robustness benchmark for computer vision",
2019; their code and their pictures were not used. The generator was committed before the clean-up was tuned
on it.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
from scipy import ndimage

Ink = np.ndarray  # (28, 28) float, 0 to 1, light ink on black
Spoil = Callable[[Ink, np.random.Generator], Ink]


def _warp(ink: Ink, matrix: np.ndarray, shift: tuple[float, float] = (0, 0)) -> Ink:
    middle = (np.array(ink.shape) - 1) / 2
    return ndimage.affine_transform(ink, matrix, middle - matrix @ (middle + shift), order=1)


def _rotate(ink: Ink, random: np.random.Generator) -> Ink:
    angle = np.deg2rad(random.choice([-1, 1]) * random.uniform(15, 30))
    return _warp(ink, np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]))


def _shear(ink: Ink, random: np.random.Generator) -> Ink:
    return _warp(ink, np.array([[1, 0], [random.choice([-1, 1]) * random.uniform(0.3, 0.6), 1]]))


def _scale(ink: Ink, random: np.random.Generator) -> Ink:
    return _warp(ink, np.diag(random.uniform(1.3, 1.9, 2)))


def _translate(ink: Ink, random: np.random.Generator) -> Ink:
    return _warp(ink, np.eye(2), tuple(random.choice([-1, 1], 2) * random.uniform(2, 5, 2)))


def _shoot(ink: Ink, random: np.random.Generator) -> Ink:
    return random.poisson(np.maximum(ink, 0) * 12 + 0.6) / 12


def _pepper(ink: Ink, random: np.random.Generator) -> Ink:
    drawn = random.random(ink.shape)
    return np.where(drawn < 0.05, 1.0, np.where(drawn > 0.95, 0.0, ink))


def _shatter(ink: Ink, random: np.random.Generator) -> Ink:
    """Glass: pixels change places with near ones, then blur."""
    ys, xs = np.indices(ink.shape)
    moved = [np.clip(grid + random.integers(-1, 2, ink.shape), 0, 27) for grid in (ys, xs)]
    return ndimage.gaussian_filter(ink[tuple(moved)], 0.6)


def _move(ink: Ink, random: np.random.Generator) -> Ink:
    """Motion: the mean along a line of 7 pixels."""
    angle = random.uniform(0, np.pi)
    steps = np.linspace(-3, 3, 7)
    return np.mean(
        [ndimage.shift(ink, (step * np.sin(angle), step * np.cos(angle)), order=1) for step in steps], 0
    )


def _brighten(ink: Ink, random: np.random.Generator) -> Ink:
    return np.clip(ink + random.uniform(0.3, 0.6), 0, 1)


def _stripe(ink: Ink, random: np.random.Generator) -> Ink:
    """An upright stripe in the middle of the picture, turned into its negative."""
    start, width = int(random.integers(9, 14)), int(random.integers(4, 7))
    striped = ink.copy()
    striped[:, start : start + width] = 1 - striped[:, start : start + width]
    return striped


def _fog(ink: Ink, random: np.random.Generator) -> Ink:
    cloud = sum(ndimage.gaussian_filter(random.normal(size=ink.shape), width) * width for width in (2, 4, 8))
    cloud = (cloud - cloud.min()) / np.ptp(cloud)
    return (ink + 0.9 * cloud) / 1.9


def _spatter(ink: Ink, random: np.random.Generator) -> Ink:
    drops = ndimage.gaussian_filter(random.normal(size=ink.shape), 1)
    return np.maximum(ink, (drops > np.quantile(drops, 0.94)) * random.uniform(0.5, 1))


def _dot(ink: Ink, random: np.random.Generator) -> Ink:
    """A dotted line from one side to the other."""
    return _draw_line(ink, [(0, random.uniform(4, 24)), (27, random.uniform(4, 24))], 3)


def _zigzag(ink: Ink, random: np.random.Generator) -> Ink:
    turns = [(x, 14 + (-1) ** k * random.uniform(3, 8)) for k, x in enumerate(np.linspace(1, 26, 6))]
    return _draw_line(ink, turns, 1)


def _draw_line(ink: Ink, corners: list[tuple[float, float]], every: int) -> Ink:
    drawn = ink.copy()
    for (x0, y0), (x1, y1) in pairwise(corners):
        count = int(max(abs(x1 - x0), abs(y1 - y0))) + 1
        for k in range(0, count, every):
            y, x = y0 + (y1 - y0) * k / count, x0 + (x1 - x0) * k / count
            drawn[int(np.clip(round(y), 0, 27)), int(np.clip(round(x), 0, 27))] = 1
    return drawn


def _edge(ink: Ink, _: np.random.Generator) -> Ink:
    """Only the outlines."""
    mask = ink > 0.5
    return (mask & ~ndimage.binary_erosion(mask)).astype(float)


CORRUPTIONS28: dict[str, Spoil] = {
    "shot noise": _shoot,
    "impulse noise": _pepper,
    "glass blur": _shatter,
    "motion blur": _move,
    "shear": _shear,
    "scale": _scale,
    "rotate": _rotate,
    "brightness": _brighten,
    "translate": _translate,
    "stripe": _stripe,
    "fog": _fog,
    "spatter": _spatter,
    "dotted line": _dot,
    "zigzag": _zigzag,
    "canny edges": _edge,
}


def spoil(name: str, ink: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """One digit, spoilt.

    Args:
        name: one of `CORRUPTIONS28`.
        ink: (28, 28) uint8, a digit of MNIST.
        random: decides everything that is random.
    Returns:
        (28, 28) float, 0 to 255.
    """
    return np.clip(CORRUPTIONS28[name](ink / 255, random), 0, 1) * 255
