"""Images, the picture of F6 and the distances to the codes, drawn with characters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from lenet.codes import CODE_HEIGHT, CODE_WIDTH
from lenet.explain.recognition import format_distance
from lenet.texts import say

SHADES = " ░▒▓█"
BAR = 40  # columns


def draw_image(image: np.ndarray) -> Iterator[str]:
    """28x28 grey levels, two rows per line: the cells of a terminal are twice as high as wide."""
    levels = image.reshape(14, 2, 28).mean(axis=1) / 256 * len(SHADES)
    return (("    " + "".join(SHADES[level] for level in row)).rstrip() for row in levels.astype(int))


def draw_code(units: np.ndarray, paper: float = -1) -> list[str]:
    """84 states as a picture of 7x12, two columns per unit.

    Args:
        units: (84,).
        paper: the state that means paper, -1 or 0; ink is 1.
    """
    shares = np.clip((units.reshape(CODE_HEIGHT, CODE_WIDTH) - paper) / (1 - paper), 0, 1)
    levels = np.minimum(shares * len(SHADES), len(SHADES) - 1).astype(int)
    return ["".join(SHADES[level] * 2 for level in row) for row in levels]


def join_pictures(*pictures: Sequence[str]) -> Iterator[str]:
    """Pictures of equal height side by side."""
    return ("    " + "      ".join(rows) for rows in zip(*pictures, strict=True))


def pad(text: str, width: int) -> str:
    """A text padded with spaces to a width in columns; a Chinese character takes two."""
    from rich.cells import cell_len

    return text + " " * (width - cell_len(text))


def draw_penalties(penalties: Mapping[str, float], key: str = "demo.smallest") -> Iterator[str]:
    """A bar per class; the smallest is marked.

    Args:
        penalties: by label, none negative.
        key: of the mark's sentence.
    """
    most, best = max(penalties.values()), min(penalties, key=lambda label: penalties[label])
    for label, penalty in penalties.items():
        bar = "█" * max(1, round(penalty / most * BAR))
        mark = f" <- {say(key)}" if label == best else ""
        yield f"    {label} {format_distance(penalty):>7} {bar}{mark}"
