"""What is paper: by hand."""

import numpy as np
import pytest
from PIL import Image

from lenet.images.paper import (
    cut_sheet,
    fill_holes,
    flatten_light,
    measure_frame,
    measure_polarity,
    smooth_dither,
    split_levels,
)
from lenet.samples import read_sample

PAGE = np.pad(read_sample(4), 40, constant_values=235)


def test_two_levels_are_split_between_them():
    picture = np.array([[10, 12, 11, 200, 210]], np.uint8)
    assert 12 <= split_levels(picture) < 200


@pytest.mark.parametrize("side", [1, 5])
def test_a_hole_is_filled_but_not_a_bay(side):
    mask = np.ones((side + 4, side + 4), bool)
    mask[2:-2, 2:-2] = False
    assert fill_holes(mask).all()
    mask[:2, 2] = False  # open it to the outside
    assert (fill_holes(mask) == mask).all()


def test_the_frame_is_counted_without_the_middle():
    picture = np.full((10, 10), 255, np.uint8)
    picture[0], picture[3:7, 3:7] = 0, 0
    assert measure_frame(picture) == pytest.approx(26 / 36)  # 10 of the 36 outermost pixels are dark


def test_the_sign_of_the_polarity_tells_dark_ink_from_light():
    assert measure_polarity(PAGE) < -2
    assert measure_polarity(255 - PAGE) > 2


def test_a_page_without_a_table_has_no_sheet():
    assert cut_sheet(np.full((80, 90), 200, np.uint8)) is None


def test_a_sheet_is_cut_out_with_paper_around_its_digit():
    table = np.full((300, 320), 30, np.uint8)
    table[60:252, 70:262] = PAGE
    sheet = cut_sheet(table)
    assert sheet is not None
    # all of the digit is there, and next to nothing of the table
    assert (sheet < 128).sum() == pytest.approx((PAGE < 128).sum(), rel=0.02)
    assert 150 <= min(sheet.shape) <= max(sheet.shape) <= 192


def test_a_light_digit_on_black_is_no_sheet_of_paper():
    assert cut_sheet(255 - PAGE) is None


def test_where_ink_fills_the_picture_it_is_not_taken_for_paper():
    page = np.full((100, 40), 235, np.float32)
    page[4:-4, 6:-6] = 40
    darkness = flatten_light(page, 25, tight=True)
    assert darkness[8:-8, 10:-10].min() > 0.6  # black is 1 - 40 / 235 = 0.83
    assert darkness[:, :4].max() < 0.1


def test_a_dithered_picture_becomes_grey_again():
    grey = np.asarray(Image.fromarray(PAGE).convert("1")).astype(np.uint8) * 255
    smooth = smooth_dither(grey)
    paper, ink = PAGE > 200, PAGE < 100
    assert 200 < smooth[paper].mean() < 245
    assert smooth[ink].mean() < 110
    assert smooth[paper].std() < 0.6 * grey[paper].std()


def test_a_pen_of_one_pixel_and_levels_of_grey_are_no_dither():
    pen = np.full((40, 50), 255, np.uint8)
    pen[5:35, 20] = pen[20, 20:40] = 0
    for picture in (pen, 255 - pen, PAGE, np.full((9, 9), 7, np.uint8)):
        assert smooth_dither(picture) is picture
