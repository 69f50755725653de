from dataclasses import replace

import numpy as np
import pytest

from lenet.data.examples import Dataset, Examples
from lenet.images.normalize import normalize_digit
from lenet.plausibility import find_suspicions
from lenet.samples import read_sample

DIGITS = np.stack([normalize_digit(read_sample(digit)) for digit in range(10)])


def make(images, labels=tuple("0123456789")):
    part = Examples(np.ascontiguousarray(images), np.arange(10))
    return Dataset("made", "", labels, part, part)


def test_sound_digits_are_not_suspicious():
    assert find_suspicions(make(DIGITS)) == []


@pytest.mark.parametrize(
    ("images", "name"),
    [
        (255 - DIGITS, "inverted"),
        (DIGITS // 16, "range"),
        (np.minimum(DIGITS, 1), "range"),
        (DIGITS.transpose(0, 2, 1), "transposed"),
    ],
    ids=["inverted", "0 to 15", "0 and 1", "transposed"],
)
def test_what_cannot_be_meant_is_said(images, name):
    (suspicion,) = find_suspicions(make(images))
    assert suspicion.name == name
    assert str(suspicion)


def test_other_classes_than_digits_are_not_judged_by_a_network_of_digits():
    assert find_suspicions(make(DIGITS.transpose(0, 2, 1), tuple("abcdefghij"))) == []


def test_noise_is_no_transposed_digit():
    noise = np.random.default_rng(0).integers(0, 120, (10, 28, 28), dtype=np.uint8)
    assert find_suspicions(make(noise)) == []
    assert find_suspicions(replace(make(DIGITS), name="again")) == []
