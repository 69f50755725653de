"""What a recipe adds to the training images: other pens, digits of other hands, damaged images."""

from __future__ import annotations

from collections.abc import Generator

import numpy as np

from lenet.architecture import STORED
from lenet.codes import DIGITS
from lenet.data.examples import Examples
from lenet.errors import RecipeError
from lenet.images.damage import damage_digits
from lenet.images.hands import draw_digit
from lenet.images.pens import redraw_digit
from lenet.randomness import Purpose, draw_uniform
from lenet.training.recipe import Recipe

THINNEST, THICKEST = 0.5, 2.0  # times as thick as it was
STRETCH = 150  # images: about a quarter of a second


def check_hands(recipe: Recipe, labels: tuple[str, ...]) -> None:
    """Refuse a recipe that adds drawn digits to data of other classes.

    Args:
        recipe: its `hands` decide.
        labels: the classes of the data.
    Raises:
        RecipeError: there are hands, and the classes are not the ten digits.
    """
    if recipe.hands and labels != DIGITS:
        raise RecipeError("recipe.hands", name=recipe.name, hands=recipe.hands, labels=" ".join(labels[:12]))


def add_images(examples: Examples, recipe: Recipe, seed: int) -> Generator[int, None, Examples]:
    """The examples, and behind them all images that a recipe adds; about 1.5 ms for each.

    Args:
        examples: what is trained on.
        recipe: its `pens`, `hands` and `damage` decide.
        seed: of everything random in them, 0 to 2^64 - 1.
    Yields:
        From time to time, how many images are added so far.
    Returns:
        `recipe.count_images` examples: the given ones, then those of the three functions below.
    """
    count = len(examples)
    hands, damaged = round(recipe.hands * count), round(recipe.damage * count)
    if not (recipe.pens or hands or damaged):
        return examples
    parts = [
        examples,
        (yield from draw_pens(examples, recipe.pens, seed)),
        (yield from draw_hands(hands, seed, recipe.pens * count)),
        (yield from draw_damage(examples, damaged, seed, recipe.pens * count + hands)),
    ]
    images, labels = (
        np.concatenate([getattr(part, name) for part in parts]) for name in ("images", "labels")
    )
    return Examples(images, labels.astype(examples.labels.dtype))


def draw_pens(examples: Examples, copies: int, seed: int) -> Generator[int, None, Examples]:
    """Added copies of all examples, each with a pen of its own.

    Args:
        examples: what is redrawn.
        copies: of each; the pen of every copy is drawn uniformly from half to double thickness.
        seed: of the pens.
    Yields:
        How many copies are drawn.
    Returns:
        `copies` times as many examples.
    Assumption:
        The paper redraws nothing: that it is uniform is our choice.
    """
    count = len(examples)
    images = np.concatenate([examples.images] * copies) if copies else examples.images[:0]
    for copy in range(copies):
        shares = draw_uniform(seed, Purpose.PEN, copy, np.arange(count), 1)[:, 0]
        factors = THINNEST + (THICKEST - THINNEST) * shares
        for index, factor in enumerate(factors.tolist()):
            images[copy * count + index] = redraw_digit(examples.images[index], factor)
            if (drawn := copy * count + index + 1) % STRETCH == 0:
                yield drawn
    return Examples(images, np.tile(examples.labels, copies))


def draw_hands(count: int, seed: int, before: int = 0) -> Generator[int, None, Examples]:
    """Digits as other hands write them.

    Args:
        count: how many.
        seed: of the hands.
        before: how many images were added before.
    Yields:
        How many images are added.
    """
    images, labels = np.empty((count, STORED, STORED), np.uint8), np.empty(count, np.int64)
    for index in range(count):
        images[index], labels[index] = draw_digit(index, seed)
        if (index + 1) % STRETCH == 0:
            yield before + index + 1
    return Examples(images, labels)


def draw_damage(examples: Examples, count: int, seed: int, before: int = 0) -> Generator[int, None, Examples]:
    """Damaged versions of some examples, evenly chosen among all.

    Args:
        examples: what is damaged.
        count: how many.
        seed: of the damage.
        before: how many images were added before.
    Yields:
        How many images are added.
    """
    chosen = np.arange(count) * len(examples) // max(count, 1)
    images = np.empty((count, STORED, STORED), np.uint8)
    for start in range(0, count, STRETCH):
        own = chosen[start : start + STRETCH]
        images[start : start + STRETCH] = damage_digits(examples.images[own], seed, start)
        yield before + start + len(own)
    return Examples(images, examples.labels[chosen])
