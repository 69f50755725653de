"""Numbers with the computation that gives them."""

import copy
import json
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lenet.architecture import CHOICES, Architecture
from lenet.counts import Count

FORMULAS = st.recursive(
    st.integers(0, 99).map(str),
    lambda inner: st.tuples(inner, st.sampled_from([" x ", " + "]), inner).map(lambda t: f"({''.join(t)})"),
)


def test_156_is_six_kernels_of_25_weights_and_a_bias() -> None:
    count = Count("6 x (25 + 1)")
    assert count == 156
    assert count.formula == "6 x (25 + 1)"


def test_products_go_before_sums() -> None:
    assert Count("2 + 3 x 4 + 5") == 19


@given(FORMULAS)
def test_a_formula_has_the_value_that_python_gives_it(formula: str) -> None:
    assert Count(formula) == eval(formula.replace("x", "*"))


@given(st.builds(Architecture, **{name: st.sampled_from(values) for name, values in CHOICES.items()}))
def test_every_count_of_every_layer_is_what_its_formula_says(architecture: Architecture) -> None:
    for layer in architecture.layers:
        for count in (layer.units, layer.trainable, layer.fixed, layer.connections, layer.multiply_adds):
            assert count == eval(count.formula.replace("x", "*"))


@pytest.mark.parametrize("carry", [copy.deepcopy, lambda count: pickle.loads(pickle.dumps(count))])
def test_a_copy_keeps_its_formula(carry) -> None:
    assert carry(Count("84 x (120 + 1)")).formula == "84 x (120 + 1)"


def test_json_sees_the_number() -> None:
    assert json.dumps(Count("2 x 3")) == "6"
