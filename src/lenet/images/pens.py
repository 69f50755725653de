"""Training images redrawn with another pen, in the form into which a person's picture is brought."""

from __future__ import annotations

import numpy as np

from lenet.architecture import STORED
from lenet.images.geometry import center_by_mass, crop, fit_box
from lenet.images.strokes import DETAIL, change_width, measure_width, set_width

HALF_BLACK = 1.0  # for `find_strokes`: MNIST's ink is black, and the bundled networks were trained on this


def redraw_digit(image: np.ndarray, factor: float) -> np.ndarray:
    """Redraw a digit with another pen, then bring it back into MNIST's form as `normalize_digit` would.

    Args:
        image: (28, 28) uint8, ink up to 255 on 0.
        factor: of the pen's thickness, 0.5 to 2.
    Returns:
        (28, 28) uint8; the image itself where it is blank.
    """
    from PIL import Image

    if not (image > 127).any():
        return image
    side = DETAIL * STORED
    fine = Image.fromarray(image.astype(np.float32) / 255).resize((side, side), Image.Resampling.BICUBIC)
    ink = crop((np.asarray(fine) > 0.5).astype(np.float32))
    change = (factor - 1) * measure_width(ink, HALF_BLACK)
    thick = change_width(np.pad(ink, int(abs(change)) + 2), change, HALF_BLACK)
    redrawn = set_width(crop(thick), HALF_BLACK)
    return center_by_mass(fit_box(255 * crop(redrawn)))
