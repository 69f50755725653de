"""The states of all layers, and how a notebook shows them."""

import base64
import re
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from lenet.architecture import LAYER_NAMES, MODERN, ORIGINAL, Architecture
from lenet.network import Network
from lenet.parameters import initialize_parameters
from lenet.trace import Trace

IMAGE = np.random.default_rng(0).integers(0, 256, (28, 28), np.uint8)
SHAPES = {
    "input": (1, 32, 32),
    "c1": (6, 28, 28),
    "s2": (6, 14, 14),
    "c3": (16, 10, 10),
    "s4": (16, 5, 5),
    "c5": (120, 1, 1),
    "f6": (84,),
    "output": (10,),
}


def make_network(architecture: Architecture = ORIGINAL, labels: str = "0123456789") -> Network:
    parameters = initialize_parameters(architecture, 0, scheme="variance")
    return Network(architecture, parameters, tuple(labels), engine="reference")


@pytest.mark.parametrize("architecture", [ORIGINAL, MODERN])
def test_a_trace_has_the_states_of_every_layer(architecture: Architecture) -> None:
    trace = make_network(architecture).trace(IMAGE)
    assert isinstance(trace, Trace)
    assert {name: states.shape for name, states in trace.items()} == SHAPES
    assert list(trace) == ["input", *LAYER_NAMES]
    assert len(trace) == 8


def test_a_trace_may_have_the_sums_before_the_activation() -> None:
    trace = make_network().trace(IMAGE, sums=True)
    for name in ORIGINAL.activated_layers:
        np.testing.assert_allclose(trace[name], 1.7159 * np.tanh(2 / 3 * trace[f"{name}.sum"]), rtol=1e-5)
    assert "output.sum" not in trace


def test_the_output_of_a_trace_is_the_penalties() -> None:
    network = make_network()
    np.testing.assert_array_equal(network.trace(IMAGE)["output"], network.penalties(IMAGE[None])[0])


def test_an_image_may_have_the_form_that_the_network_sees() -> None:
    network = make_network()
    seen = network.trace(IMAGE)["input"]
    np.testing.assert_array_equal(network.trace(seen)["output"], network.trace(IMAGE)["output"])


def test_a_trace_says_its_shapes() -> None:
    assert "c3 (16, 10, 10)" in repr(make_network().trace(IMAGE))


def read_pictures(page: str) -> dict[str, np.ndarray]:
    parts = page.split('<img alt="')[1:]
    return {
        part.split('"')[0]: np.asarray(
            Image.open(BytesIO(base64.b64decode(part.split("base64,")[1].split('"')[0])))
        )
        for part in parts
    }


@pytest.mark.parametrize("architecture", [ORIGINAL, MODERN])
@pytest.mark.parametrize("sums", [False, True])
def test_a_notebook_shows_every_layer(architecture: Architecture, sums: bool) -> None:
    trace = make_network(architecture).trace(IMAGE, sums)
    page = trace._repr_html_()
    for name in ("input", *LAYER_NAMES):
        assert f"<th>{name}</th>" in page
    assert list(read_pictures(page)) == ["input", "c1", "s2", "c3", "s4", "c5", "f6"]
    best = int(trace["output"].argmin())
    assert f"<b>{best}: {trace['output'][best]:.1f}</b>" in page
    assert page.count("<b>") == 1


def test_high_states_are_dark_and_f6_is_the_picture_that_it_draws() -> None:
    states = {name: np.zeros(shape, np.float32) for name, shape in SHAPES.items()}
    states["f6"] = np.concatenate([np.ones(42), -np.ones(42)]).astype(np.float32)
    pictures = read_pictures(Trace(states, tuple("0123456789"))._repr_html_())
    # 12 rows of 7 pixels in a white frame, each drawn 4 x 4
    assert pictures["f6"].shape == (4 * 14, 4 * 9)
    assert (pictures["f6"][4:28, 4:-4] == 0).all()
    assert (pictures["f6"][28:52, 4:-4] == 255).all()
    # 6 maps of 28 x 28 side by side, each in its frame, drawn 2 x 2
    assert pictures["c1"].shape == (2 * 30, 2 * 6 * 30)
    assert len(np.unique(pictures["c1"])) == 2


def test_c5_is_a_picture_of_8_rows_of_15() -> None:
    states = {name: np.zeros(shape, np.float32) for name, shape in SHAPES.items()}
    states["c5"][15] = 1  # the first of the second row
    picture = read_pictures(Trace(states, tuple("0123456789"))._repr_html_())["c5"]
    assert picture.shape == (4 * 10, 4 * 17)
    assert (picture[8:12, 4:8] == 0).all()
    assert (picture == 0).sum() == 16


def test_a_notebook_speaks_the_readers_language(monkeypatch: pytest.MonkeyPatch) -> None:
    network = make_network()
    assert "<caption>Black is high" in network.trace(IMAGE)._repr_html_()
    assert "<th>connections</th>" in network._repr_html_()
    monkeypatch.setenv("LENET_LANG", "zh")
    assert "<caption>越黑表示值越大" in network.trace(IMAGE)._repr_html_()
    page = network._repr_html_()
    assert "60,000 个参数" in page
    assert "<th>连接数</th>" in page
    assert "<td>合计</td>" in page
    assert not {"parameters", "total", "units"} & set(re.findall("[a-z]+", page))


def test_a_larger_field_is_shown_too() -> None:
    trace = make_network().trace(np.zeros((32, 36), np.uint8))
    assert trace["output"].shape == (10, 2, 3)
    assert list(read_pictures(trace._repr_html_())) == ["input", *LAYER_NAMES]


def test_labels_that_are_markup_are_written_as_text() -> None:
    page = make_network(Architecture(classes=3), "<&>").trace(IMAGE)._repr_html_()
    assert "&lt;: " in page
    assert "&amp;: " in page
    assert "<: " not in page


@pytest.mark.parametrize("architecture", [ORIGINAL, MODERN])
def test_a_notebook_shows_the_table_of_layers(architecture: Architecture) -> None:
    page = architecture._repr_html_()
    for layer in architecture.layers:
        assert f"<td>{layer.name}</td>" in page
        for count in (layer.units, layer.trainable, layer.connections):
            assert f"<td>{count:,}</td>" in page
    assert f"<td>{architecture.trainable:,}</td><td>{architecture.connections_total:,}</td>" in page
