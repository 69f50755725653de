import numpy as np
import pytest

from lenet.data.examples import Dataset, Examples
from lenet.errors import DataError, ShapeError


def make_examples(n: int, seed: int = 0) -> Examples:
    images = np.random.default_rng(seed).integers(0, 256, (n, 28, 28), np.uint8)
    return Examples(images, np.arange(n) % 10)


def test_taken_examples_keep_their_labels() -> None:
    examples = make_examples(20)
    taken = examples.take(np.array([7, 3]))
    assert taken.labels.tolist() == [7, 3]
    np.testing.assert_array_equal(taken.images[1], examples.images[3])
    assert len(examples.first(5)) == 5
    assert len(examples.first(99)) == 20


def test_labels_are_kept_as_int64() -> None:
    examples = Examples(np.zeros((2, 28, 28), np.uint8), np.array([1, 2], np.uint8))
    assert examples.labels.dtype == np.int64


@pytest.mark.parametrize(
    ("images", "labels"),
    [
        (np.zeros((2, 32, 32), np.uint8), np.zeros(2, int)),
        (np.zeros((2, 28, 28), np.float32), np.zeros(2, int)),
        (np.zeros((2, 28, 28), np.uint8), np.zeros(3, int)),
        (np.zeros((2, 28, 28), np.uint8), np.zeros(2)),
    ],
)
def test_arrays_that_do_not_fit_are_refused(images: np.ndarray, labels: np.ndarray) -> None:
    with pytest.raises(ShapeError, match=r"28, 28"):
        Examples(images, labels)


def test_the_fingerprint_changes_with_one_pixel_and_with_one_label() -> None:
    train, test = make_examples(20), make_examples(5, seed=1)
    names = tuple("0123456789")
    whole = Dataset("a", "", names, train, test).fingerprint
    assert Dataset("b", "seen elsewhere", names, make_examples(20), test).fingerprint == whole
    pixels, labels = train.images.copy(), test.labels.copy()
    pixels[3, 4, 5] ^= 1
    labels[0] = 9
    assert Dataset("a", "", names, Examples(pixels, train.labels), test).fingerprint != whole
    assert Dataset("a", "", names, train, Examples(test.images, labels)).fingerprint != whole
    assert Dataset("a", "", names, train.first(19), test).fingerprint != whole


def test_a_label_without_a_name_and_an_empty_part_are_refused() -> None:
    with pytest.raises(DataError, match="label 4 at position 4, expected 0 to 3"):
        Dataset("a", "", tuple("0123"), make_examples(20), make_examples(3))
    with pytest.raises(DataError, match="the test part has no examples"):
        Dataset("a", "", tuple("0123456789"), make_examples(20), make_examples(0))
