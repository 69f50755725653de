import xml.etree.ElementTree as ET

import numpy as np
import pytest

from lenet.drawing.drawing import Drawing, draw_png, render_svg
from lenet.drawing.palette import LIGHT, mix_colours
from lenet.drawing.polyline import BREAK, DASH, Dot, Polyline

INK = tuple(bytes.fromhex(LIGHT["ink"][1:]))
PAPER = tuple(bytes.fromhex(LIGHT["paper"][1:]))


def render(*parts: Polyline | Dot) -> np.ndarray:
    drawing = Drawing(60, 40, "a curve")
    drawing.add(*parts)
    ET.fromstring(render_svg(drawing))
    return np.asarray(draw_png(drawing, 1))


def test_a_curve_passes_through_its_points() -> None:
    picture = render(Polyline(np.array([(5, 20), (30, 20), (30, 35)]), thickness=3))
    for x, y in ((10, 20), (30, 30)):
        assert tuple(picture[y, x]) == INK
    for x, y in ((10, 30), (45, 20)):
        assert tuple(picture[y, x]) == PAPER


def test_dashes_cover_their_share_of_a_curve() -> None:
    row = render(Polyline(np.array([(0, 20), (25, 20), (60, 20)]), thickness=3, dashed=True))[20]
    assert (row == INK).all(axis=1).mean() == pytest.approx(DASH / (DASH + BREAK), abs=0.12)
    assert tuple(row[2]) == INK
    assert tuple(row[int(DASH + BREAK / 2)]) == PAPER


def test_a_weak_curve_lets_the_paper_through() -> None:
    line = Polyline(np.array([(0, 20), (60, 20)]), thickness=4, strength=0.5)
    assert tuple(render(line)[20, 30]) == mix_colours(LIGHT["ink"], LIGHT["paper"], 0.5)
    drawing = Drawing(60, 40, "a curve", [line])
    assert 'stroke-opacity="0.5"' in render_svg(drawing)


def test_a_dot_is_round_and_where_it_belongs() -> None:
    picture = render(Dot(30, 20, 5))
    assert tuple(picture[20, 30]) == INK
    assert tuple(picture[20, 36]) == PAPER
    assert tuple(picture[15, 25]) == PAPER
