"""What a recipe adds: pens, hands and damage, where they stand, and that a training is over all of them."""

import itertools
from pathlib import Path

import numpy as np
import pytest

from lenet.codes import DIGITS
from lenet.data.examples import Dataset, Examples
from lenet.errors import RecipeError
from lenet.images.damage import damage_digits
from lenet.images.hands import draw_digit
from lenet.images.normalize import normalize_digit
from lenet.images.pens import redraw_digit
from lenet.randomness import Purpose, draw_order, draw_uniform
from lenet.samples import read_sample
from lenet.training.additions import STRETCH, add_images, check_hands
from lenet.training.events import Added
from lenet.training.run import train

from .conftest import RECIPE, SEED, Call, assert_same_bits, finish, make_trainer

TEN = Examples(np.stack([normalize_digit(read_sample(digit)) for digit in range(10)]), np.arange(10))


def draw_all(examples: Examples, copies: int, seed: int, hands: float = 0, damage: float = 0) -> Examples:
    recipe = RECIPE.changed(pens=copies, hands=hands, damage=damage)
    drawing = add_images(examples, recipe, seed)
    while True:
        try:
            next(drawing)
        except StopIteration as finished:
            result: Examples = finished.value
            return result


def test_without_copies_the_examples_are_what_they_were() -> None:
    assert draw_all(TEN, 0, SEED) is TEN


def test_every_copy_has_the_pen_that_its_keyed_number_gives() -> None:
    more = draw_all(TEN, 2, SEED)
    np.testing.assert_array_equal(more.images[:10], TEN.images)
    np.testing.assert_array_equal(more.labels, np.tile(TEN.labels, 3))
    for copy, index in ((0, 3), (1, 8)):
        number = draw_uniform(SEED, Purpose.PEN, copy, np.array([index]), 1)[0, 0]
        expected = redraw_digit(TEN.images[index], float(0.5 + 1.5 * number))
        np.testing.assert_array_equal(more.images[10 * (copy + 1) + index], expected)


def test_a_copy_depends_on_the_seed_and_on_its_place_alone() -> None:
    more, few = draw_all(TEN, 1, SEED), draw_all(TEN.first(4), 1, SEED)
    np.testing.assert_array_equal(few.images[4:], more.images[10:14])
    assert (draw_all(TEN, 1, SEED + 1).images[10:] != more.images[10:]).any()


def test_hands_and_damage_follow_the_pens() -> None:
    more = draw_all(TEN, 1, SEED, hands=1.5, damage=0.5)
    assert len(more) == RECIPE.changed(pens=1, hands=1.5, damage=0.5).count_images(10) == 40
    drawn = [draw_digit(index, SEED) for index in range(15)]
    np.testing.assert_array_equal(more.images[20:35], np.stack([image for image, _ in drawn]))
    np.testing.assert_array_equal(more.labels[20:35], [digit for _, digit in drawn])
    np.testing.assert_array_equal(more.images[35:], damage_digits(TEN.images[::2], SEED))
    np.testing.assert_array_equal(more.labels[35:], TEN.labels[::2])


def test_damage_does_not_depend_on_the_stretches_in_which_it_is_made() -> None:
    many = Examples(np.tile(TEN.images, (40, 1, 1)), np.tile(TEN.labels, 40))
    more = draw_all(many, 0, SEED, damage=1)
    np.testing.assert_array_equal(more.images[400:], damage_digits(many.images, SEED))


def test_drawn_digits_are_refused_beside_other_classes() -> None:
    recipe = RECIPE.changed(hands=0.5)
    check_hands(recipe, DIGITS)
    check_hands(RECIPE, ("A", "B"))
    with pytest.raises(RecipeError, match=r"hands 0.5.*A B.*hands = 0"):
        check_hands(recipe, ("A", "B"))


def test_an_epoch_is_over_images_and_copies(calls: list[Call]) -> None:
    recipe = RECIPE.changed(pens=1)
    trainer = make_trainer(recipe, train=TEN)
    finish(trainer)
    assert trainer.steps_per_epoch == 5
    np.testing.assert_array_equal(calls[0].images, draw_all(TEN, 1, SEED).images)
    seen = np.concatenate([call.order.ravel() for call in calls])
    np.testing.assert_array_equal(seen[:20], draw_order(SEED, 0, 20))


def test_a_training_with_pens_goes_on_where_it_was_stopped() -> None:
    recipe = RECIPE.changed(pens=1)
    whole, first, second = (make_trainer(recipe, train=TEN) for _ in range(3))
    finish(whole)
    losses: list[float] = []
    for event in first.events():
        losses += getattr(event, "losses", np.zeros(0)).tolist()
        if first.steps >= 3:
            break
    second.restore(first.state(), first.steps, first.epochs, losses)
    finish(second)
    assert_same_bits(whole.parameters(), second.parameters())


def test_redrawing_can_be_followed_and_stopped() -> None:
    many = Examples(np.tile(TEN.images, (STRETCH // 5, 1, 1)), np.tile(TEN.labels, STRETCH // 5))
    trainer = make_trainer(RECIPE.changed(pens=1), train=many)
    first, second = itertools.islice(trainer.events(), 2)
    assert (first, second) == (Added(STRETCH, 2 * STRETCH), Added(2 * STRETCH, 2 * STRETCH))
    assert trainer.steps == 0
    trainer.state()  # what a stopped training saves is there


def test_a_recipe_that_is_refused_leaves_no_folder(tmp_path: Path) -> None:
    letters = Dataset("letters", "", tuple("ABCDEFGHIJ"), TEN, TEN)
    with pytest.raises(RecipeError, match="hands"):
        train(letters, RECIPE.changed(hands=0.5), engine="reference", out=tmp_path / "run")
    assert not (tmp_path / "run").exists()
