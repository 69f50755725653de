"""Numbers written with the samples, read as a user reads them."""

import numpy as np
import pytest
from PIL import Image

import lenet
from lenet.errors import UsageError
from lenet.parameters import initialize_parameters
from lenet.samples import read_sample
from lenet.segment.number import Place
from lenet.segment.page import Page, resize_page


@pytest.fixture(scope="module")
def best():
    return lenet.load("best")


def test_a_number_is_read_with_its_digits_in_order(best, write_number):
    page = best.read(write_number("38207"))
    assert str(page) == "38207"
    (row,) = page.rows
    assert (row.verdict, row.likeliest) == ("number", "38207")
    assert 0.5 < row.confidence <= 1
    edges = [found.box.x for found in row.digits]
    assert edges == sorted(edges)


def test_numbers_stand_in_reading_order(best, write_number):
    above, below = write_number("25 34"), write_number("702")
    sheet = np.full((2 * len(above), max(above.shape[1], below.shape[1])), 240, np.uint8)
    sheet[: len(above), : above.shape[1]] = above
    sheet[len(above) :, : below.shape[1]] = below
    page = best.read(sheet)
    assert str(page) == "25\n34\n702"
    assert [row.line for row in page.rows] == [0, 0, 1]


def test_light_ink_on_a_dark_page_is_read_too(best, write_number):
    assert str(best.read(~write_number("4253"))) == "4253"


def test_a_separator_is_skipped_or_met(best, write_number):
    picture = write_number("25.02")
    assert str(best.read(picture)) == "2502"
    assert str(best.read(picture, format="dd.dd")) == "25.02"
    assert best.read(picture, format="dd-dd").rows == ()
    assert str(best.read(write_number("25-02"), format="dd-dd")) == "25-02"


def test_a_form_leaves_only_numbers_that_have_it(best, write_number):
    picture = write_number("4253")
    assert str(best.read(picture, format="d{4}")) == "4253"
    assert best.read(picture, format="42dd").rows[0].likeliest == "4253"
    assert best.read(picture, format="d{40}").rows == ()
    with pytest.raises(UsageError, match="'x'"):
        best.read(picture, format="x")


@pytest.mark.parametrize("digit", range(10))
def test_a_single_digit_is_answered_as_recognize_does(best, digit):
    picture = read_sample(digit)
    answer, page = best.recognize(picture), best.read(picture)
    (row,) = page.rows
    assert (row.likeliest, row.confidence) == (answer.label, answer.confidence)
    assert page.size == picture.shape


def test_a_blank_picture_has_no_rows(best):
    page = best.read(np.full((80, 200), 235, np.uint8))
    assert (page.rows, str(page)) == ((), "")


def test_boxes_are_in_the_pixels_of_the_file(best, write_number, tmp_path):
    small = Image.fromarray(write_number("3820", margin=40))
    large = small.resize((small.width * 16, small.height * 16))
    large.save(tmp_path / "large.png")
    page = best.read(tmp_path / "large.png")
    assert page.size == (large.height, large.width)
    one, other = best.read(np.asarray(small)).rows[0].box, page.rows[0].box
    assert str(page) == "3820"
    assert np.array(other) / 16 == pytest.approx(np.array(one), abs=2)


def test_a_page_is_resized_with_all_of_its_boxes(best, write_number):
    page = best.read(write_number("38"))
    double = resize_page(page, (2 * page.size[0], 2 * page.size[1]))
    assert double.rows[0].box == Place(*(2 * side for side in page.rows[0].box))
    assert double.rows[0].digits[1].box.x == 2 * page.rows[0].digits[1].box.x
    assert double.rows[0].cuts[1][0][0] == 2 * page.rows[0].cuts[1][0][0]
    assert resize_page(Page((), (3, 4)), (6, 8)) == Page((), (6, 8))


def test_a_network_without_a_calibration_reads_too(best, write_number):
    bare = lenet.Network(best.architecture, best.parameters, best.labels)
    assert bare.read(write_number("3820")).rows[0].likeliest == "3820"


def test_a_network_of_other_classes_cannot_read_numbers():
    labels = tuple("ABCDEFGHIJ")
    network = lenet.Network(lenet.MODERN, initialize_parameters(lenet.MODERN, 0), labels)
    with pytest.raises(UsageError, match="ten digits"):
        network.read(read_sample(3))
