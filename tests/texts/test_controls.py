import json
from xml.dom import minidom

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lenet.drawing.drawing import Drawing, Words, render_svg
from lenet.texts.controls import escape_controls, replace_controls

NASTY = "a\x00\x1b[31m\u202eb\ud800\x7f\ufffe"


def test_nothing_that_moves_a_cursor_or_turns_the_line_is_left():
    assert replace_controls(NASTY) == "a��[31m�b���"
    assert replace_controls("plain 文字\n\tα") == "plain 文字\n\tα"


@given(st.text())
def test_any_text_can_be_written_as_utf8(text):
    replace_controls(text).encode("utf-8")


@given(st.text())
def test_json_keeps_every_character_and_is_valid_utf8(text):
    written = escape_controls(json.dumps({text: text}, ensure_ascii=False))
    written.encode("utf-8")
    assert json.loads(written) == {text: text}


@pytest.mark.parametrize("text", [NASTY, "<&>\"'", "]]>"])
def test_a_picture_with_any_text_is_well_formed(text):
    drawing = Drawing(100, 50, text)
    drawing.add(Words(10, 20, text, 14))
    minidom.parseString(render_svg(drawing).encode("utf-8"))
