"""What an evaluation counts, and what it refuses to."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import lenet
from lenet.architecture import ORIGINAL, Architecture
from lenet.errors import ShapeError
from lenet.evaluation import Evaluation, evaluate
from lenet.network import Network
from lenet.parameters import initialize_parameters


def make_evaluation(wrong: list[int], count: int) -> Evaluation:
    """Answer number i has the margin i; those in `wrong` are."""
    answers = np.zeros(count, int)
    answers[wrong] = 1
    return Evaluation(np.zeros(count, int), answers, np.arange(float(count)), ("0", "1"))


@pytest.mark.parametrize(
    ("wrong", "count", "low", "high"),
    [(0, 10, 0.0, 27.75), (5, 10, 23.66, 76.34), (10, 10, 72.25, 100.0), (95, 10_000, 0.778, 1.160)],
)
def test_the_interval_is_wilsons(wrong: int, count: int, low: float, high: float) -> None:
    assert make_evaluation(list(range(wrong)), count).interval == pytest.approx((low, high), abs=0.005)


def test_refusing_the_least_certain_brings_the_error_down() -> None:
    evaluation = make_evaluation([0, 1, 4], 10)
    # without 0 and 1 one of eight is wrong; without 0 to 4 none of five
    assert evaluation.rejection_for(30) == 0
    assert evaluation.rejection_for(12.5) == 20
    assert evaluation.rejection_for(0.5) == 50


def test_no_refusal_helps_where_the_surest_answer_is_wrong() -> None:
    assert make_evaluation([9], 10).rejection_for(0.5) is None


def test_the_surest_mistake_is_the_first_misread() -> None:
    evaluation = make_evaluation([2, 7, 5], 10)
    assert evaluation.misread.tolist() == [7, 5, 2]
    assert evaluation.confusion.tolist() == [[7, 3], [0, 0]]
    assert (evaluation.wrong, evaluation.error, evaluation.accuracy) == (3, 30, 70)


# true classes, answers and margins by hand: 4 of 6 right; 1 was read as 2 and 2 as 0
HAND = Evaluation(
    np.array([0, 1, 1, 2, 2, 2]),
    np.array([0, 1, 2, 2, 0, 2]),
    np.array([5.0, 4.0, 1.0, 2.0, 3.0, 0.5]),
    ("a", "b", "c"),
)


def test_a_small_evaluation_by_hand() -> None:
    assert len(HAND) == 6
    assert HAND.wrong == 2
    assert HAND.error == pytest.approx(100 / 3)
    assert HAND.accuracy == pytest.approx(200 / 3)
    assert HAND.confusion.tolist() == [[1, 0, 0], [0, 1, 1], [1, 0, 2]]
    assert HAND.misread.tolist() == [4, 2]


def test_the_rejection_curve_by_hand() -> None:
    refused, left = HAND.rejection_curve()
    # from the least certain: right, wrong, right, wrong, right, right
    np.testing.assert_allclose(refused, [0, 100 / 6, 200 / 6, 50, 400 / 6, 500 / 6])
    np.testing.assert_allclose(left, [100 * 2 / 6, 100 * 2 / 5, 25, 100 / 3, 0, 0])


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.floats(0, 10)), min_size=1))
def test_the_counts_agree_with_each_other(rows: list[tuple[int, int, float]]) -> None:
    labels, answers, margins = (np.array(column) for column in zip(*rows, strict=True))
    found = Evaluation(labels, answers, margins, tuple("abcd"))
    assert found.confusion.sum() == len(found)
    assert found.confusion.trace() == len(found) - found.wrong
    assert found.error + found.accuracy == pytest.approx(100)
    assert found.confusion.sum(axis=1).tolist() == np.bincount(labels, minlength=4).tolist()
    assert len(found.misread) == found.wrong
    assert (np.diff(margins[found.misread]) <= 0).all()
    refused, left = found.rejection_curve()
    assert (refused[0], left[0]) == (0, pytest.approx(found.error))
    assert ((left >= 0) & (left <= 100)).all()
    low, high = found.interval
    assert 0 <= low <= found.error + 1e-9
    assert found.error - 1e-9 <= high <= 100


NETWORK = Network(ORIGINAL, initialize_parameters(ORIGINAL, 0), tuple("0123456789"), engine="reference")
IMAGES = np.random.default_rng(0).integers(0, 256, (20, 28, 28), np.uint8)
LABELS = np.arange(20) % 10


def test_an_evaluation_asks_the_network() -> None:
    found = evaluate(NETWORK, IMAGES, LABELS)
    answers = NETWORK.answer(IMAGES)
    assert [NETWORK.labels[n] for n in found.answers] == [answer.label for answer in answers]
    np.testing.assert_allclose(found.margins, [answer.margin for answer in answers], rtol=1e-4, atol=1e-5)
    assert found.wrong == sum(answer.label != str(n) for answer, n in zip(answers, LABELS, strict=True))
    assert found.names == NETWORK.labels


def test_images_may_have_the_form_that_the_network_sees() -> None:
    from lenet.engines.inputs import scale_images

    seen = evaluate(NETWORK, scale_images(IMAGES, np.float32), LABELS.astype(np.uint8))
    np.testing.assert_array_equal(seen.answers, evaluate(NETWORK, IMAGES, LABELS).answers)


def test_two_classes_are_enough() -> None:
    architecture = Architecture(classes=2)
    network = Network(architecture, initialize_parameters(architecture, 0), ("n", "y"), engine="reference")
    assert evaluate(network, IMAGES[:1], np.array([1])).confusion.sum() == 1


@pytest.mark.parametrize(
    ("images", "labels", "words"),
    [
        (IMAGES[:0], LABELS[:0], "at least one image"),
        (IMAGES, LABELS[:19], r"labels of shape and type \(19,\)"),
        (IMAGES, LABELS[:, None], "one whole number per image"),
        (IMAGES, LABELS / 1.0, "float64"),
        (IMAGES, LABELS + 1, "label 10: this network has the classes 0 to 9"),
        (IMAGES, LABELS - 1, "label -1"),
        (np.zeros((20, 32, 32), np.uint8), LABELS, "expected inputs of 32x32"),
        (IMAGES.astype(np.int64), LABELS, "expected uint8"),
    ],
    ids=["none", "too few", "column", "fractions", "above", "below", "larger", "integers"],
)
def test_what_cannot_be_measured_is_refused(images: Any, labels: Any, words: str) -> None:
    with pytest.raises(ShapeError, match=words):
        lenet.evaluate(NETWORK, images, labels)


def test_an_evaluation_prints_in_one_line_and_shows_its_confusion_matrix_in_a_notebook() -> None:
    names = ("<a>", "b")
    evaluation = Evaluation(np.array([0, 0, 1, 1]), np.array([0, 1, 1, 1]), np.ones(4), names)
    assert repr(evaluation) == "Evaluation(4 images, 1 misread, error 25.00%)"
    page = evaluation._repr_html_()
    assert "Test error 25.00% (1 of 4 misread)" in page
    assert "<tr><th>&lt;a&gt;</th><td>1</td><td>1</td></tr><tr><th>b</th><td></td><td>2</td></tr>" in page
    assert "<a>" not in page


def test_a_matrix_of_many_classes_is_left_out() -> None:
    labels = np.arange(40)
    page = Evaluation(labels, labels, np.ones(40), tuple(map(str, labels)))._repr_html_()
    assert "Test error 0.00%" in page
    assert "<table>" not in page
