"""Draw the ten sample digits of `lenet.samples` from the pen strokes below: python -m tools.draw_samples."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from lenet.images.hands import follow

SIDE = 112  # pixels
INK, PAPER = 58, 238  # luminance
PEN = 5.0  # pixels, the radius of a round pen
PLACES = 24  # of a curve from one of its points to the next

# Each digit: its strokes in the order a hand writes them; a curve's points (x, y), 0 to 100 from the top left
STROKES: dict[int, list[list[tuple[int, int]]]] = {
    0: [[(57, 14), (41, 17), (29, 37), (26, 62), (36, 83), (53, 87), (69, 71), (74, 45), (66, 21), (52, 12)]],
    1: [[(40, 27), (47, 22), (56, 12)], [(56, 12), (54, 36), (50, 63), (48, 89)]],
    2: [
        [(29, 31), (36, 16), (54, 12), (68, 24), (64, 43), (48, 64), (27, 85)],
        [(27, 85), (50, 82), (76, 85)],
    ],
    3: [
        [(30, 19), (46, 11), (64, 18), (66, 33), (54, 44), (43, 47)],
        [(43, 47), (62, 50), (71, 66), (61, 84), (42, 89), (27, 79)],
    ],
    4: [[(43, 11), (35, 34), (25, 57)], [(25, 57), (50, 57), (78, 54)], [(63, 33), (60, 60), (58, 90)]],
    5: [
        [(71, 13), (55, 14), (38, 16)],
        [(38, 16), (35, 29), (32, 45)],
        [(32, 45), (48, 39), (66, 46), (70, 64), (59, 82), (41, 88), (26, 80)],
    ],
    6: [[(63, 11), (46, 26), (33, 49), (30, 71), (42, 87), (60, 84), (69, 70), (60, 57), (46, 57), (32, 70)]],
    7: [[(26, 19), (48, 17), (73, 15)], [(73, 15), (61, 39), (51, 63), (45, 90)]],
    8: [
        [(66, 23), (52, 12), (37, 20), (39, 35), (54, 48), (68, 63), (64, 82), (48, 89), (34, 80), (36, 65)],
        [(48, 89), (34, 80), (36, 65), (50, 50), (63, 37), (65, 24)],
    ],
    9: [
        [(66, 27), (54, 14), (38, 20), (31, 36), (41, 50), (56, 46), (66, 27)],
        [(67, 24), (66, 48), (61, 70), (55, 90)],
    ],
}


def draw_digit(
    strokes: Sequence[np.ndarray | list[tuple[int, int]]], seed: int, side: int = SIDE, pen: float = PEN
) -> np.ndarray:
    """One digit in grey ink on paper.

    Args:
        strokes: the points of each stroke, 0 to 100.
        seed: chooses the unsteadiness of the hand and the paper's grain.
        side: pixels, of the square picture.
        pen: pixels, the pen's radius.
    Returns:
        (side, side) uint8.
    """
    random = np.random.default_rng(seed)
    ink = np.zeros((side, side))
    for points in strokes:
        path = follow(np.array(points, float) * side / 100, PLACES)
        ink = np.maximum(ink, cover(_tremble(path, random, side), _press(path, random, pen), side))
    grain = random.integers(-3, 4, (side, side))
    shade = np.linspace(0, 6, side)[:, None] + np.linspace(
        0, 4, side
    )  # the light falls off to the lower right
    picture: np.ndarray = np.rint(PAPER - shade - ink * (PAPER - INK) + grain * (1 - ink / 2)).astype(
        np.uint8
    )
    return picture


def _tremble(path: np.ndarray, random: np.random.Generator, side: int) -> np.ndarray:
    return path + _wander(len(path), random)[:, :2] * side * 0.007


def _press(path: np.ndarray, random: np.random.Generator, pen: float) -> np.ndarray:
    """The pen's radius along a path: full at the start, lighter where the hand lifts."""
    lift = 1 - 0.22 * np.linspace(0, 1, len(path)) ** 3
    return pen * lift * (1 + 0.08 * _wander(len(path), random)[:, 2])


def _wander(length: int, random: np.random.Generator) -> np.ndarray:
    """Three slow curves of about -1 to 1: (length, 3)."""
    turns, starts = random.uniform(1, 3, 3) * length / 240, random.uniform(0, 2 * np.pi, 3)
    return np.sin(np.linspace(0, 2 * np.pi, length)[:, None] * turns + starts)


def cover(path: np.ndarray, radii: np.ndarray, side: int) -> np.ndarray:
    """How much of each pixel a round pen covers that moves along the path: (side, side), 0 to 1."""
    ys, xs = np.mgrid[:side, :side] + 0.5
    away = np.full((side, side), np.inf)
    for (x, y), radius in zip(path, radii, strict=True):
        away = np.minimum(away, np.hypot(xs - x, ys - y) - radius)
    return np.clip(0.5 - away, 0, 1)


def main() -> None:
    """Write 0.png to 9.png."""
    from PIL import Image

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path(__file__).parents[1] / "src/lenet/samples")
    folder = parser.parse_args().out
    for digit, strokes in STROKES.items():
        Image.fromarray(draw_digit(strokes, seed=digit)).save(folder / f"{digit}.png", optimize=True)


if __name__ == "__main__":
    main()
