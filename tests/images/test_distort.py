"""Distortion: which images of a pass are moved, and where their ink goes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lenet.engines.inputs import scale_images, show_patterns
from lenet.images.distort import DistortedPass, Distortion, distort_images, draw_maps

RANDOM = np.random.default_rng(0)
IMAGES = RANDOM.integers(0, 256, (7, 28, 28), np.uint8)
LABELS = np.arange(7)
STILL = np.tile(np.eye(2, 3), (7, 1, 1))


def move(shift: tuple[float, float]) -> np.ndarray:
    """Maps that shift by (x, y) pixels."""
    maps = STILL.copy()
    maps[:, :, 2] = shift
    return maps


def test_without_a_move_every_pixel_stays_the_same() -> None:
    np.testing.assert_array_equal(distort_images(IMAGES, STILL), scale_images(IMAGES, np.float32))


def test_a_shift_by_whole_pixels_moves_the_picture() -> None:
    moved = distort_images(IMAGES, move((2, -1)))
    still = scale_images(IMAGES, np.float32)
    np.testing.assert_allclose(moved[:, :, :-1, 2:], still[:, :, 1:, :-2], rtol=1e-6)
    np.testing.assert_array_equal(moved[:, :, -1], np.float32(-0.1))


def test_half_a_pixel_to_the_right_is_the_mean_of_two() -> None:
    image = np.zeros((1, 28, 28), np.uint8)
    image[0, 10, 10] = 200
    seen = (distort_images(image, move((0.5, 0))[:1])[0, 0] + 0.1) / 1.275 * 255
    assert seen[12, 12:14] == pytest.approx([100, 100], abs=1e-3)
    assert seen.sum() == pytest.approx(200, abs=0.1)


@given(st.integers(0, 2**64 - 1), st.integers(0, 1000))
def test_images_as_the_network_sees_them_are_distorted_as_stored_ones(seed: int, pass_: int) -> None:
    maps = draw_maps(Distortion(0.3, 0.2, 0.5, 4), seed, pass_, np.arange(7))
    stored, seen = (distort_images(images, maps) for images in (IMAGES, scale_images(IMAGES, np.float32)))
    np.testing.assert_allclose(seen, stored, atol=2e-6)


def test_a_pattern_shows_its_image_with_its_target() -> None:
    limits = Distortion(shift=3)
    order = np.array([[0, 20], [9, 6]], np.int32)
    distortion = DistortedPass(limits, seed=5, pass_=2, plain=7)
    seen, targets, steps = show_patterns(IMAGES, LABELS, order, distortion, np.float32)
    np.testing.assert_array_equal(targets, [0, 6, 2, 6])
    np.testing.assert_array_equal(steps, [[0, 1], [2, 3]])
    maps = draw_maps(limits, 5, 2, np.array([20, 9]))
    np.testing.assert_array_equal(seen[1:3], distort_images(IMAGES[[6, 2]], maps))
    np.testing.assert_array_equal(seen[[0, 3]], scale_images(IMAGES[[0, 6]], np.float32))
