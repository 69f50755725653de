"""Training images once more, each redrawn with a pen of its own: what a person's pen may look like."""

from __future__ import annotations

from collections.abc import Generator

import numpy as np

from lenet.data.examples import Examples
from lenet.images.pens import redraw_digit
from lenet.randomness import Purpose, draw_uniform

THINNEST, THICKEST = 0.5, 2.0  # times as thick as it was
STRETCH = 150  # copies: about a quarter of a second


def add_pens(examples: Examples, copies: int, seed: int) -> Generator[int, None, Examples]:
    """The examples, and behind them redrawn copies of all of them; about 1.5 ms for each copy.

    Args:
        examples: what is trained on.
        copies: of each, 0 for none; the pen of every copy is drawn uniformly from half to double thickness.
        seed: of the pens, 0 to 2^64 - 1.
    Yields:
        From time to time, how many copies are drawn.
    Returns:
        (copies + 1) times as many examples.
    Assumption:
        The paper redraws nothing: that it is uniform is our choice.
    """
    if not copies:
        return examples
    count = len(examples)
    images = np.concatenate([examples.images] * (copies + 1))
    for copy in range(copies):
        shares = draw_uniform(seed, Purpose.PEN, copy, np.arange(count), 1)[:, 0]
        factors = THINNEST + (THICKEST - THINNEST) * shares
        for index, factor in enumerate(factors.tolist()):
            images[(copy + 1) * count + index] = redraw_digit(examples.images[index], factor)
            if (drawn := copy * count + index + 1) % STRETCH == 0:
                yield drawn
    return Examples(images, np.tile(examples.labels, copies + 1))
