"""What people's pictures lose a digit by, each kind drawn small: the clean-up keeps the digit whole."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

import lenet
from lenet.images.geometry import crop
from lenet.images.normalize import count_ways, find_digit, find_digits
from lenet.samples import read_sample

PAPER = 240
# (x, y) of the strokes of some digits, in a box of 100 x 160
SEVEN = [[(5, 10), (95, 10), (40, 150)]]
ONE = [[(50, 5), (50, 155)]]
FOUR = [[(70, 5), (5, 105), (95, 105)], [(72, 60), (72, 155)]]


def draw_page(strokes, width, size=(200, 240), place=(50, 40), scale=1.0, ink=20):
    """A drawing as a program for painting makes it: (H, W) uint8."""
    page = Image.new("L", size, PAPER)
    pen = ImageDraw.Draw(page)
    for stroke in strokes:
        points = [(place[0] + scale * x, place[1] + scale * y) for x, y in stroke]
        pen.line(points, fill=ink, width=width, joint="curve")
    return np.asarray(page)


@pytest.fixture(scope="module")
def network():
    return lenet.load("best")


def read_label(network, page):
    answer = network.recognize(page)
    return answer.label if answer.verdict != "none" else None


@pytest.mark.parametrize("width", [3, 8, 14, 22])
@pytest.mark.parametrize("lean", [0, 6, -12])
def test_a_straight_1_is_no_ruled_line(network, width, lean):
    one = [[(50 + lean, 5), (50 - lean, 155)]]
    assert read_label(network, draw_page(one, width)) == "1"


@pytest.mark.parametrize("margin", [0, 2])
def test_a_1_from_edge_to_edge_is_no_ruled_line(network, margin):
    page = draw_page(ONE, 12, size=(120, 150 + 2 * margin), place=(10, margin - 5))
    assert read_label(network, page) == "1"


@pytest.mark.parametrize(("label", "strokes"), [("7", SEVEN), ("4", FOUR), ("1", ONE)])
@pytest.mark.parametrize("scale", [0.5, 1.0])
def test_a_pen_of_one_pixel_is_ink(network, label, strokes, scale):
    page = draw_page(strokes, 1, size=(200, 240), scale=scale)
    assert read_label(network, page) == label


@pytest.mark.parametrize("digit", range(10))
@pytest.mark.parametrize("inverted", [False, True])
def test_a_tight_crop_keeps_its_polarity(network, digit, inverted):
    page = read_sample(digit)
    rows, columns = np.nonzero(page < 150)
    page = page[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    answer = network.recognize(255 - page if inverted else page)
    assert (answer.label, answer.verdict) == (str(digit), "digit")


@pytest.mark.parametrize("width", [20, 30, 40])
def test_a_thick_1_that_fills_its_picture_is_ink(network, width):
    page = np.full((160, width + 12), PAPER, np.uint8)
    page[3:-3, 6:-6] = 20
    assert read_label(network, page) == "1"
    assert read_label(network, 255 - page) == "1"


def test_where_the_edges_are_light_there_is_no_table():
    page = read_sample(8)
    rows, columns = np.nonzero(page < 150)
    page = page[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    assert count_ways(page) == 1


@pytest.mark.parametrize("digit", range(10))
def test_a_digit_at_the_edge_is_kept_whole(network, digit):
    page = np.pad(read_sample(digit), 60, constant_values=235)
    row = np.flatnonzero((page < 150).any(axis=1))[0]
    cut = network.recognize(page[row:])
    assert (cut.label, cut.verdict) == (str(digit), "digit")
    # the same ink, the shift of a pixel aside
    whole = find_digit(page).digit.sum(dtype=int)
    assert cut.image.sum(dtype=int) == pytest.approx(whole, rel=0.12)


@pytest.mark.parametrize("digit", [2, 3, 5, 7, 9])
@pytest.mark.parametrize("ink", [40, 130])
def test_the_rules_of_a_table_do_not_hide_a_paler_digit(network, digit, ink):
    sample = 235 - (235 - read_sample(digit).astype(int)) * (235 - ink) // 235
    page = np.full((190, 220), 235, np.uint8)
    page[40:152, 50:162] = sample
    for line in (10, 180):
        page[line : line + 4] = 0
        page[:, line : line + 4] = 0
    assert read_label(network, page) == str(digit)


def test_the_bar_of_a_7_is_no_ruled_line(network):
    page = draw_page(SEVEN, 9, size=(100, 150), place=(0, -3))
    assert read_label(network, page) == "7"


@pytest.mark.parametrize("digit", range(10))
@pytest.mark.parametrize("table", [20, 70])
def test_on_a_dark_table_the_sheet_is_the_paper(network, digit, table):
    page = np.full((240, 260), table, np.uint8)
    page[45:190, 60:200] = 235
    page[60:172, 75:187] = read_sample(digit)
    assert count_ways(page) > 1
    assert read_label(network, page) == str(digit)


@pytest.mark.parametrize("digit", range(10))
def test_a_shadow_at_the_edge_is_not_the_digit(network, digit):
    page = np.pad(read_sample(digit), 70, constant_values=235)
    page[:, :35] = 90
    assert read_label(network, page) == str(digit)


@pytest.mark.parametrize("pair", [(1, 0), (2, 0), (4, 7), (1, 1)])
def test_two_digits_are_never_one_sure_answer(network, pair):
    page = np.pad(np.concatenate([read_sample(digit) for digit in pair], axis=1), 40, constant_values=235)
    answer = network.recognize(page)
    assert (answer.verdict, answer.reason) != ("digit", None)


@pytest.mark.parametrize("step", [8, 10])
def test_a_dotted_stroke_is_one_stroke(step):
    page = np.full((200, 200), PAPER, np.uint8)
    for y in range(30, 170, step):
        page[y : y + 5, 98:104] = 60
    find = find_digit(page)
    assert find.others == 0
    assert crop(find.digit).shape[0] == 20
    assert crop(find.digit).shape[1] < 6


def test_a_dotted_7_is_a_7(network):
    page = np.full((220, 200), PAPER, np.uint8)
    points = [(x, 40) for x in range(50, 140, 11)] + [(139 - 4 * k, 40 + 11 * k) for k in range(1, 13)]
    for x, y in points:
        page[y : y + 6, x : x + 6] = 40
    assert read_label(network, page) == "7"


def test_a_pale_pencil_is_ink(network):
    assert read_label(network, draw_page(SEVEN, 4, ink=PAPER - 40)) == "7"


@pytest.mark.parametrize("digit", [0, 2, 3, 4, 5, 6, 7, 8, 9])
def test_a_dithered_picture_is_read(network, digit):
    page = np.asarray(Image.fromarray(read_sample(digit)).convert("1")).astype(np.uint8) * 255
    assert read_label(network, page) == str(digit)


def test_a_clear_picture_is_read_in_one_way():
    page = np.pad(read_sample(3), 40, constant_values=235)
    assert count_ways(page) == len(find_digits(page)) == 1


def test_every_way_that_finds_a_digit_is_asked():
    page = np.full((240, 260), 20, np.uint8)
    page[45:190, 60:200] = 235
    page[60:172, 75:187] = read_sample(3)
    ways = [find_digit(page, way) for way in range(count_ways(page))]
    assert [find.digit.tobytes() for find in find_digits(page)] == [
        find.digit.tobytes() for find in ways if find.digit.any()
    ]
