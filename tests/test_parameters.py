"""The trainable arrays: names, shapes, and the numbers that a training starts from."""

import pickle

import numpy as np
import pytest

from lenet.architecture import CHOICES, MODERN, ORIGINAL, Architecture
from lenet.errors import ArchitectureError, ShapeError
from lenet.parameters import INITIALIZATIONS, Parameters, initialize_parameters


def test_the_network_of_1998_has_60000_numbers() -> None:
    assert initialize_parameters(ORIGINAL, 0).count == 60_000


def test_weights_lie_within_their_fan_in_and_fill_it() -> None:
    limits = {"c1.weight": 25, "s2.coefficient": 4, "s4.coefficient": 4, "c5.weight": 400, "f6.weight": 120}
    parameters = initialize_parameters(ORIGINAL, 0)
    for name, fan_in in limits.items():
        most = np.abs(parameters[name]).max()
        assert 0.8 * 2.4 / fan_in < most <= 2.4 / fan_in


def test_a_map_of_c3_starts_within_its_own_fan_in() -> None:
    weight = initialize_parameters(ORIGINAL, 0)["c3.weight"]
    for m, inputs in enumerate(ORIGINAL.table):
        most = np.abs(weight[ORIGINAL.pairs[:, 0] == m]).max()
        assert 0.9 * 2.4 / (25 * len(inputs)) < most <= 2.4 / (25 * len(inputs))


@pytest.mark.parametrize(("activation", "gain"), [("tanh", 3), ("relu", 6), ("logistic", 48)])
def test_the_variance_scheme_widens_the_weights_for_the_activation(activation: str, gain: float) -> None:
    weight = initialize_parameters(Architecture(activation=activation), 0, scheme="variance")["c5.weight"]
    assert weight.var() == pytest.approx(gain / 3 / 400, rel=0.02)


def test_biases_start_at_0() -> None:
    for name, array in initialize_parameters(MODERN, 4, scheme="variance").items():
        assert (array == 0).all() == name.endswith(".bias")


@pytest.mark.parametrize("scheme", INITIALIZATIONS)
def test_both_precisions_start_from_the_same_numbers(scheme: str) -> None:
    single, double = (initialize_parameters(ORIGINAL, 1, t, scheme) for t in (np.float32, np.float64))
    assert (single.dtype, double.dtype) == (np.float32, np.float64)
    for name in single:
        np.testing.assert_array_equal(single[name], double[name])


def test_seeds_and_arrays_have_numbers_of_their_own() -> None:
    a, b = initialize_parameters(ORIGINAL, 1), initialize_parameters(ORIGINAL, 2)
    assert not np.array_equal(a["f6.weight"], b["f6.weight"])
    assert not np.array_equal(a["s4.coefficient"][:6], a["s2.coefficient"])
    np.testing.assert_array_equal(a["c5.weight"], initialize_parameters(ORIGINAL, 1)["c5.weight"])


def test_what_the_variants_share_starts_from_the_same_numbers() -> None:
    full = initialize_parameters(Architecture(connections="full"), 1)
    np.testing.assert_array_equal(full["c5.weight"], initialize_parameters(ORIGINAL, 1)["c5.weight"])


def test_another_scheme_is_refused() -> None:
    with pytest.raises(ArchitectureError, match="1998, variance"):
        initialize_parameters(ORIGINAL, 0, scheme="xavier")


def test_dense_c3_has_zeros_where_the_table_has_no_connection() -> None:
    parameters = initialize_parameters(ORIGINAL, 0)
    dense = parameters.dense("c3")
    assert dense.shape == (16, 6, 5, 5)
    for m, inputs in enumerate(ORIGINAL.table):
        for i in range(6):
            assert dense[m, i].any() == (i in inputs)
    np.testing.assert_array_equal(dense[4, 5], parameters["c3.weight"][14])
    assert parameters.dense("c5") is parameters["c5.weight"]


@pytest.mark.parametrize("pooling", CHOICES["pooling"])
def test_only_trainable_pooling_has_parameters(pooling: str) -> None:
    names = set(initialize_parameters(Architecture(pooling=pooling), 0))
    assert ("s2.coefficient" in names) == (pooling == "trainable")


def test_arrays_that_do_not_fit_are_refused_by_name() -> None:
    good = dict(initialize_parameters(ORIGINAL, 0))
    with pytest.raises(ShapeError, match=r"f6\.weight"):
        Parameters(ORIGINAL, {name: array for name, array in good.items() if name != "f6.weight"})
    with pytest.raises(ShapeError, match=r"c1\.bias has shape \(5,\), expected \(6,\)"):
        Parameters(ORIGINAL, good | {"c1.bias": np.zeros(5, np.float32)})
    with pytest.raises(ShapeError, match="float64"):
        Parameters(ORIGINAL, good | {"c1.bias": np.zeros(6)})
    with pytest.raises(ShapeError, match="float16"):
        Parameters(ORIGINAL, {name: array.astype(np.float16) for name, array in good.items()})


def test_parameters_survive_a_pickle_between_processes() -> None:
    parameters = initialize_parameters(MODERN, 3)
    again = pickle.loads(pickle.dumps(parameters))
    assert again.architecture == MODERN
    assert list(again) == list(parameters)
    np.testing.assert_array_equal(again["output.weight"], parameters["output.weight"])
