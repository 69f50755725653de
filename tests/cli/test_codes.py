import pytest

from lenet.cli.glyphs import draw_glyphs
from lenet.codes import CHARACTERS, glyph


def read_pixels(lines):
    """The pixels of a drawing in half blocks, two rows from each line."""
    halves = {" ": "..", "▀": "#.", "▄": ".#", "█": "##"}
    rows = []
    for line in lines:
        pairs = [halves[sign] for sign in line.ljust(7)]
        rows += ["".join(pair[0] for pair in pairs), "".join(pair[1] for pair in pairs)]
    return tuple(rows)


@pytest.mark.parametrize("character", CHARACTERS)
def test_each_glyph_is_drawn_to_the_pixel(character):
    name, *lines = draw_glyphs(character, 80)
    assert name.strip() == character.strip()
    assert read_pixels(lines) == glyph(character)


def test_glyphs_stand_side_by_side_in_even_rows(lenet):
    out = lenet("codes").out
    assert "   0        1        2        3        4        5        6        7        8        9\n" in out
    assert all(len(line) <= 100 for line in out.splitlines())
    narrow = list(draw_glyphs("0123456789", 80))
    assert max(map(len, narrow)) <= 43


def test_the_table_has_the_squared_distances(lenet):
    out = lenet("codes", "68").out
    assert "    6   8\n6   -  48\n8  48   -\n" in out
    assert "Closest: 6 and 8, squared distance 48; 12 of the 84 pixels differ." in out


def test_one_character_has_no_distances(lenet):
    assert "distance" not in lenet("codes", "33").out


def test_many_characters_get_the_closest_pairs(lenet):
    out = lenet("codes", "abcdefghijklmnopqrstuvwxyz0123456789").out
    assert "The 10 closest of 630 pairs:" in out
    assert all(len(line) <= 100 for line in out.splitlines())


def test_json_has_glyphs_and_distances(lenet):
    answer = lenet("codes", "oOo", "--json").json
    assert answer["characters"] == "oO"
    assert answer["glyphs"]["O"] == list(glyph("O"))
    distance = answer["distances"][0][1]
    assert answer["distances"] == [[0, distance], [distance, 0]]
    assert distance > 0


@pytest.mark.parametrize(
    ("text", "message"), [("é", "'é' has no 7x12 code"), ("数", "printable ASCII"), ("", "TEXT is empty")]
)
def test_what_has_no_code_is_refused(lenet, text, message):
    answer = lenet("codes", text)
    assert (answer.code, answer.out) == (2, "")
    assert message in answer.err
