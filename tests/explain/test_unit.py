from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lenet.architecture import CHOICES, LAYER_NAMES, ORIGINAL, Architecture
from lenet.drawing.drawing import Box, Words
from lenet.engines import get_engine
from lenet.errors import UsageError
from lenet.explain.recognition import Recognition, trace_recognition
from lenet.explain.unit import Position, find_receptive_fields, parse_position, work_out
from lenet.explain.unit_picture import compose_unit
from lenet.images.normalize import normalize_digit
from lenet.network import Network
from lenet.parameters import initialize_parameters
from lenet.samples import read_sample

DIGIT = normalize_digit(read_sample(3))
NETWORK = Network.load()
RECOGNITION = trace_recognition(NETWORK, DIGIT)


@st.composite
def positions(draw, architecture=ORIGINAL):
    layer = architecture.layer(draw(st.sampled_from(LAYER_NAMES)))
    side = st.integers(0, layer.side - 1)
    return Position(layer.name, draw(st.integers(0, layer.maps - 1)), draw(side), draw(side))


def read_engine(recognition, position, key=""):
    states = recognition.states[position.layer + key]
    return states[position.map, position.row, position.column] if states.ndim == 3 else states[position.map]


@given(positions())
@settings(deadline=None, max_examples=200)
def test_a_unit_by_hand_equals_the_engines(position):
    unit = work_out(RECOGNITION, NETWORK.parameters, position)
    size = sum(float(np.abs(term.products).sum()) for term in unit.terms) + 1
    if position.layer != "output":
        assert abs(unit.sum - read_engine(RECOGNITION, position, ".sum")) <= 1e-5 * size
    # the activation function is no steeper than 1.144, so what is added to a sum grows little
    assert abs(unit.state - read_engine(RECOGNITION, position)) <= 1e-5 * size


def test_in_double_precision_every_variant_equals_the_engine_to_the_last_digits():
    rng = np.random.default_rng(6)
    for values in product(*CHOICES.values()):
        architecture = Architecture(**dict(zip(CHOICES, values, strict=True)))
        parameters = initialize_parameters(architecture, 3, np.float64, "variance")
        parameters = parameters.map(lambda array: array + rng.normal(0, 0.05, array.shape))
        states = get_engine("reference").load(architecture, parameters, "float64").trace(DIGIT[None], True)
        labels = tuple("0123456789")
        recognition = Recognition(architecture, labels, {name: array[0] for name, array in states.items()})
        for layer in architecture.layers:
            position = Position(layer.name, layer.maps - 1, layer.side // 2, layer.side // 3)
            unit = work_out(recognition, parameters, position)
            sign = -1 if (layer.name, architecture.output) == ("output", "linear") else 1
            assert unit.state == pytest.approx(sign * read_engine(recognition, position), abs=1e-10), values


@given(positions())
@settings(deadline=None, max_examples=60)
def test_a_unit_depends_on_its_field_and_on_nothing_else(position):
    """Noise outside the field leaves the state as it is; noise inside changes the sum."""
    # a trained network is saturated: little noise may change nothing there
    network = Network(ORIGINAL, initialize_parameters(ORIGINAL, 3, scheme="variance"), tuple("0123456789"))
    recognition = trace_recognition(network, DIGIT)
    field = find_receptive_fields(ORIGINAL, position)["input"]
    image = recognition.states["input"]
    inside = np.zeros((32, 32), bool)
    inside[slice(*field.rows), slice(*field.columns)] = True
    noise = np.random.default_rng(1).normal(0, 0.3, image.shape).astype(np.float32)
    state = read_engine(recognition, position)
    outer = Recognition(
        ORIGINAL, network.labels, network.trace(np.where(inside, image, image + noise), sums=True)
    )
    assert read_engine(outer, position) == pytest.approx(state, abs=1e-6)
    key = "" if position.layer == "output" else ".sum"
    inner = Recognition(
        ORIGINAL, network.labels, network.trace(np.where(inside, image + noise, image), sums=True)
    )
    assert read_engine(inner, position, key) != read_engine(recognition, position, key)


@pytest.mark.parametrize("name", LAYER_NAMES)
def test_a_field_is_as_large_as_the_architecture_says(name):
    layer = ORIGINAL.layer(name)
    field = find_receptive_fields(ORIGINAL, Position(name, 0))["input"]
    assert field.rows[1] - field.rows[0] == layer.receptive_field
    if layer.side > 1:
        moved = find_receptive_fields(ORIGINAL, Position(name, 0, 1, 1))["input"]
        assert moved.rows[0] - field.rows[0] == layer.receptive_stride


def test_c3_reads_the_maps_of_table_i():
    fields = find_receptive_fields(ORIGINAL, Position("c3", 5, 2, 7))
    assert fields["s2"].maps == fields["c1"].maps == (0, 1, 5)
    assert (fields["s2"].rows, fields["s2"].columns) == ((2, 7), (7, 12))
    assert (fields["c1"].rows, fields["c1"].columns) == ((4, 14), (14, 24))
    assert (fields["input"].rows, fields["input"].columns) == ((4, 18), (14, 28))


def test_s2_adds_four_units_and_multiplies_once():
    unit = work_out(RECOGNITION, NETWORK.parameters, Position("s2", 2, 4, 5))
    four = RECOGNITION.states["c1"][2, 8:10, 10:12]
    expected = four.sum() * NETWORK.parameters["s2.coefficient"][2] + NETWORK.parameters["s2.bias"][2]
    assert unit.sum == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("c3:5:2,7", Position("c3", 5, 2, 7)),
        ("C1:0:27,27", Position("c1", 0, 27, 27)),
        ("f6:83", Position("f6", 83)),
        ("c5:119", Position("c5", 119)),
        ("output:9", Position("output", 9)),
        ("c5:1:0,0", Position("c5", 1)),
    ],
)
def test_units_are_named_by_layer_map_row_and_column(text, position):
    assert parse_position(text, ORIGINAL) == position


@pytest.mark.parametrize(
    "text",
    [
        "",
        "c3",
        "c3:5",
        "c3:16:0,0",
        "c3:0:10,0",
        "c3:0:0,10",
        "f6:84",
        "input:0:0,0",
        "c3:-1:0,0",
        "s2:0:1",
        "q:1",
    ],
)
def test_what_is_no_unit_is_refused(text):
    with pytest.raises(UsageError, match="--unit"):
        parse_position(text, ORIGINAL)


@pytest.mark.parametrize(
    "text", ["c1:3:10,10", "s2:2:4,5", "c3:15:4,4", "s4:0:1,1", "c5:11", "f6:17", "output:3"]
)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_picture_has_the_sum_and_the_state_within_its_frame(text, language):
    unit = work_out(RECOGNITION, NETWORK.parameters, parse_position(text, ORIGINAL))
    drawing = compose_unit(RECOGNITION, unit, language)
    words = " ".join(part.text for part in drawing.parts if isinstance(part, Words))
    assert f"{unit.sum:.4f}" in words
    assert f"{unit.state:.4f}" in words
    for part in drawing.parts:
        if isinstance(part, Box):
            assert part.x + part.width <= drawing.width
            assert part.y + part.height <= drawing.height


def test_the_windows_that_a_unit_of_c3_sees_are_framed():
    unit = work_out(RECOGNITION, NETWORK.parameters, parse_position("c3:5:2,7", ORIGINAL))
    drawing = compose_unit(RECOGNITION, unit, "en")
    frames = [part for part in drawing.parts if isinstance(part, Box) and part.stroke == "accent"]
    # the input, three maps of C1, three of S2, the unit itself and its map
    assert len(frames) == 1 + 3 + 3 + 2
