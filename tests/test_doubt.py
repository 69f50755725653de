"""Doubt: how penalties become probabilities, and when an answer does not stand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from lenet.doubt import Calibration, decide, load_judge, load_judge_card, take_logs, weigh

GOOD = {"temperature": 2.0, "judge": 1.0, "rubbish": -1.0, "sure": 0.7}
CALIBRATION = Calibration(**GOOD)
NUMBERS = arrays.arrays(np.float64, (3, 10), elements=st.floats(-50, 50))


def make_row(**shares: float) -> np.ndarray:
    """Probabilities of ten digits and of none, by name: make_row(_3=0.6, none=0.4)."""
    row = np.zeros(11)
    for name, share in shares.items():
        row[-1 if name == "none" else int(name[1:])] = share
    return row


def test_one_penalty_is_weighed_as_computed_by_hand() -> None:
    # logits -1 and -2; softmax 1 / (1 + e^-1)
    weighed = weigh(np.array([[2.0, 4.0]]), None, CALIBRATION)
    np.testing.assert_allclose(weighed, [[0.7310586, 0.2689414, 0]], atol=1e-6)


def test_the_judges_word_is_multiplied() -> None:
    judged = -np.log(np.array([[0.5, 0.1, 0.4]]))
    weighed = weigh(np.array([[0.0, 0.0]]), judged, Calibration(1.0, 1.0, np.log(0.25), 0.5))
    # 0.5 x 0.5, 0.5 x 0.1, 0.25 x 0.4, brought to a sum of 1
    np.testing.assert_allclose(weighed, [[0.625, 0.125, 0.25]], atol=1e-6)


def test_the_judges_penalties_are_divided_by_its_own_temperature() -> None:
    judged = -2 * np.log(np.array([[0.5, 0.1, 0.4]]))
    weighed = weigh(np.array([[0.0, 0.0]]), judged, Calibration(1.0, 2.0, np.log(0.25), 0.5))
    np.testing.assert_allclose(weighed, [[0.625, 0.125, 0.25]], atol=1e-6)


@given(NUMBERS, st.floats(0.1, 100))
def test_probabilities_add_up_to_one(penalties: np.ndarray, temperature: float) -> None:
    calibration = Calibration(temperature, 1.0, 0.0, 0.5)
    judged = np.concatenate([penalties[:, ::-1], penalties[:, :1]], axis=1)
    for weighed in (weigh(penalties, None, calibration), weigh(penalties, judged, calibration)):
        assert weighed.min() >= 0
        np.testing.assert_allclose(weighed.sum(axis=1), 1)


@given(NUMBERS, st.floats(-1000, 1000))
def test_a_constant_added_to_all_penalties_changes_nothing(penalties: np.ndarray, constant: float) -> None:
    np.testing.assert_allclose(take_logs(penalties), take_logs(penalties + constant), atol=1e-9)


@pytest.mark.parametrize(
    ("row", "others", "verdict", "reason"),
    [
        (make_row(_3=0.9, _5=0.1), 0, "digit", None),
        (make_row(_3=0.7, none=0.3), 0, "digit", None),
        (make_row(_3=0.6, _5=0.3, none=0.1), 0, "unsure", "between"),
        (make_row(_3=0.6, _5=0.1, none=0.3), 0, "unsure", "foreign"),
        (make_row(_3=0.4, _5=0.1, none=0.5), 0, "none", "foreign"),
        (make_row(_3=0.9, _5=0.1), 1, "unsure", "marks"),
        (make_row(_3=0.1, none=0.9), 1, "none", "foreign"),
        (None, 0, "digit", None),
        (None, 2, "unsure", "marks"),
    ],
)
def test_an_answer_stands_or_has_a_reason(
    row: np.ndarray | None, others: int, verdict: str, reason: str | None
) -> None:
    doubt = decide(row, 3, 0.7, others)
    assert (doubt.verdict, doubt.reason) == (verdict, reason)
    assert doubt.confidence == (None if row is None else row[3])


@pytest.mark.parametrize("row", [None, make_row(_3=1.0)])
def test_a_blank_picture_shows_no_digit_whatever_the_networks_say(row: np.ndarray | None) -> None:
    doubt = decide(row, 3, 0.7, blank=True)
    assert (doubt.verdict, doubt.reason) == ("none", "blank")
    assert doubt.confidence == (None if row is None else 0)


@pytest.mark.parametrize(
    "change",
    [
        {"temperature": 0.0},
        {"temperature": -1.0},
        {"temperature": float("nan")},
        {"temperature": "2"},
        {"temperature": None},
        {"judge": 0.0},
        {"judge": True},
        {"rubbish": float("inf")},
        {"sure": 1.5},
        {"sure": -0.1},
    ],
)
def test_a_calibration_out_of_range_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="calibration"):
        Calibration.from_card({"calibration": GOOD | change})


def test_a_card_without_a_calibration_has_none() -> None:
    assert Calibration.from_card({}) is None
    assert Calibration.from_card({"calibration": {**GOOD, "images": 5}}) == CALIBRATION
    for card in ({"calibration": None}, {"calibration": {}}, {"calibration": [1, 2]}):
        with pytest.raises((KeyError, TypeError, ValueError)):
            Calibration.from_card(card)


def test_the_judge_knows_ten_digits_and_what_is_none() -> None:
    assert load_judge("reference").penalties(np.zeros((2, 28, 28), np.uint8)).shape == (2, 11)
    temperature, rubbish = load_judge_card()
    assert temperature > 0
    assert np.isfinite(rubbish)
