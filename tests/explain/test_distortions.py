import numpy as np
import pytest

from lenet.explain.distortions import compare_distortions, measure_amounts, read_figure_7
from lenet.images.distort import distort_images
from lenet.images.normalize import normalize_digit
from lenet.samples import read_sample


@pytest.fixture(scope="module")
def digits():
    return np.stack([normalize_digit(read_sample(digit)) for digit in range(10)])


def test_the_maps_of_figure_7_range_over_what_was_measured():
    amounts = dict(measure_amounts(read_figure_7()))
    ends = {name: (round(values.min(), 2), round(values.max(), 2)) for name, values in amounts.items()}
    assert ends["scale"] == (0.72, 1.30)
    assert ends["squeeze"] == (0.91, 1.10)
    assert ends["shear"] == (-0.14, 0.14)
    assert ends["right"] == (-2.41, 2.34)


def test_figure_7_has_no_rotation():
    assert abs(read_figure_7()[:, 1, 0]).max() < 0.011


def test_a_map_is_taken_apart_into_what_it_was_made_of():
    maps = np.array([[[1.2 * 1.1, 0.3 * 1.2 * 1.1, 2.0], [0, 1.2 / 1.1, -1.0]]])
    amounts = {name: values.item() for name, values in measure_amounts(maps)}
    assert amounts == pytest.approx({"scale": 1.2, "squeeze": 1.1, "shear": 0.3, "right": 2, "down": -1})


def test_the_ten_digits_stand_in_rows_of_ten(digits):
    distortions = compare_distortions(digits)
    rows = distortions.digits.reshape(10, 10, 28, 28)
    assert (rows == digits[:, None]).all()
    assert len(distortions.published) == len(distortions.ours) == 100


def test_a_map_of_figure_7_moves_the_middle_by_its_shift():
    """The sample of row 0, column 2: 1.27 pixels to the right, 4.99 up."""
    spot = np.zeros((1, 28, 28), np.uint8)
    spot[0, 13:15, 13:15] = 255
    field = distort_images(spot, read_figure_7()[2:3])[0, 0] + 0.1
    y, x = np.mgrid[:32, :32] - 15.5
    assert (field * x).sum() / field.sum() == pytest.approx(1.2693, abs=0.05)
    assert (field * y).sum() / field.sum() == pytest.approx(-4.9892, abs=0.05)
