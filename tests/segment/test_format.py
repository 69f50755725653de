import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lenet.errors import UsageError
from lenet.segment.format import ANY, parse_format

ATOMS = st.sampled_from(["d", "1", "2", ".", ",", "-", "/"])
COUNTS = st.sampled_from(["", "+", "*", "?", "{2}", "{0,2}", "{1,}", "{1,3}"])
FORMS = st.lists(st.tuples(ATOMS, COUNTS), min_size=1, max_size=4)
NUMBERS = st.text("012.,-/", max_size=7)


def make_pattern(form):
    """The same as a regular expression of Python."""
    return "".join(("[0-9]" if atom == "d" else re.escape(atom)) + count for atom, count in form)


@given(FORMS, NUMBERS)
def test_a_form_accepts_what_the_regular_expression_matches(form, number):
    accepted = parse_format("".join(atom + count for atom, count in form)).accepts(number)
    assert accepted == (re.fullmatch(make_pattern(form), number) is not None)


@pytest.mark.parametrize(
    ("form", "number", "accepted"),
    [
        ("dddd", "2024", True),
        ("dddd", "202", False),
        ("d+", "7", True),
        ("d+", "", False),
        ("dd.dd.dddd", "27.11.2026", True),
        ("dd.dd.dddd", "27112026", False),
        ("d{4,6}", "12345", True),
        ("d{4,6}", "1234567", False),
        ("20dd", "2024", True),
        ("20dd", "1998", False),
    ],
)
def test_the_forms_of_the_documents(form, number, accepted):
    assert parse_format(form).accepts(number) is accepted


def test_any_number_of_digits_has_one_state_and_no_separator():
    assert len(ANY.steps) == 1
    assert ANY.accepts("")
    assert ANY.separators == frozenset()
    assert parse_format("dd.dd-d+").separators == {".", "-"}


@pytest.mark.parametrize(
    ("form", "key", "told"),
    [
        ("ddx", "read.format", "'x'"),
        ("d{2", "read.format", "'{'"),
        ("+", "read.format", "'+'"),
        ("d++", "read.format", "'+'"),
        ("d\u0662", "read.format", "\u0662"),
        ("", "read.format_empty", "dddd"),
        ("d{6,4}", "read.format_count", "{6,4}"),
        ("d{101}", "read.format_count", "100"),
        ("d{100}d{100}d", "read.format_long", "201"),
    ],
)
def test_what_is_no_form_is_refused_by_name(form, key, told):
    with pytest.raises(UsageError) as fault:
        parse_format(form)
    assert fault.value.key == key
    assert told in str(fault.value)
