"""Hands: what hands.toml says, and digits that are drawn from it."""

import numpy as np
import pytest

from lenet.images.geometry import is_normal
from lenet.images.hands import LEAN, PENS, Hand, Jitter, draw_digit, draw_hand, follow, load_hands
from lenet.images.regions import label

HALVES = [0.5] * 200  # random numbers in the middle of their range
STILL = Jitter(point=0, slant=0, rotation=0, width=0)


def draw(hand: Hand, pen: str = "marker", jitter: Jitter = STILL) -> np.ndarray:
    return draw_hand(hand, pen, iter(HALVES), jitter)


def test_every_digit_has_hands_of_its_own() -> None:
    hands = load_hands()
    assert {hand.digit for hand in hands.values()} == set(range(10))
    assert all(name.startswith(str(hand.digit)) for name, hand in hands.items())
    for name in (
        "1 with a flag and a foot",
        "7 crossed",
        "4 open",
        "4 closed",
        "9 curled",
        "0 slashed",
        "2 looped",
    ):
        assert name in hands


@pytest.mark.parametrize("name", sorted(load_hands()))
def test_both_ways_to_write_a_hand_have_the_same_strokes(name: str) -> None:
    hand = load_hands()[name]
    assert hand.share > 0
    for first, second in zip(hand.first, hand.second, strict=True):
        assert first.shape == second.shape
        assert first.shape[0] >= 2
        for points in (first, second):
            assert points.min() >= 0
            assert points.max() <= 100


@pytest.mark.parametrize("pen", PENS)
def test_a_drawn_digit_has_the_form_of_mnist(pen: str) -> None:
    for hand in load_hands().values():
        assert is_normal(draw(hand, pen, Jitter()))


def test_a_straight_one_by_hand() -> None:
    line = np.array([[50.0, 0], [50, 100]])
    drawn = draw(Hand(1, (line,), (line,), 1.0))
    rows = np.flatnonzero(drawn.any(axis=1))
    middles = [float(np.average(np.arange(28), weights=drawn[row])) for row in (rows[1], rows[-2])]
    # it leans to the right by LEAN for each unit up
    assert (middles[0] - middles[1]) / (rows[-2] - rows[1]) == pytest.approx(LEAN, abs=0.04)
    width = np.count_nonzero(drawn[14] > 127)
    assert 2 <= width <= 4  # between the usual widths of 1.76 and 3.86


def test_points_that_meet_stay_together() -> None:
    corner = np.array([[20.0, 20], [50, 50]]), np.array([[50.0, 50], [80, 20]])
    hand = Hand(7, corner, corner, 1.0)
    numbers = iter(np.random.default_rng(0).random(200).tolist())
    drawn = draw_hand(hand, "marker", numbers, Jitter(point=15))
    columns = np.flatnonzero((drawn > 60).any(axis=0))
    assert (np.diff(columns) == 1).all()
    assert label(drawn > 60).max() == 1


def test_a_digit_depends_on_its_index_and_the_seed_alone() -> None:
    image, digit = draw_digit(37, 5)
    assert digit == 7
    np.testing.assert_array_equal(draw_digit(37, 5)[0], image)
    assert (draw_digit(37, 6)[0] != image).any()
    assert (draw_digit(47, 5)[0] != image).any()


def test_a_curve_goes_through_its_points() -> None:
    points = np.array([[0.0, 0], [10, 5], [20, -5]])
    curve = follow(points, 5)
    assert curve.shape == (10, 2)
    np.testing.assert_allclose(curve[[0, 4, 9]], points, atol=1e-12)
