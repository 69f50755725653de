from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image, ImageDraw

from lenet.drawing.cells import DOT, Cells, draw_cells, render_cells


def read_svg(cells):
    return ElementTree.fromstring(render_cells(cells))


def draw(values, unit=10):
    image = Image.new("L", (unit * len(values[0]), unit * len(values)), 255).convert("RGB")
    draw_cells(ImageDraw.Draw(image), Cells(0, 0, unit, np.array(values)), 1)
    return np.asarray(image.convert("L"))


def test_equal_cells_of_a_row_are_one_stroke():
    group = read_svg(Cells(3, 4, 2, np.array([[1.0, 1.0, 0.0], [0.0, 1.0, 1.0]])))
    assert group.get("transform") == "translate(3 5) scale(2)"
    assert [path.get("d") for path in group] == ["M0 0h2M1 1h2"]


def test_negative_cells_are_dots_and_positive_ones_are_not():
    negative, positive = read_svg(Cells(0, 0, 1, np.array([[-1.0, 1.0]])))
    assert negative.get("stroke-dasharray") == f"{DOT} {1 - DOT:g}"
    assert positive.get("stroke-dasharray") is None
    assert (negative.get("class"), positive.get("class")) == ("s-accent", "s-ink")


def test_a_state_of_zero_is_the_bare_sheet():
    assert len(read_svg(Cells(0, 0, 1, np.zeros((3, 3))))) == 0
    assert (draw([[0.0]]) == 255).all()


def test_what_lies_beyond_one_is_drawn_as_one():
    assert Cells(0, 0, 1, np.array([[-3.0, 0.24, 1.7]])).levels.tolist() == [[-10, 2, 10]]


@pytest.mark.parametrize("strength", [0.3, 0.6, 1.0])
def test_the_sign_shows_in_grey(strength):
    """A positive cell is even all over; a negative one has a bare rim."""
    positive, negative = draw([[strength]]), draw([[-strength]])
    assert (positive == positive[0, 0]).all()
    assert positive[0, 0] < 255
    assert negative[0, 0] == 255
    assert negative[5, 5] < 255


def test_stronger_states_are_darker_whatever_their_sign():
    for sign in (1, -1):
        middles = [draw([[sign * strength]])[5, 5] for strength in (0.2, 0.5, 1.0)]
        assert middles == sorted(middles, reverse=True)
        assert len(set(middles)) == 3
