"""Numbers that carry the computation that gives them."""

import copy
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lenet.counts import Count

NUMBERS = st.integers(0, 99).map(str)
FORMULAS = st.recursive(
    NUMBERS,
    lambda parts: st.one_of(
        st.tuples(parts, parts).map(" x ".join),
        st.tuples(parts, parts).map(" + ".join),
        parts.map("({})".format),
    ),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("formula", "value"),
    [
        ("0", 0),
        ("6 x (25 + 1)", 156),
        ("2 + 3 x 4", 14),
        ("(2 + 3) x 4", 20),
        ("((2 + 3) x (1 + 1)) x 28 x 28", 7840),
    ],
)
def test_a_count_is_the_value_of_its_formula(formula: str, value: int) -> None:
    assert Count(formula) == value
    assert Count(formula).formula == formula


@given(FORMULAS)
def test_a_formula_means_what_it_means_in_python(formula: str) -> None:
    assert Count(formula) == eval(formula.replace("x", "*"))


def test_a_copy_and_a_pickle_keep_the_formula() -> None:
    count = Count("6 x 2")
    for other in (copy.copy(count), copy.deepcopy(count), pickle.loads(pickle.dumps(count))):
        assert (other, other.formula) == (12, "6 x 2")


def test_a_sum_of_counts_is_a_plain_number() -> None:
    assert type(sum([Count("6 x 2"), Count("3")])) is int
