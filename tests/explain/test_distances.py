import numpy as np

from lenet.codes import CHARACTERS, glyph
from lenet.explain.distances import count_constant_units, measure_distances, rank_pairs


def count_different_pixels(a, b):
    return sum(x != y for x, y in zip("".join(glyph(a)), "".join(glyph(b)), strict=True))


def test_six_and_eight_are_the_closest_digits():
    closest = rank_pairs("0123456789")[0]
    assert (closest.first, closest.second, closest.distance, closest.pixels) == ("6", "8", 48, 12)


def test_the_farthest_digits_are_50_pixels_apart():
    farthest = [pair for pair in rank_pairs("0123456789") if pair.distance == 200]
    assert [(pair.first, pair.second) for pair in farthest] == [("1", "4"), ("1", "8"), ("4", "7")]
    assert all(pair.pixels == 50 == count_different_pixels(pair.first, pair.second) for pair in farthest)


def test_a_distance_counts_4_for_each_pixel_or_1_on_paper_of_0():
    expected = [[count_different_pixels(a, b) for b in CHARACTERS] for a in CHARACTERS]
    assert np.array_equal(measure_distances(CHARACTERS), 4 * np.array(expected))
    assert np.array_equal(measure_distances(CHARACTERS, paper=0), expected)
    assert rank_pairs("68", paper=0)[0].pixels == 12


def test_a_character_that_occurs_twice_counts_once():
    assert rank_pairs("688") == rank_pairs("68")
    assert rank_pairs("6") == []


def test_14_units_have_one_target_for_all_digits():
    assert count_constant_units("0123456789") == 14
    assert count_constant_units("3") == 84
