"""Draw docs/figures/numbers.png, numbers written on ruled paper: python -m tools.draw_numbers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from lenet.images.hands import follow
from tools.draw_samples import PLACES, STROKES, cover

NUMBERS = Path(__file__).parents[1] / "docs" / "figures" / "numbers.png"
HEIGHT, WIDTH = 500, 640
# number, its left edge and baseline in pixels, its height, and pixels from digit to digit
ROWS = [
    ("3850", 40, 172, 74, 58),
    ("724", 400, 166, 70, 54),
    ("61903", 60, 300, 78, 47),
    ("2475", 90, 428, 72, 56),
]
SEED = 5


def draw_numbers() -> np.ndarray:
    """(H, W) uint8: four numbers in three rows, dark ink on lit and ruled paper."""
    random = np.random.default_rng(SEED)
    ink = np.zeros((HEIGHT, WIDTH))
    for number, left, base, height, step in ROWS:
        for place, symbol in enumerate(number):
            corner = (left + place * step + random.uniform(-2, 2), base - height + random.uniform(-3, 3))
            _write(ink, int(symbol), corner, height, random)
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    lines = np.clip(1.5 - np.abs((y + 0.02 * x) % 128 - 64), 0, 1)
    paper = 236 - 30 * x / WIDTH - 14 * y / HEIGHT
    page = paper * (1 - 0.22 * lines) * (1 - 0.78 * ink) + random.normal(0, 3, ink.shape)
    drawn: np.ndarray = np.clip(np.rint(page), 0, 255).astype(np.uint8)
    return drawn


def _write(
    ink: np.ndarray, digit: int, corner: tuple[float, float], height: float, random: np.random.Generator
) -> None:
    side = int(height * 1.3)
    slant, pen = random.uniform(-0.05, 0.2), random.uniform(2.6, 3.6)
    for points in STROKES[digit]:
        path = np.array(points, float) + random.normal(0, 1.6, (len(points), 2))
        path[:, 0] -= slant * (path[:, 1] - 50)
        curve = (path + np.array([5, -8])) * height / 80
        stroke = cover(follow(curve, PLACES), np.full((len(points) - 1) * PLACES, pen), side)
        top, left = (round(edge) for edge in corner[::-1])
        part = ink[top : top + side, left : left + side]
        np.maximum(part, stroke[: part.shape[0], : part.shape[1]], out=part)


def main() -> None:
    """Write the picture."""
    Image.fromarray(draw_numbers()).save(NUMBERS, optimize=True)


if __name__ == "__main__":
    main()
