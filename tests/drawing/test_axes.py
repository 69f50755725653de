import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lenet.drawing.axes import Axis, bend_near_zero, choose_powers, choose_steps


def test_a_linear_axis_places_its_ends_and_its_middle() -> None:
    assert Axis(0, 10, 100, 300).place([0, 5, 10]).tolist() == [100, 200, 300]


def test_a_logarithmic_axis_gives_every_decade_the_same_length() -> None:
    places = Axis(0.01, 100, 400, 0, np.log10).place([0.01, 0.1, 1, 10, 100])
    np.testing.assert_allclose(places, [400, 300, 200, 100, 0], atol=1e-9)


def test_an_axis_of_errors_begins_at_0_evenly_and_goes_on_by_decades() -> None:
    axis = Axis(0, 100, 0, 2.78, bend_near_zero)
    np.testing.assert_allclose(axis.place([0, 0.5, 1, 10, 100]), [0, 0.39, 0.78, 1.78, 2.78], atol=1e-9)


def test_what_lies_beyond_an_axis_is_placed_at_its_end() -> None:
    assert Axis(0.1, 10, 200, 100, np.log10).place([0.0001, 1000]).tolist() == [200, 100]


@pytest.mark.parametrize(
    ("high", "most", "least", "steps"),
    [
        (2, 9, 1, [0, 1, 2]),
        (1, 9, 1, [0, 1]),
        (8, 9, 1, list(range(9))),
        (20, 9, 1, [0, 5, 10, 15, 20]),
        (5, 9, 0, [0, 1, 2, 3, 4, 5]),
        (1.0, 7, 0, [0, 0.2, 0.4, 0.6, 0.8, 1.0]),
        (100, 9, 0, [0, 20, 40, 60, 80, 100]),
    ],
)
def test_steps_are_round_numbers(high: float, most: int, least: float, steps: list[float]) -> None:
    assert choose_steps(high, most, least) == steps


@given(st.floats(1e-6, 1e6), st.integers(2, 20))
def test_steps_reach_from_0_to_near_the_limit_and_are_never_too_many(high: float, most: int) -> None:
    steps = choose_steps(high, most)
    assert 1 <= len(steps) <= most
    assert steps[0] == 0
    assert steps[-1] <= high * (1 + 1e-9) + 1e-12


def test_a_short_logarithmic_axis_has_1_2_5_and_a_long_one_powers_of_ten() -> None:
    assert choose_powers(0.9, 6) == [1, 2, 5]
    assert choose_powers(0.002, 2.9) == [0.01, 0.1, 1]
