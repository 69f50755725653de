"""Which reading of a foreign network is chosen: errors beyond chance first, then losses."""

import numpy as np

from lenet.export.trials import Trial, choose_trial, is_better


def make_trial(name, misread, loss):
    """A reading of 2,000 digits that misreads those numbered in `misread`."""
    wrong = np.zeros(2000, bool)
    wrong[list(misread)] = True
    return Trial({"activation": name}, False, wrong, np.full(2000, loss) + 0.01 * wrong)


def test_two_digits_fewer_do_not_outweigh_a_larger_loss():
    tanh, scaled = make_trial("tanh", range(43), 0.07), make_trial("scaled-tanh", range(2, 43), 0.08)
    assert choose_trial([scaled, tanh]) is tanh


def test_many_digits_fewer_outweigh_a_larger_loss():
    maximum, average = make_trial("max", range(112), 0.05), make_trial("average", range(81), 0.08)
    assert choose_trial([maximum, average]) is average


def test_a_reading_with_a_smaller_loss_is_better_though_a_digit_more_is_misread():
    right, other = make_trial("right", range(33), 0.05), make_trial("other", range(32), 0.08)
    assert is_better(right, other)
    assert not is_better(other, right)


def test_a_reading_that_misreads_many_more_is_not_better_by_its_loss():
    assert not is_better(make_trial("calm", range(60), 0.05), make_trial("loud", range(20), 0.08))
