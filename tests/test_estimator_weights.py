"""Weights of rows and of classes: whether rows are left out and repeated as the weights say."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("sklearn")  # before the imports that need it

from sklearn.datasets import load_digits
from sklearn.ensemble import AdaBoostClassifier

from lenet.estimator import LeNet5Classifier


def make_classifier(**settings):
    return LeNet5Classifier(**{"engine": "reference", "random_state": 0, **settings})


@pytest.fixture(scope="module")
def digits():
    return load_digits(return_X_y=True)


@pytest.mark.parametrize(
    ("weights", "rows"),
    [
        ([1, 1, 1, 1], [0, 1, 2, 3]),
        ([2, 0, 1, 3], [0, 0, 2, 3, 3, 3]),  # whole numbers: as often
        ([0.5, 0.5, 0.5, 0.5], [0, 1, 2, 3]),
        (
            [0.25, 0.25, 0.25, 2.25],
            [1, 3, 3, 3],
        ),  # 0.33, 0.33, 0.33 and 3 of 4 rows: sums of 0.33, 0.67, 1, 4
        ([1e9, 1e9, 0, 0], [0, 0, 1, 1]),  # whole, but too many
    ],
)
def test_weights_repeat_and_leave_out_rows(weights, rows):
    chosen = make_classifier()._choose_rows(np.zeros((4, 3)), np.arange(4), weights)
    assert chosen.tolist() == rows


@given(
    weights=st.lists(st.floats(0, 1e6), min_size=2, max_size=40).filter(lambda numbers: sum(numbers) > 1e-3)
)
def test_each_stretch_of_rows_has_the_share_of_its_weight(weights):
    count = len(weights)
    chosen = make_classifier()._choose_rows(np.zeros((count, 3)), np.arange(count), weights)
    wanted = np.cumsum(weights) / np.sum(weights) * len(chosen)
    assert np.abs(np.searchsorted(chosen, np.arange(count), side="right") - wanted).max() <= 0.5 + 1e-6


def test_a_weight_of_two_is_a_row_twice(digits):
    X, y = digits
    X, y = X[:60], y[:60]
    twice = np.repeat(np.arange(60), 2)
    first = make_classifier(epochs=1).fit(X, y, sample_weight=np.full(60, 2.0))
    second = make_classifier(epochs=1).fit(X[twice], y[twice])
    np.testing.assert_array_equal(first.decision_function(X), second.decision_function(X))


def test_balanced_classes_have_equal_weight():
    y = np.array([0] * 9 + [1] * 3)
    rows = make_classifier(class_weight="balanced")._choose_rows(np.zeros((12, 3)), y, None)
    assert np.bincount(y[rows]).tolist() == [6, 6]
    rows = make_classifier(class_weight={0: 0, 1: 1})._choose_rows(np.zeros((12, 3)), y, None)
    assert set(y[rows]) == {1}


@pytest.mark.parametrize(
    "weights", [[0, 0, 0], [1, -1, 1], [1, float("inf"), 1], [1, float("nan"), 1], [1, 1]]
)
def test_weights_that_cannot_be_are_refused(weights):
    with pytest.raises(ValueError, match=r"(?i)sample.weight"):
        make_classifier().fit(np.eye(3), [0, 1, 1], sample_weight=weights)


def test_adaboost_works(digits):
    X, y = digits
    boosted = AdaBoostClassifier(make_classifier(epochs=4), n_estimators=2, random_state=0)
    boosted.fit(X[:300], y[:300])
    assert boosted.score(X[400:600], y[400:600]) > 0.7
