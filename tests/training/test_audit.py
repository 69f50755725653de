"""The audit of labels: planted errors come first, and each image is read by those that have not seen it."""

from pathlib import Path

import numpy as np
import pytest

from lenet.architecture import ORIGINAL
from lenet.codes import DIGITS
from lenet.data.examples import Dataset, Examples
from lenet.errors import UsageError
from lenet.images.hands import Jitter, draw_digit
from lenet.training.audit import Audit, Suspect, audit_labels, list_suspects
from lenet.training.audit_sheet import write_sheet
from lenet.training.recipe import load_recipe

PLANTED = {17: 3, 120: 8, 233: 1}  # training images with wrong labels
STEADY = Jitter(point=1, slant=0.05, rotation=2, width=0.1)
DRAWN = [draw_digit(index, 9, STEADY) for index in range(400)]
IMAGES = np.stack([image for image, _ in DRAWN])
LABELS = np.array([digit for _, digit in DRAWN])


def make_dataset() -> Dataset:
    labels = LABELS[:300].copy()
    for index, label in PLANTED.items():
        labels[index] = label
    test = LABELS[300:].copy()
    test[5] = 9  # it is a 5
    return Dataset("hands", "", DIGITS, Examples(IMAGES[:300], labels), Examples(IMAGES[300:], test))


@pytest.fixture(scope="module")
def audit() -> Audit:
    recipe = load_recipe("fast", ORIGINAL).changed(epochs=40)
    found = audit_labels(make_dataset(), recipe, ORIGINAL, folds=3)
    assert found is not None
    return found


def test_planted_errors_are_the_most_doubtful(audit: Audit) -> None:
    first = {(suspect.part, suspect.index) for suspect in audit.suspects[:8]}
    assert {("train", index) for index in PLANTED} | {("test", 5)} <= first
    for suspect in audit.suspects[:8]:
        if suspect.part == "train" and suspect.index in PLANTED:
            assert (suspect.label, suspect.reading) == (PLANTED[suspect.index], LABELS[suspect.index])


def test_every_image_is_judged_once_and_in_the_order_of_its_doubt(audit: Audit) -> None:
    places = [(suspect.part, suspect.index) for suspect in audit.suspects]
    assert sorted(places) == sorted(
        [("train", index) for index in range(300)] + [("test", index) for index in range(100)]
    )
    doubts = [suspect.doubt for suspect in audit.suspects]
    assert doubts == sorted(doubts, reverse=True)
    assert audit.find_place("test", 5) == 1
    np.testing.assert_array_equal(audit.image(audit.suspects[0]), IMAGES[audit.suspects[0].index])
    assert len(audit.errors) == 3


def test_a_suspect_by_hand() -> None:
    logs = np.log([[0.5, 0.3, 0.2], [0.1, 0.2, 0.7]])
    first, second = list_suspects("test", logs, np.array([0, 1]))
    assert (first.reading, first.own, first.other) == (1, pytest.approx(0.5), pytest.approx(0.3))
    assert first.doubt == pytest.approx(np.log(0.6))
    assert second == Suspect("test", 1, 1, 2, pytest.approx(0.2), pytest.approx(0.7))


@pytest.mark.parametrize("folds", [1, 21])
def test_a_number_of_folds_out_of_range_is_refused(folds: int) -> None:
    with pytest.raises(UsageError, match=f"{folds} folds: expected 2 to 20"):
        audit_labels(make_dataset(), load_recipe("fast", ORIGINAL), ORIGINAL, folds=folds)


def test_a_stopped_audit_lists_nothing() -> None:
    recipe = load_recipe("fast", ORIGINAL)
    assert audit_labels(make_dataset(), recipe, ORIGINAL, folds=2, stop=lambda: True) is None


def test_the_sheet_shows_the_most_doubtful_labels(audit: Audit, tmp_path: Path) -> None:
    write_sheet(audit, 7, tmp_path / "sheet.html")
    page = (tmp_path / "sheet.html").read_text("utf-8")
    assert page.count("<img ") == 7
    assert "test image 5" in page
    assert "Doubtful labels of hands" in page
