"""Images and targets as every engine takes them."""

import numpy as np
import pytest

from lenet.architecture import ORIGINAL
from lenet.engines.inputs import check_images, check_targets, one_hot, scale_images
from lenet.errors import ShapeError


def test_background_becomes_minus_0_1_and_ink_1_175_inside_a_border_of_2() -> None:
    stored = np.zeros((1, 28, 28), np.uint8)
    stored[0, 0, 0], stored[0, 27, 3] = 255, 100
    field = scale_images(stored, np.float64)
    assert field.shape == (1, 1, 32, 32)
    expected = np.full((32, 32), -0.1)
    expected[2, 2], expected[29, 5] = 1.175, 0.4
    np.testing.assert_allclose(field[0, 0], expected, atol=1e-15)


@pytest.mark.parametrize(("sides", "places"), [((28, 28), (1, 1)), ((32, 28), (2, 1)), ((28, 64), (1, 10))])
def test_the_number_of_places_on_a_field(sides: tuple[int, int], places: tuple[int, int]) -> None:
    assert check_images(ORIGINAL, np.zeros((5, *sides), np.uint8)) == places
    height, width = sides
    assert check_images(ORIGINAL, np.zeros((5, 1, height + 4, width + 4), np.float32)) == places


def test_a_field_that_does_not_fit_is_told_what_fits() -> None:
    with pytest.raises(ShapeError, match=r"31x34.*pad the side to 32"):
        check_images(ORIGINAL, np.zeros((1, 27, 30), np.uint8))
    with pytest.raises(ShapeError, match="pad the side to 36"):
        check_images(ORIGINAL, np.zeros((1, 1, 32, 33)))


def test_labels_and_shares_are_the_two_kinds_of_targets() -> None:
    for dtype in (np.uint8, np.int32, np.int64):
        check_targets(ORIGINAL, np.array([0, 9], dtype), 2)
    check_targets(ORIGINAL, np.full((2, 10), 0.1, np.float32), 2)
    check_targets(ORIGINAL, np.zeros(0, int), 0)


def test_a_label_that_is_no_class_is_named() -> None:
    with pytest.raises(ShapeError, match=r"label 10.*0 to 9"):
        check_targets(ORIGINAL, np.array([3, 10]), 2)
    with pytest.raises(ShapeError, match="label -1"):
        check_targets(ORIGINAL, np.array([-1, 3]), 2)


def test_a_label_becomes_a_row_with_a_single_1() -> None:
    np.testing.assert_array_equal(one_hot(np.array([2, 0]), 3, np.float32), [[0, 0, 1], [1, 0, 0]])
    shares = np.array([[0.5, 0.5]])
    assert one_hot(shares, 2, np.float64) is shares
