"""Every number that the paper states about LeNet-5, and what the description refuses."""

import copy
import pickle
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lenet.architecture import (
    C3_TABLE,
    CHOICES,
    LAYER_NAMES,
    MODERN,
    ORIGINAL,
    PARAMETER_NAMES,
    PRESETS,
    Architecture,
    describe_inputs,
)
from lenet.counts import Count
from lenet.errors import ArchitectureError, ShapeError

ALL = [Architecture(*values) for values in product(*CHOICES.values())]


def list_counts(name: str, architecture: Architecture = ORIGINAL) -> list[int]:
    return [int(getattr(layer, name)) for layer in architecture.layers]


def test_the_layers_are_those_of_figure_2() -> None:
    assert [layer.name for layer in ORIGINAL.layers] == ["c1", "s2", "c3", "s4", "c5", "f6", "output"]
    assert list_counts("maps") == [6, 6, 16, 16, 120, 84, 10]
    assert list_counts("side") == [28, 14, 10, 5, 1, 1, 1]
    assert [layer.kind for layer in ORIGINAL.layers] == [
        *("convolution", "subsampling", "convolution", "subsampling", "convolution", "full", "rbf")
    ]


def test_trainable_numbers_of_1998() -> None:
    assert list_counts("trainable") == [156, 12, 1516, 32, 48120, 10164, 0]
    assert ORIGINAL.trainable == 60_000
    assert list_counts("fixed") == [0, 0, 0, 0, 0, 0, 840]


def test_connections_of_1998() -> None:
    assert list_counts("connections") == [122304, 5880, 151600, 2000, 48120, 10164, 840]
    assert ORIGINAL.connections_total == 340_908


def test_units_of_1998() -> None:
    assert list_counts("units") == [4704, 1176, 1600, 400, 120, 84, 10]


def test_multiply_adds_of_1998() -> None:
    # one for each weight of each unit; a subsampling multiplies once a unit
    assert list_counts("multiply_adds") == [117600, 1176, 150000, 400, 48000, 10080, 840]


def test_c3_has_1516_parameters_from_60_kernels() -> None:
    assert ORIGINAL.layer("c3").trainable == 1516 == 60 * 25 + 16
    assert ORIGINAL.parameter_shapes["c3.weight"] == (60, 5, 5)


def test_the_modern_network_has_61706_parameters() -> None:
    assert list_counts("trainable", MODERN) == [156, 0, 2416, 0, 48120, 10164, 850]
    assert MODERN.trainable == 61_706


def test_receptive_fields_grow_from_5_to_the_whole_input() -> None:
    assert list_counts("receptive_field") == [5, 6, 14, 16, 32, 32, 32]
    assert list_counts("receptive_stride") == [1, 2, 2, 4, 4, 4, 4]


@pytest.mark.parametrize("architecture", ALL, ids=lambda a: "-".join(map(str, a.to_dict().values())))
def test_every_count_is_the_value_of_its_formula(architecture: Architecture) -> None:
    for layer in architecture.layers:
        for count in (layer.units, layer.trainable, layer.fixed, layer.connections, layer.multiply_adds):
            assert eval(count.formula.replace("x", "*")) == count, (layer.name, count.formula)


@pytest.mark.parametrize("architecture", ALL, ids=lambda a: "-".join(map(str, a.to_dict().values())))
def test_the_counts_are_those_of_the_arrays(architecture: Architecture) -> None:
    for layer in architecture.layers:
        shapes = [s for name, s in architecture.parameter_shapes.items() if name.startswith(layer.name)]
        assert sum(int(np.prod(shape)) for shape in shapes) == layer.trainable
    assert set(architecture.parameter_shapes) <= set(PARAMETER_NAMES)


def test_table_1_of_the_paper() -> None:
    rows = ["012", "123", "234", "345", "450", "501"]
    rows += ["0123", "1234", "2345", "3450", "4501", "5012", "0134", "1245", "0235", "012345"]
    assert tuple(tuple(sorted(map(int, row))) for row in rows) == C3_TABLE
    assert [C3_TABLE.index(inputs) for inputs in C3_TABLE] == list(range(16))
    assert [sum(i in inputs for inputs in C3_TABLE) for i in range(6)] == [10] * 6


def test_the_table_has_its_four_groups() -> None:
    groups = [describe_inputs(inputs) for inputs in C3_TABLE]
    assert groups == [(3, True)] * 6 + [(4, True)] * 6 + [(4, False)] * 3 + [(6, True)]


def test_the_pairs_follow_the_maps_and_then_the_inputs() -> None:
    assert ORIGINAL.pairs.shape == (60, 2)
    assert ORIGINAL.pairs.tolist() == sorted(ORIGINAL.pairs.tolist())
    assert ORIGINAL.pairs[:4].tolist() == [[0, 0], [0, 1], [0, 2], [1, 1]]
    assert MODERN.pairs.tolist() == [[m, i] for m in range(16) for i in range(6)]


@pytest.mark.parametrize(("activation", "paper"), [("tanh", -1), ("logistic", 0), ("relu", 0)])
def test_codes_are_within_reach_of_the_activation_function(activation: str, paper: int) -> None:
    architecture = Architecture(activation=activation, classes=95)
    assert architecture.codes.shape == (95, 84)
    assert set(np.unique(architecture.codes)) == {paper, 1}
    assert not architecture.codes.flags.writeable


def test_a_linear_output_has_no_codes() -> None:
    with pytest.raises(ArchitectureError, match="no fixed codes"):
        _ = MODERN.codes


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"activation": "gelu"}, "'gelu'.*tanh, logistic, relu"),
        ({"pooling": None}, "None.*trainable, average, max"),
        ({"connections": "Table"}, "'Table'.*table, full"),
        ({"output": "softmax"}, "'softmax'.*rbf, linear"),
        ({"classes": 1}, "1.*2 to 95"),
        ({"classes": 96}, "96.*2 to 95"),
        ({"classes": True}, "True.*whole number"),
        ({"classes": 10.0}, r"10\.0.*whole number"),
        ({"classes": "10"}, "'10'.*whole number"),
        ({"classes": 10_001, "output": "linear"}, "10001.*2 to 10000"),
    ],
    ids=str,
)
def test_a_network_that_cannot_be_is_refused(values: dict, words: str) -> None:
    with pytest.raises(ArchitectureError, match=words):
        Architecture(**values)


@pytest.mark.parametrize("architecture", [*PRESETS.values(), Architecture(classes=np.int64(26))])
def test_an_architecture_comes_back_from_its_dictionary_and_from_a_copy(architecture: Architecture) -> None:
    architecture.layers  # noqa: B018 - what was looked at is copied, too
    assert Architecture.from_dict(architecture.to_dict()) == architecture
    for other in (pickle.loads(pickle.dumps(architecture)), copy.deepcopy(architecture)):
        assert other == architecture
        assert other.layers == architecture.layers
        assert other.layer("c3").trainable.formula == architecture.layer("c3").trainable.formula


@pytest.mark.parametrize("values", [{}, {"activation": "tanh"}, ORIGINAL.to_dict() | {"layers": 7}])
def test_a_dictionary_of_other_fields_is_refused(values: dict) -> None:
    with pytest.raises(ArchitectureError, match="fields"):
        Architecture.from_dict(values)


def test_a_layer_is_found_by_name_in_any_case() -> None:
    assert ORIGINAL.layer("C3") is ORIGINAL.layers[2]
    with pytest.raises(ArchitectureError, match=r"'c4'.*c1, s2, c3"):
        ORIGINAL.layer("c4")
    assert tuple(layer.name for layer in MODERN.layers) == LAYER_NAMES


def test_one_more_place_for_every_4_pixels() -> None:
    assert ORIGINAL.output_sides(32, 32) == (1, 1)
    assert ORIGINAL.output_sides(36, 200) == (2, 43)


@given(height=st.integers(-5, 200), width=st.integers(-5, 200))
def test_a_field_fits_or_is_told_which_side_does_not(height: int, width: int) -> None:
    if all(side >= 32 and side % 4 == 0 for side in (height, width)):
        assert ORIGINAL.output_sides(height, width) == (height // 4 - 7, width // 4 - 7)
        return
    with pytest.raises(ShapeError) as caught:
        ORIGINAL.output_sides(height, width)
    values = caught.value.values
    assert values["side"] in (height, width)
    assert values["fit"] >= 32
    assert 0 <= values["fit"] - values["side"] < 4 or values["fit"] == 32


def test_the_table_of_layers_shows_itself_in_a_notebook() -> None:
    table = ORIGINAL._repr_html_()
    for text in ("<td>48,120</td>", "<td>60,000</td>", "<td>340,908</td>"):
        assert text in table


def test_the_presets_are_the_two_networks() -> None:
    assert PRESETS["original"] == Architecture("tanh", "trainable", "table", "rbf", 10)
    assert PRESETS["modern"] == Architecture("relu", "max", "full", "linear", 10)
    assert tuple(PRESETS.values()) == (ORIGINAL, MODERN)


def test_a_count_carries_its_formula_and_is_a_number() -> None:
    count = Count("6 x (25 + 1)")
    assert count == 156
    assert count.formula == "6 x (25 + 1)"
    assert copy.copy(count).formula == count.formula
