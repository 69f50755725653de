"""Draw docs/figures/page.jpg, a digit as a telephone sees it: python -m tools.draw_page."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from lenet.samples import read_sample

PAGE = Path(__file__).parents[1] / "docs" / "figures" / "page.jpg"
HEIGHT, WIDTH, DIGIT = 600, 800, 260  # pixels
PAPER = 232.0


def draw_page() -> np.ndarray:
    """(600, 800) uint8: our sample 4 on ruled paper, in the half shadow of a hand."""
    ys, xs = np.mgrid[:HEIGHT, :WIDTH]
    page = np.full((HEIGHT, WIDTH), PAPER)
    page[((ys + 0.02 * xs) % 64) < 3] = 168
    sample = read_sample(4)
    large = Image.fromarray(sample).resize((DIGIT, DIGIT), Image.Resampling.BICUBIC)
    ink = np.asarray(large, np.float64) / np.median(sample)
    page[190 : 190 + DIGIT, 330 : 330 + DIGIT] *= np.clip(ink, 0, 1)
    page *= 1 - 0.45 * xs / WIDTH
    page *= 1 - 0.3 / (1 + np.exp((420 - xs - 0.4 * ys) / 14))
    page += np.random.default_rng(4).normal(0, 5, page.shape)
    return np.clip(page, 0, 255).astype(np.uint8)


if __name__ == "__main__":
    Image.fromarray(draw_page()).save(PAGE, quality=85)
