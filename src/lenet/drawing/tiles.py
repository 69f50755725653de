"""Small pictures inside a page: stored images and kernels."""

from __future__ import annotations

import base64
from io import BytesIO

import numpy as np


def draw_image(image: np.ndarray) -> str:
    """A stored image as the address of an inline PNG, ink black on white.

    Args:
        image: (H, W) uint8, ink 255 on background 0.
    """
    from PIL import Image

    content = BytesIO()
    Image.fromarray(255 - image).save(content, "PNG", optimize=True)
    return f"data:image/png;base64,{base64.b64encode(content.getvalue()).decode()}"


def draw_kernel(weights: np.ndarray, label: str) -> str:
    """A kernel as SVG: a square for each weight, as large as it is strong; filled if positive, else hollow.

    Args:
        weights: (h, w), -1 to 1.
        label: for those who cannot see it; safe inside HTML.
    """
    squares = []
    for (row, column), weight in np.ndenumerate(weights):
        # the area stands for the weight; a hollow square's outline lies inside of it
        side = 0.9 * float(np.sqrt(abs(weight)))
        side, name = (side, "plus") if weight > 0 else (max(side - 0.1, 0.02), "minus")
        x, y = column + 0.5 - side / 2, row + 0.5 - side / 2
        place = f'x="{x:.3f}" y="{y:.3f}" width="{side:.3f}" height="{side:.3f}"'
        squares.append(f'<rect class="{name}" {place}/>')
    height, width = weights.shape
    box = f'viewBox="-.1 -.1 {width + 0.2:g} {height + 0.2:g}"'
    return f'<svg role="img" aria-label="{label}" {box}>{"".join(squares)}</svg>'
