"""The network as data: every number of the paper, and how it comes about."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lenet.architecture import (
    C3_TABLE,
    CHOICES,
    MODERN,
    ORIGINAL,
    Architecture,
    describe_inputs,
)
from lenet.errors import ArchitectureError, ShapeError

# LeCun et al. 1998, section II.B: units, trainable, connections; IEEE misprints the connections of C3
PAPER = {
    "c1": (4_704, 156, 122_304),
    "s2": (1_176, 12, 5_880),
    "c3": (1_600, 1_516, 151_600),
    "s4": (400, 32, 2_000),
    "c5": (120, 48_120, 48_120),
    "f6": (84, 10_164, 10_164),
    "output": (10, 0, 840),
}
SHAPES = {"c1": (6, 28), "s2": (6, 14), "c3": (16, 10), "s4": (16, 5), "c5": (120, 1), "f6": (84, 1)}
EVERY = st.builds(Architecture, **{name: st.sampled_from(values) for name, values in CHOICES.items()})


@pytest.mark.parametrize("name", PAPER)
def test_a_layer_has_the_counts_of_the_paper(name: str) -> None:
    layer = ORIGINAL.layer(name)
    assert (layer.units, layer.trainable, layer.connections) == PAPER[name]


@pytest.mark.parametrize("name", SHAPES)
def test_a_layer_has_the_shape_of_the_paper(name: str) -> None:
    assert (ORIGINAL.layer(name).maps, ORIGINAL.layer(name).side) == SHAPES[name]


def test_1998_has_60000_parameters_and_340908_connections() -> None:
    assert ORIGINAL.trainable == 60_000
    assert ORIGINAL.connections_total == 340_908
    assert ORIGINAL.layer("output").fixed == 840


def test_the_modern_network_has_61706_parameters() -> None:
    assert MODERN.trainable == 61_706
    assert MODERN.layer("c3").trainable == 16 * (6 * 25 + 1)
    assert MODERN.layer("s2").trainable == 0


def test_c3_has_1516_parameters_in_four_groups() -> None:
    formula = ORIGINAL.layer("c3").trainable.formula
    three, four = "6 x (3 x 5 x 5 + 1)", "6 x (4 x 5 x 5 + 1)"
    assert formula == f"{three} + {four} + 3 x (4 x 5 x 5 + 1) + 1 x (6 x 5 x 5 + 1)"


def test_table_1_is_the_papers() -> None:
    columns = "012 123 234 345 450 501 0123 1234 2345 3450 4501 5012 0134 1245 0235 012345"
    assert tuple(tuple(sorted(map(int, column))) for column in columns.split()) == C3_TABLE


def test_each_map_of_s2_feeds_ten_maps_of_c3() -> None:
    assert [sum(i in inputs for inputs in C3_TABLE) for i in range(6)] == [10] * 6


def test_neighbours_on_the_ring_are_told_from_maps_that_are_apart() -> None:
    groups = [describe_inputs(inputs) for inputs in C3_TABLE]
    assert groups == [(3, True)] * 6 + [(4, True)] * 6 + [(4, False)] * 3 + [(6, True)]


def test_pairs_are_ordered_by_map_and_then_by_input() -> None:
    assert ORIGINAL.pairs.shape == (60, 2)
    assert MODERN.pairs.shape == (96, 2)
    assert ORIGINAL.pairs[12:15].tolist() == [[4, 0], [4, 4], [4, 5]]
    assert sorted(map(tuple, ORIGINAL.pairs.tolist())) == list(map(tuple, ORIGINAL.pairs.tolist()))


def test_receptive_fields_grow_to_the_whole_input() -> None:
    fields = {layer.name: (layer.receptive_field, layer.receptive_stride) for layer in ORIGINAL.layers}
    assert fields == {
        "c1": (5, 1),
        "s2": (6, 2),
        "c3": (14, 2),
        "s4": (16, 4),
        "c5": (32, 4),
        "f6": (32, 4),
        "output": (32, 4),
    }


@given(EVERY)
def test_parameter_shapes_hold_as_many_numbers_as_the_layers_train(architecture: Architecture) -> None:
    shapes = architecture.parameter_shapes
    assert sum(int(np.prod(shape)) for shape in shapes.values()) == architecture.trainable
    for layer in architecture.layers:
        own = [shape for name, shape in shapes.items() if name.startswith(f"{layer.name}.")]
        assert sum(int(np.prod(shape)) for shape in own) == layer.trainable


@given(EVERY)
def test_an_architecture_comes_back_from_its_description(architecture: Architecture) -> None:
    assert Architecture.from_dict(architecture.to_dict()) == architecture


@pytest.mark.parametrize("name", CHOICES)
def test_a_value_that_does_not_exist_is_refused_with_the_choices(name: str) -> None:
    with pytest.raises(ArchitectureError, match=CHOICES[name][0]):
        Architecture(**{name: "nonsense"})


@pytest.mark.parametrize(
    ("output", "classes"), [("rbf", 1), ("rbf", 96), ("linear", 10_001), ("rbf", True), ("rbf", 9.5)]
)
def test_a_number_of_classes_out_of_range_is_refused(output: str, classes: int) -> None:
    with pytest.raises(ArchitectureError, match="classes"):
        Architecture(output=output, classes=classes)


def test_a_description_with_other_fields_is_refused() -> None:
    with pytest.raises(ArchitectureError, match="depth"):
        Architecture.from_dict({**ORIGINAL.to_dict(), "depth": 5})
    with pytest.raises(ArchitectureError, match="pooling"):
        Architecture.from_dict({"activation": "tanh"})


def test_a_layer_that_does_not_exist_is_refused_with_the_names() -> None:
    with pytest.raises(ArchitectureError, match="c1, s2, c3, s4, c5, f6, output"):
        ORIGINAL.layer("c2")


def test_codes_are_0_and_1_where_the_squashing_cannot_reach_minus_1() -> None:
    assert set(np.unique(ORIGINAL.codes)) == {-1, 1}
    for activation in ("logistic", "relu"):
        assert set(np.unique(Architecture(activation=activation).codes)) == {0, 1}


def test_a_linear_output_has_no_codes() -> None:
    with pytest.raises(ArchitectureError, match="linear"):
        _ = MODERN.codes


def test_codes_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="read-only"):
        ORIGINAL.codes[0, 0] = 3


@given(st.integers(0, 20), st.integers(0, 20))
def test_the_output_slides_by_4_pixels(down: int, right: int) -> None:
    assert ORIGINAL.output_sides(32 + 4 * down, 32 + 4 * right) == (1 + down, 1 + right)


@pytest.mark.parametrize(("side", "fit"), [(28, 32), (33, 36), (35, 36), (1, 32)])
def test_a_field_that_does_not_fit_is_refused_with_the_next_that_does(side: int, fit: int) -> None:
    with pytest.raises(ShapeError, match=f"pad it to {fit}"):
        ORIGINAL.output_sides(32, side)
