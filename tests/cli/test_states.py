import numpy as np

from lenet.cli.states import draw_code, draw_image, draw_penalties, join_pictures, pad
from lenet.codes import code, glyph


def test_a_code_is_drawn_two_columns_to_a_unit():
    assert draw_code(code("3")) == [row.replace("#", "██").replace(".", "  ") for row in glyph("3")]
    zero_one = (code("3") + 1) / 2
    assert draw_code(zero_one, paper=0) == draw_code(code("3"))


def test_states_beyond_ink_and_paper_are_ink_and_paper():
    assert draw_code(1.7159 * code("8")) == draw_code(code("8"))


def test_an_image_takes_two_rows_to_a_line():
    image = np.zeros((28, 28), np.uint8)
    image[4:6, 3] = 255
    lines = list(draw_image(image))
    assert len(lines) == 14
    assert lines[2] == "    " + "   █"
    assert "".join(lines).strip() == "█"


def test_the_smallest_penalty_is_marked_and_bars_are_in_proportion():
    lines = list(draw_penalties({"a": 10.0, "b": 2.5, "c": 5.0}))
    assert [line.count("█") for line in lines] == [40, 10, 20]
    assert ["<-" in line for line in lines] == [False, True, False]


def test_pictures_stand_side_by_side_and_chinese_takes_two_columns():
    assert list(join_pictures(["ab", "cd"], ["ef", "gh"])) == ["    ab      ef", "    cd      gh"]
    assert pad("输入", 6) == "输入  "
