"""The 7x12 codes, exact to the pixel."""

from itertools import combinations

import numpy as np
import pytest

from lenet.codes import CHARACTERS, CLASS_CHARACTERS, DIGIT_CODES, code, codes, glyph
from lenet.errors import UsageError

# the paper's figure 3, read from the images embedded in it; row by row, the digits 0 to 9
DIGITS = """
.#####. ...##.. .#####. ####### .#####. .#####. ..####. ####### .#####. .#####.
....... ..###.. ....... .....## ....... ....... .##.... .....## ##...## ##..###
..###.. .####.. .#####. ....##. ....... ####### ##..... .....## ##...## ##...##
.##.##. ...##.. ##...## ...##.. .##..## ##..... ##..... ....##. ##...## ##...##
##...## ...##.. #....## ..####. .##..## ##..... ######. ...##.. .#####. ##..###
##...## ...##.. ....##. .....## ###..## .####.. ###..## ...##.. ##...## .######
##...## ...##.. ..###.. .....## ##...## ..####. ##...## ..##... ##...## .....##
##...## ...##.. .##.... .....## ##...## .....## ##...## ..##... ##...## .....##
.##.##. ...##.. ##..... ##...## ##..### ##...## ###..## ..##... ##...## ....##.
..###.. .###### ####### .#####. .###### .#####. .#####. ..##... .#####. .####..
....... ....... ....... ....... .....## ....... ....... ....... ....... .......
....... ....... ....... ....... .....## ....... ....... ....... ....... .......
"""


def test_the_ten_digits_are_those_of_figure_3() -> None:
    rows = [line.split(" ") for line in DIGITS.strip().split("\n")]
    for digit in range(10):
        assert glyph(str(digit)) == tuple(row[digit] for row in rows)


def test_the_seven_is_drawn_as_in_figure_3() -> None:
    assert glyph("7") == (
        *("#######", ".....##", ".....##", "....##.", "...##..", "...##.."),
        *("..##...", "..##...", "..##...", "..##...", ".......", "......."),
    )


def test_the_bars_on_0_2_4_and_5_are_there() -> None:
    for digit in "0245":
        assert glyph(digit)[:2] == (".#####.", ".......")


def test_a_code_is_its_picture_row_by_row() -> None:
    rows = code("7").reshape(12, 7)
    np.testing.assert_array_equal(rows[0], np.ones(7))
    np.testing.assert_array_equal(rows[1], [-1, -1, -1, -1, -1, 1, 1])
    assert code("7").dtype == np.float32


def test_there_are_95_characters_with_95_different_codes() -> None:
    assert len(CHARACTERS) == 95
    assert len({code(character).tobytes() for character in CHARACTERS}) == 95
    assert set(np.unique(codes(CHARACTERS))) == {-1, 1}
    assert (code(" ") == -1).all()


def test_classes_take_the_digits_first_and_every_character_once() -> None:
    assert CLASS_CHARACTERS.startswith("0123456789ABC")
    assert sorted(CLASS_CHARACTERS) == sorted(CHARACTERS)
    np.testing.assert_array_equal(DIGIT_CODES, codes("0123456789"))


def test_6_and_8_are_the_closest_digits_12_pixels_apart() -> None:
    distances = {
        (a, b): float(((DIGIT_CODES[a] - DIGIT_CODES[b]) ** 2).sum()) for a, b in combinations(range(10), 2)
    }
    assert min(distances, key=distances.get) == (6, 8)
    assert distances[6, 8] == 48 == 4 * 12
    assert sorted(pair for pair, d in distances.items() if d == max(distances.values())) == [
        *((1, 4), (1, 8), (4, 7)),
    ]
    assert max(distances.values()) == 200


def test_14_units_are_the_same_for_all_digits() -> None:
    assert int((np.ptp(DIGIT_CODES, axis=0) == 0).sum()) == 14


def test_digit_codes_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="read-only"):
        DIGIT_CODES[0, 0] = 0


@pytest.mark.parametrize("character", ["é", "三", "\n", "", "ab"])
def test_a_character_without_a_code_is_refused(character: str) -> None:
    with pytest.raises(UsageError, match="95 printable"):
        code(character)
