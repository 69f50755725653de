"""The 7x12 codes, compared with figure 3 of the paper pixel by pixel."""

import string

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lenet.codes import CHARACTERS, CLASS_CHARACTERS, CODE_LENGTH, DIGIT_CODES, code, codes, glyph
from lenet.errors import UsageError

# The ten pictures of figure 3, taken out of the paper's own file: + is ink.
FIGURE_3 = """
-+++++- ---++-- -+++++- +++++++ -+++++-
------- --+++-- ------- -----++ -------
--+++-- -++++-- -+++++- ----++- -------
-++-++- ---++-- ++---++ ---++-- -++--++
++---++ ---++-- +----++ --++++- -++--++
++---++ ---++-- ----++- -----++ +++--++
++---++ ---++-- --+++-- -----++ ++---++
++---++ ---++-- -++---- -----++ ++---++
-++-++- ---++-- ++----- ++---++ ++--+++
--+++-- -++++++ +++++++ -+++++- -++++++
------- ------- ------- ------- -----++
------- ------- ------- ------- -----++

-+++++- --++++- +++++++ -+++++- -+++++-
------- -++---- -----++ ++---++ ++--+++
+++++++ ++----- -----++ ++---++ ++---++
++----- ++----- ----++- ++---++ ++---++
++----- ++++++- ---++-- -+++++- ++--+++
-++++-- +++--++ ---++-- ++---++ -++++++
--++++- ++---++ --++--- ++---++ -----++
-----++ ++---++ --++--- ++---++ -----++
++---++ +++--++ --++--- ++---++ ----++-
-+++++- -+++++- --++--- -+++++- -++++--
------- ------- ------- ------- -------
------- ------- ------- ------- -------
"""


def cut_figure() -> list[list[str]]:
    bands = [[row.split() for row in band.split("\n")] for band in FIGURE_3.strip().split("\n\n")]
    return [[row[k] for row in band] for band in bands for k in range(5)]


def measure_distances() -> np.ndarray:
    return ((DIGIT_CODES[:, None] - DIGIT_CODES) ** 2).sum(-1)


@pytest.mark.parametrize("digit", range(10))
def test_the_code_of_a_digit_is_the_picture_in_the_paper(digit: int) -> None:
    rows = cut_figure()[digit]
    assert [row.replace("#", "+").replace(".", "-") for row in glyph(str(digit))] == rows
    np.testing.assert_array_equal(DIGIT_CODES[digit], [1 if sign == "+" else -1 for sign in "".join(rows)])


def test_there_are_95_characters_with_95_different_pictures() -> None:
    assert len(CHARACTERS) == 95
    assert set(string.printable) - set("\t\n\r\x0b\x0c") == set(CHARACTERS)
    assert len({glyph(character) for character in CHARACTERS}) == 95


@pytest.mark.parametrize("character", CHARACTERS)
def test_a_picture_has_12_rows_of_7_signs(character: str) -> None:
    rows = glyph(character)
    assert len(rows) == 12
    assert all(len(row) == 7 and set(row) <= set("#.") for row in rows)
    assert any("#" in row for row in rows) == (character != " ")


def test_the_closest_pair_of_digits_is_6_and_8() -> None:
    distances = measure_distances() + 1000 * np.eye(10)
    assert distances.min() == 48
    assert [(int(a), int(b)) for a, b in np.argwhere(distances == 48) if a < b] == [(6, 8)]


def test_the_farthest_pairs_of_digits_are_1_4_and_1_8_and_4_7() -> None:
    distances = measure_distances()
    assert distances.max() == 200
    assert [(int(a), int(b)) for a, b in np.argwhere(distances == 200) if a < b] == [(1, 4), (1, 8), (4, 7)]


def test_14_of_the_84_units_are_the_same_in_all_ten_digits() -> None:
    assert CODE_LENGTH == 84
    assert (DIGIT_CODES[0] == DIGIT_CODES).all(axis=0).sum() == 14


def test_similar_characters_have_similar_codes() -> None:
    far = measure_distances().max()
    for pair in ("0O", "1l", "oO", "5S"):
        first, second = codes(pair)
        assert 0 < ((first - second) ** 2).sum() < far / 2, pair


def test_classes_begin_with_the_digits_and_the_letters() -> None:
    assert CLASS_CHARACTERS[:62] == string.digits + string.ascii_uppercase + string.ascii_lowercase
    assert sorted(CLASS_CHARACTERS) == sorted(CHARACTERS)


@given(st.text(CHARACTERS, min_size=1, max_size=20))
def test_the_codes_of_a_text_are_those_of_its_characters(text: str) -> None:
    found = codes(text)
    assert found.shape == (len(text), 84)
    assert found.dtype == np.float32
    assert set(np.unique(found)) <= {-1, 1}
    for row, character in zip(found, text, strict=True):
        np.testing.assert_array_equal(row, code(character))


@pytest.mark.parametrize("character", ["é", "\n", "数", "", "ab"])
def test_a_character_without_a_code_is_named(character: str) -> None:
    with pytest.raises(UsageError, match="printable ASCII") as caught:
        code(character)
    assert repr(character) in str(caught.value)


def test_nobody_can_change_the_digits_codes() -> None:
    with pytest.raises(ValueError, match="read-only"):
        DIGIT_CODES[0, 0] = 0
