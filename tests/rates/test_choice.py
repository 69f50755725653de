"""The rate that is taken: the smallest error on new images, unless the seeds cannot tell it from another."""

import numpy as np
import pytest

from lenet.rates.choice import choose_rates


def test_the_smallest_mean_error_is_first():
    assert choose_rates([[9, 9, 9], [5, 6, 5], [7, 8, 7]], 90) == [1]


def test_a_difference_that_every_seed_shows_counts_however_far_the_seeds_are_apart():
    """Seed by seed: the rates have common starts."""
    assert choose_rates([[3, 10, 20], [4, 11, 21]], 90) == [0]


def test_a_difference_within_the_doubt_of_the_seeds_does_not_count():
    differences = np.array([1.0, -0.5, 1.2, -0.4, 0.7])
    assert 0 < differences.mean() < 2 * differences.std(ddof=1) / np.sqrt(5)
    assert choose_rates([[5] * 5, (5 + differences).tolist()], 90) == [0, 1]


@pytest.mark.parametrize(("error", "found"), [(76, [0]), (77, [])])
def test_what_hardly_beats_a_guess_is_not_chosen(error, found):
    assert choose_rates([[error]], 90) == found


def test_of_one_seed_only_the_best_is_chosen():
    assert choose_rates([[5.0], [5.1], [4.9]], 90) == [2]
