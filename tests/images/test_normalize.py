from __future__ import annotations

import itertools
import os
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image

from lenet.data.idx import read_idx
from lenet.errors import PictureError, ShapeError
from lenet.images.geometry import center_by_mass, crop, is_normal
from lenet.images.normalize import find_digit, normalize_digit, steps
from lenet.samples import read_sample

DIGITS = st.integers(0, 9)
SLOW = settings(max_examples=25, deadline=None)


def enlarge(picture: np.ndarray, scale: float) -> np.ndarray:
    size = tuple(round(side * scale) for side in picture.shape[::-1])
    return np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.BICUBIC))


def paste(picture: np.ndarray, shape: tuple[int, int], top: int, left: int) -> np.ndarray:
    page = np.full(shape, int(np.median(picture)), np.uint8)
    page[top : top + picture.shape[0], left : left + picture.shape[1]] = picture
    return page


def differ(one: np.ndarray, other: np.ndarray) -> float:
    """The mean difference of pixels, of 255, at the best of nine shifts: centres may round to either side."""
    shifts = [np.roll(other.astype(int), shift, (0, 1)) for shift in itertools.product((-1, 0, 1), repeat=2)]
    return min(float(np.abs(one - shifted).mean()) for shifted in shifts)


def test_two_samples_differ_by_more_than_every_bound_below():
    digits = [normalize_digit(read_sample(digit)) for digit in range(10)]
    assert min(differ(one, other) for one, other in itertools.combinations(digits, 2)) > 16


# --- by hand


def test_a_bar_drawn_by_hand_comes_out_as_computed():
    page = np.full((100, 100), 255, np.uint8)
    page[10:90, 50:62] = 0  # 80 x 12: 20 x 3 pixels in MNIST
    digit = normalize_digit(page)
    expected = np.zeros((28, 28), np.uint8)
    # centre of 20 rows 9.5, moved to 14 by 4.5, rounded up; of 3 columns 1, moved to 14
    expected[5:25, 13:16] = 255
    np.testing.assert_array_equal(digit, expected)


def test_the_centre_of_mass_falls_on_pixel_14():
    box = np.zeros((20, 10), np.uint8)
    box[:14] = 200
    box[14:, 0] = 40
    field = center_by_mass(box)
    mass = field.sum()
    rows, columns = np.mgrid[:28, :28]
    assert abs((field * rows).sum() / mass - 14) <= 0.5
    assert abs((field * columns).sum() / mass - 14) <= 0.5


def test_a_box_stays_inside_of_the_field():
    box = np.zeros((20, 20), np.uint8)
    box[0], box[19, 19] = 255, 1
    assert center_by_mass(box)[8:, 4:24].tolist() == box.tolist()


# --- properties


@pytest.mark.parametrize("digit", range(10))
def test_normal_is_left_alone(digit):
    normal = normalize_digit(read_sample(digit))
    assert is_normal(normal)
    assert normalize_digit(normal).tobytes() == normal.tobytes()
    assert normalize_digit(255 - normal).tobytes() == normal.tobytes()


@SLOW
@given(DIGITS, st.booleans())
def test_white_ink_on_black_reads_like_black_ink_on_white(digit, frame):
    page = read_sample(digit)
    page = page if frame else page[4:-4, 4:-4].copy()
    np.testing.assert_array_equal(normalize_digit(255 - page), normalize_digit(page))


@SLOW
@given(DIGITS, st.integers(0, 200), st.integers(0, 150))
def test_it_does_not_matter_where_the_digit_stands(digit, top, left):
    sample = read_sample(digit)
    assert differ(normalize_digit(paste(sample, (320, 270), top, left)), normalize_digit(sample)) < 6


@SLOW
@given(DIGITS, st.floats(0.35, 8))
def test_it_does_not_matter_how_large_the_digit_is(digit, scale):
    sample = read_sample(digit)
    assert differ(normalize_digit(enlarge(sample, scale)), normalize_digit(sample)) < 12


@SLOW
@given(DIGITS, st.floats(0, 2 * np.pi), st.floats(0, 0.65))
def test_it_does_not_matter_from_where_the_light_falls(digit, angle, fall):
    sample = paste(read_sample(digit), (180, 200), 30, 50)
    ys, xs = np.mgrid[: sample.shape[0], : sample.shape[1]]
    along = ys * np.sin(angle) + xs * np.cos(angle)
    lit = sample * (1 - fall * (along - along.min()) / np.ptp(along))
    assert differ(normalize_digit(lit.astype(np.uint8)), normalize_digit(sample)) < 6


@settings(deadline=None)
@given(arrays.arrays(np.uint8, arrays.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=40)))
def test_any_picture_becomes_a_normal_one_or_is_refused(picture):
    try:
        digit = normalize_digit(picture)
    except PictureError:
        return
    assert digit.shape == (28, 28)
    assert digit.dtype == np.uint8
    assert normalize_digit(digit).tobytes() == digit.tobytes()


# --- what a person's picture brings


@pytest.mark.parametrize("digit", range(10))
def test_a_shadow_across_the_page_is_taken_off(digit):
    page = paste(read_sample(digit), (224, 224), 60, 60).astype(float)
    ys, xs = np.mgrid[:224, :224]
    page[xs + 0.3 * ys > 150] *= 0.6
    assert differ(normalize_digit(page.astype(np.uint8)), normalize_digit(read_sample(digit))) < 15


@pytest.mark.parametrize("digit", range(10))
@pytest.mark.parametrize("upright", [False, True])
def test_ruled_lines_are_taken_out(digit, upright):
    page = paste(read_sample(digit), (224, 260), 60, 80)
    (page.T if upright else page)[20::45] = np.minimum((page.T if upright else page)[20::45], 150)
    assert differ(normalize_digit(page), normalize_digit(read_sample(digit))) < 8


@pytest.mark.parametrize("digit", range(10))
def test_specks_and_grain_are_left_out(digit):
    random = np.random.default_rng(digit)
    page = paste(read_sample(digit), (224, 224), 60, 60) + random.normal(0, 12, (224, 224))
    for y, x in random.integers(0, 220, (6, 2)):
        page[y : y + 3, x : x + 3] = 60
    page = np.clip(page, 0, 255).astype(np.uint8)
    assert differ(normalize_digit(page), normalize_digit(read_sample(digit))) < 10


@pytest.mark.parametrize("thickness", [2, 4, 12, 24])
def test_strokes_come_to_the_width_of_mnist(thickness):
    page = np.full((120, 120), 240, np.uint8)
    page[20:100, 60 - thickness // 2 : 60 + thickness // 2] = 30
    ink = normalize_digit(page).astype(float)
    width = ink.sum() / 255 / 20
    assert 1.4 <= width <= 4.2


@pytest.mark.parametrize("grey", [0, 128, 255])
@pytest.mark.parametrize("shape", [(1, 1), (28, 28), (3, 200), (500, 400)])
def test_a_blank_page_has_no_mark(grey, shape):
    with pytest.raises(PictureError, match="no digit found"):
        normalize_digit(np.full(shape, grey, np.uint8))


def test_noise_alone_has_no_mark():
    noise = np.random.default_rng(0).normal(200, 15, (200, 200)).astype(np.uint8)
    with pytest.raises(PictureError, match="no digit found"):
        normalize_digit(noise)


@pytest.mark.parametrize(
    "picture", [np.zeros((3, 4, 3), np.uint8), np.zeros((4, 4)), np.zeros((0, 4), np.uint8)]
)
def test_what_is_not_a_grey_picture_is_refused(picture):
    with pytest.raises(ShapeError, match="height, width"):
        normalize_digit(picture)


def test_a_box_larger_than_the_field_is_refused():
    with pytest.raises(ShapeError, match="got 20 x 29"):
        center_by_mass(np.ones((20, 29), np.uint8))


def test_every_step_can_be_looked_at():
    looks = list(steps(paste(read_sample(4), (200, 300), 20, 150)))
    assert [name for name, _ in looks] == [
        "picture", "polarity", "closeup", "light", "rules", "ink", "width", "digit"
    ]  # fmt: skip
    assert all(look.dtype == np.uint8 and look.ndim == 2 for _, look in looks)
    assert crop(looks[-1][1]).shape[0] == 20


def test_what_is_found_is_the_digit_alone():
    find = find_digit(paste(read_sample(4), (200, 300), 20, 150))
    np.testing.assert_array_equal(find.digit, normalize_digit(paste(read_sample(4), (200, 300), 20, 150)))
    assert find.others == 0


def test_nothing_is_found_on_a_blank_page():
    find = find_digit(np.full((50, 80), 255, np.uint8))
    assert not find.digit.any()
    assert find.others == 0


@pytest.mark.parametrize("gap", [0, 40])
def test_other_digits_beside_it_are_counted(gap):
    between = np.full((112, gap), 236, np.uint8)
    row = [read_sample(4), between, read_sample(2), between, read_sample(7)]
    page = np.pad(np.concatenate(row, axis=1), 40, constant_values=236)
    assert find_digit(page).others == 2


@pytest.mark.parametrize("digit", range(10))
def test_specks_are_no_other_digits(digit):
    page = paste(read_sample(digit), (224, 224), 60, 60)
    page[20:26, 20:26] = page[200:203, 180:190] = 60
    assert find_digit(page).others == 0


def test_a_long_strip_is_searched_in_little_memory():
    strip = np.full((9, 20_000), 255, np.uint8)
    strip[4, 2_000:-2_000] = 0
    tracemalloc.start()
    found = find_digit(strip)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found.digit.shape == (28, 28)
    assert most < 50e6


def test_what_is_no_grey_picture_cannot_be_searched():
    with pytest.raises(ShapeError):
        find_digit(np.zeros((3, 4, 3), np.uint8))


@pytest.mark.mnist
def test_every_digit_of_mnist_is_normal():
    folder = os.environ.get("LENET_DATA")
    if not folder:
        pytest.skip("LENET_DATA is not set")
    images = read_idx(Path(folder) / "train-images-idx3-ubyte.gz")
    assert all(is_normal(image) for image in images)
