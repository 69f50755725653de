"""Damage: each kind on digits, and what it keeps."""

import numpy as np
import pytest

from lenet.images import damage
from lenet.images.damage import DAMAGES, NUMBERS, damage_digit, damage_digits
from lenet.images.normalize import normalize_digit
from lenet.samples import read_sample

DIGITS = np.stack([normalize_digit(read_sample(digit)) for digit in range(10)])


def apply(kind: str, image: np.ndarray, seed: int = 0) -> np.ndarray:
    random = np.random.default_rng(seed)
    return DAMAGES[kind](image / 255, iter(random.random(NUMBERS).tolist()), random.random((28, 28)))


@pytest.mark.parametrize("kind", DAMAGES)
def test_every_kind_changes_a_digit_and_needs_no_more_numbers_than_there_are(kind: str) -> None:
    for seed in range(30):
        for image in DIGITS[:3]:
            found = apply(kind, image, seed)
            assert found.shape == (28, 28)
            assert np.isfinite(found).all()
            assert not np.array_equal(np.rint(255 * np.clip(found, 0, 1)), image)


def test_all_kinds_are_chosen() -> None:
    blank = np.full((28, 28), 90, np.uint8)
    seen = set()
    for kind, share in zip(DAMAGES, (np.arange(len(DAMAGES)) + 0.5) / len(DAMAGES), strict=True):
        numbers = [float(share), *[0.3] * NUMBERS]
        speckles = np.random.default_rng(0).random((28, 28))
        expected = DAMAGES[kind](blank / 255, iter(numbers[1:]), speckles)
        found = damage_digit(blank, iter(numbers), speckles)
        np.testing.assert_array_equal(found, np.rint(255 * np.clip(expected, 0, 1)))
        seen.add(found.tobytes())
    assert len(seen) > 5


def test_an_inverted_band_twice_is_the_image_again() -> None:
    once = apply("invert", DIGITS[4], 3)
    np.testing.assert_allclose(apply("invert", 255 * once, 3), DIGITS[4] / 255, atol=1e-12)


def test_a_smear_keeps_its_ink_before_it_is_made_darker() -> None:
    image = np.pad(DIGITS[5][4:24, 4:24], 4) / 255
    numbers = [0.25, 0.5, 0.0]  # down to the right, 6 pixels, no darker
    smeared = damage._smear(image, iter(numbers), image)
    assert smeared.sum() == pytest.approx(image.sum(), rel=1e-9)
    assert smeared.max() < image.max()


def test_what_is_misplaced_without_a_move_or_a_change_of_size_stays() -> None:
    image = DIGITS[2] / 255
    np.testing.assert_allclose(damage._misplace(image, iter([1.0, 0.5, 0.5]), image), image, atol=1e-12)


def test_an_outline_of_a_square_is_its_edge() -> None:
    square = np.zeros((28, 28))
    square[8:20, 8:20] = 1
    outline = damage._outline(square, iter([]), square)
    assert outline.sum() == 4 * 11
    assert outline[9:19, 9:19].sum() == 0


def test_damage_depends_on_the_seed_and_the_number_of_an_image() -> None:
    whole = damage_digits(DIGITS, 4)
    np.testing.assert_array_equal(damage_digits(DIGITS[3:], 4, first=3), whole[3:])
    assert (damage_digits(DIGITS, 5) != whole).any()
