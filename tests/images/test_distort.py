"""Distortion: which images of an epoch are moved, and where their ink goes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lenet.engines.inputs import scale_images, show_patterns
from lenet.images.distort import (
    DistortedEpoch,
    Distortion,
    count_knots,
    distort_images,
    draw_bends,
    draw_maps,
    draw_rotations,
    evaluate_splines,
)
from lenet.randomness import Purpose, draw_uniform

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


def test_a_quarter_turn_of_the_largest_angle_is_exact() -> None:
    limits = Distortion(rotation=45)
    quarter = draw_rotations(limits, np.array([1.0, -1.0, 0.0]))
    half = np.sqrt(0.5)
    np.testing.assert_allclose(quarter[0], [[half, -half], [half, half]], atol=1e-15)
    np.testing.assert_allclose(quarter[1], [[half, half], [-half, half]], atol=1e-15)
    np.testing.assert_array_equal(quarter[2], np.eye(2))


@given(st.floats(0, 45), st.integers(0, 2**64 - 1))
def test_a_rotation_keeps_lengths_and_stays_within_its_limit(degrees: float, seed: int) -> None:
    maps = draw_maps(Distortion(rotation=degrees), seed, 0, np.arange(50))[:, :, :2]
    np.testing.assert_allclose(maps @ maps.swapaxes(1, 2), np.tile(np.eye(2), (50, 1, 1)), atol=1e-12)
    angles = np.degrees(np.arctan2(maps[:, 1, 0], maps[:, 0, 0]))
    assert (np.abs(angles) <= degrees + 1e-9).all()
    assert degrees < 1 or 0.4 * degrees < np.abs(angles).max()


def test_the_size_changes_before_the_rotation() -> None:
    limits = Distortion(scale=0.3, squeeze=0.2, shear=0.4, shift=2)
    still, turned = (
        draw_maps(Distortion(**limits.to_dict(), rotation=degrees), 3, 1, np.arange(20))
        for degrees in (0, 30)
    )
    np.testing.assert_array_equal(turned[:, :, 2], still[:, :, 2])
    rotations = turned[:, :, :2] @ np.linalg.inv(still[:, :, :2])
    squares = rotations @ rotations.swapaxes(1, 2)
    np.testing.assert_allclose(squares, np.tile(np.eye(2), (20, 1, 1)), atol=1e-12)


def test_half_a_pixel_to_the_right_is_the_mean_of_two() -> None:
    image = np.zeros((1, 28, 28), np.uint8)
    image[0, 10, 10] = 200
    seen = (distort_images(image, move((0.5, 0))[:1])[0, 0] + 0.1) / 1.275 * 255
    assert seen[12, 12:14] == pytest.approx([100, 100], abs=1e-3)
    assert seen.sum() == pytest.approx(200, abs=0.1)


@given(st.integers(0, 2**64 - 1), st.integers(0, 1000))
def test_images_as_the_network_sees_them_are_distorted_as_stored_ones(seed: int, epoch: int) -> None:
    maps = draw_maps(Distortion(0.3, 0.2, 0.5, 4), seed, epoch, np.arange(7))
    stored, seen = (distort_images(images, maps) for images in (IMAGES, scale_images(IMAGES, np.float32)))
    np.testing.assert_allclose(seen, stored, atol=2e-6)


def test_a_pattern_shows_its_image_with_its_target() -> None:
    limits = Distortion(shift=3)
    order = np.array([[0, 20], [9, 6]], np.int32)
    distortion = DistortedEpoch(limits, seed=5, epoch=2, plain=7)
    seen, targets, steps = show_patterns(IMAGES, LABELS, order, distortion, np.float32)
    np.testing.assert_array_equal(targets, [0, 6, 2, 6])
    np.testing.assert_array_equal(steps, [[0, 1], [2, 3]])
    maps = draw_maps(limits, 5, 2, np.array([20, 9]))
    np.testing.assert_array_equal(seen[1:3], distort_images(IMAGES[[6, 2]], maps))
    np.testing.assert_array_equal(seen[[0, 3]], scale_images(IMAGES[[0, 6]], np.float32))


def test_on_a_knot_it_counts_two_thirds_and_its_neighbours_a_sixth() -> None:
    shares = evaluate_splines(4)
    np.testing.assert_allclose(shares[:4, 0], [1 / 6, 2 / 3, 1 / 6, 0], atol=1e-15)
    # knots are 4 sqrt(3) pixels apart: 7 pixels are a little more than one of these distances
    u = 7 / (4 * 3**0.5) - 1
    weights = [(1 - u) ** 3, 3 * u**3 - 6 * u**2 + 4, -3 * u**3 + 3 * u**2 + 3 * u + 1, u**3]
    np.testing.assert_allclose(shares[1:5, 7], np.array(weights) / 6, atol=1e-15)


@given(st.floats(2, 16))
def test_the_shares_of_a_place_are_bells_that_add_up_to_one(width: float) -> None:
    shares = evaluate_splines(width)
    assert 5 <= len(shares) == count_knots(width) <= 12
    assert (shares >= 0).all()
    np.testing.assert_allclose(shares.sum(axis=0), 1, rtol=1e-12)
    places = np.arange(-100, 101) / (3**0.5 * width)
    bell = np.where(np.abs(places) < 1, 2 / 3 - places**2 + np.abs(places) ** 3 / 2, 0)
    bell += np.where(np.abs(places) >= 1, np.maximum(2 - np.abs(places), 0) ** 3 / 6, 0)
    # a Gaussian's standard deviation
    assert (bell * np.arange(-100, 101) ** 2).sum() / bell.sum() == pytest.approx(width**2, rel=0.01)


@given(st.floats(0.01, 16), st.floats(2, 16), st.integers(0, 2**64 - 1), st.integers(0, 1000))
def test_no_place_is_bent_further_than_the_limit(limit: float, width: float, seed: int, epoch: int) -> None:
    bends = draw_bends(Distortion(elastic=limit, elastic_width=width), seed, epoch, np.arange(3))
    assert bends is not None
    assert bends.shape == (3, 2, 32, 32)
    assert np.abs(bends).max() <= limit


def test_simards_field_is_an_elastic_distortion_of_five_pixels() -> None:
    bends = draw_bends(Distortion(elastic=5, elastic_width=4), 0, 0, np.arange(500))
    assert bends is not None
    # a uniform number in every pixel, smoothed by a Gaussian of standard deviation 4, times 34
    simard = 34 / 3**0.5 / (2 * np.pi**0.5 * 4)
    assert bends.std() == pytest.approx(simard, rel=0.03)
    # as smooth: pixels that are d apart share exp(-d^2 / (4 sigma^2)) of their displacement
    for apart in (2, 4, 8):
        near = (bends[..., apart:] * bends[..., :-apart]).mean() / bends.var()
        assert near == pytest.approx(np.exp(-(apart**2) / 64), abs=0.04)


def test_the_first_pixel_is_bent_by_the_nine_knots_around_it() -> None:
    limits = Distortion(elastic=3, elastic_width=2)
    bends = draw_bends(limits, 9, 4, np.array([11]))
    assert bends is not None
    draws = 3 * (2 * draw_uniform(9, Purpose.ELASTIC, 4, np.array([11]), 288).reshape(2, 12, 12) - 1)
    near = np.array([1, 4, 1]) / 6
    for axis in (0, 1):
        assert bends[0, axis, 0, 0] == pytest.approx(near @ draws[axis, :3, :3] @ near, rel=1e-12)


def test_a_place_fetches_its_ink_from_where_it_is_bent_to() -> None:
    bends = np.zeros((7, 2, 32, 32))
    bends[:, 0, 9, 12], bends[:, 1, 9, 12] = 2, -1
    moved = distort_images(IMAGES, STILL, bends)
    still = scale_images(IMAGES, np.float32)
    np.testing.assert_allclose(moved[:, 0, 9, 12], still[:, 0, 8, 14], rtol=1e-6)
    moved[:, 0, 9, 12] = still[:, 0, 9, 12]
    np.testing.assert_array_equal(moved, still)


def test_without_elastic_distortion_images_move_as_they_did() -> None:
    patterns = np.arange(7, 21)[None]
    limits = Distortion(0.2, 0.1, 0.3, 2)
    assert draw_bends(limits, 3, 1, patterns[0]) is None
    expected = distort_images(IMAGES[patterns[0] % 7], draw_maps(limits, 3, 1, patterns[0]))
    found, _, _ = show_patterns(IMAGES, LABELS, patterns, DistortedEpoch(limits, 3, 1), np.float32)
    np.testing.assert_array_equal(found, expected)
    bent = DistortedEpoch(Distortion(0.2, 0.1, 0.3, 2, elastic=2), 3, 1)
    assert np.abs(show_patterns(IMAGES, LABELS, patterns, bent, np.float32)[0] - expected).max() > 0.1
