"""Draw every hand of `lenet.images.hands` as a sheet to look at: python -m tools.draw_hands."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from lenet.architecture import STORED
from lenet.images.hands import NUMBERS, PENS, draw_hand, load_hands
from lenet.randomness import Purpose, draw_uniform

ROOT = Path(__file__).parents[1]
SEED = 5
GAP = 3  # pixels between two digits
BLOCKS = 3  # of hands side by side


def draw_sheet(each: int, seed: int = SEED) -> np.ndarray:
    """Digits of every hand, one hand a row: (H, W) uint8, black on white.

    Args:
        each: digits of every hand; the pens take turns.
        seed: of everything random.
    """
    rows = []
    for number, hand in enumerate(load_hands().values()):
        draws = draw_uniform(seed, Purpose.HAND, number, np.arange(each), NUMBERS)
        digits = [
            draw_hand(hand, PENS[place % len(PENS)], iter(row)) for place, row in enumerate(draws.tolist())
        ]
        rows.append(np.concatenate([np.pad(digit, GAP) for digit in digits], axis=1))
    rows += [np.zeros_like(rows[0])] * (-len(rows) % BLOCKS)
    height = len(rows) // BLOCKS
    blocks = [np.concatenate(rows[start : start + height]) for start in range(0, len(rows), height)]
    sheet: np.ndarray = 255 - np.concatenate(
        [np.pad(block, ((0, 0), (0, STORED // 2))) for block in blocks], 1
    )
    return sheet


def main() -> None:
    """Write the sheet as PNG, twice as large."""
    from PIL import Image

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--each", type=int, default=12, help="digits of every hand")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--out", type=Path, default=ROOT / "docs/figures/hands.png")
    given = parser.parse_args()
    sheet = Image.fromarray(draw_sheet(given.each, given.seed))
    sheet.resize((2 * sheet.width, 2 * sheet.height), Image.Resampling.BILINEAR).quantize(16).save(
        given.out, optimize=True
    )


if __name__ == "__main__":
    main()
