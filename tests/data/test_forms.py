import numpy as np
import pytest

from lenet.data.forms import take_images, take_labels

IMAGES = np.random.default_rng(0).integers(0, 256, (5, 28, 28), dtype=np.uint8)
LABELS = np.array([3, 1, 4, 1, 5])


@pytest.mark.parametrize(
    "given",
    [
        IMAGES,
        IMAGES.reshape(5, 784),
        IMAGES[..., None],
        IMAGES[:, None],
        IMAGES / 255,
        (IMAGES / 255).astype(np.float32),
        IMAGES.astype(np.int64),
        IMAGES.astype(np.float32),
    ],
    ids=["as it is", "flat", "channels last", "channels first", "0 to 1", "float32", "integers", "0 to 255"],
)
def test_images_in_every_usual_form_are_the_same(given):
    found = take_images(given)
    assert found.dtype == np.uint8
    np.testing.assert_array_equal(found, IMAGES)


def test_truth_values_are_ink_and_background():
    np.testing.assert_array_equal(take_images(IMAGES > 99), np.where(IMAGES > 99, 255, 0))


@pytest.mark.parametrize(
    "given",
    [IMAGES - 256.0, IMAGES * 2.0, IMAGES / 255 * 2 - 1, IMAGES / 7, IMAGES * np.nan, IMAGES[:, :20]],
    ids=["below 0", "beyond 255", "-1 to 1", "fractions", "no numbers", "other size"],
)
def test_what_is_not_clear_is_left_as_it_is(given):
    assert take_images(given) is given


@pytest.mark.parametrize(
    "given",
    [
        LABELS,
        LABELS[:, None],
        np.eye(10)[LABELS],
        np.eye(10, dtype=bool)[LABELS],
        np.column_stack([LABELS, np.full((5, 7), 9)]),
        LABELS.astype(float),
    ],
    ids=["as they are", "column", "one-hot", "one-hot truth values", "QMNIST", "floats"],
)
def test_labels_in_every_usual_form_are_the_same(given):
    found = take_labels(given)
    assert found.dtype.kind in "iu"
    np.testing.assert_array_equal(found, LABELS)


@pytest.mark.parametrize("given", [np.full((5, 10), 0.1), LABELS + 0.5, np.zeros((5, 3))])
def test_labels_that_are_not_clear_are_left_as_they_are(given):
    assert take_labels(given) is given
