"""What `lenet bench` measures: contestants, ratios, the share of the peak, and its picture."""

import re

import numpy as np
import pytest

from lenet.architecture import MODERN, ORIGINAL
from lenet.bench import keras, peers, speed
from lenet.bench.memory import measure_memory, read_peak
from lenet.bench.picture import choose_fastest, draw_speed
from lenet.drawing.drawing import Box, render_svg
from lenet.engines import get_engine
from lenet.parameters import initialize_parameters
from lenet.texts import load_texts

ARCHITECTURES = [pytest.param(ORIGINAL, id="original"), pytest.param(MODERN, id="modern")]


def make_timings(unit, **medians):
    return {name.replace("_", " "): {"unit": unit, "values": [value]} for name, value in medians.items()}


@pytest.fixture
def found():
    """What was measured on a machine that exists here only."""
    training = make_timings("s/epoch", native=0.5, reference=20.0, pytorch_plain=6.0, pytorch_compiled=5.0)
    recognition = make_timings("images/s", native=200_000, reference=10_000, onnxruntime_by_100=50_000)
    known = {"architecture": ORIGINAL.to_dict(), "threads": 2, "fma_peak_gflops": 200.0}
    return speed.summarize(known | {"train_64": training, "batch_recognition": recognition})


def test_a_ratio_is_to_the_fastest_way_of_a_framework(found):
    assert found["ratios"]["train_64"] == {"reference": 40, "pytorch": 10, "pytorch eager": 12}
    assert found["ratios"]["batch_recognition"] == {"reference": 20, "onnxruntime": 4}


def test_the_share_of_the_peak_is_operations_by_time_by_threads(found):
    assert found["share_of_peak"]["train_64"] == pytest.approx(103.3 / 0.5 / 400, rel=1e-3)


def test_the_median_of_the_rounds_is_taken():
    timings = {"native": {"unit": "us", "values": [9.0, 1.0, 2.0]}}
    known = {"architecture": ORIGINAL.to_dict(), "threads": 1, "fma_peak_gflops": None}
    summary = speed.summarize(known | {"single_recognition": timings})["single_recognition"]["native"]
    assert (summary["median"], summary["low"], summary["high"], summary["rounds"]) == (2, 1, 9, 3)


def test_the_fastest_is_the_smallest_time_and_the_largest_number_of_images(found):
    assert list(choose_fastest(found["train_64"])) == ["native", "pytorch", "reference"]
    assert choose_fastest(found["train_64"])["pytorch"] == ("pytorch compiled", 5.0)
    assert list(choose_fastest(found["batch_recognition"])) == ["native", "onnxruntime", "reference"]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_bar_is_as_long_as_the_time(found, language):
    drawing = draw_speed(found, load_texts(language))
    bars = [part for part in drawing.parts if isinstance(part, Box)]
    assert [bar.fill for bar in bars] == ["accent", "soft", "soft"] * 2
    widths = [bar.width for bar in bars]
    assert widths[1] / widths[0] == pytest.approx(10)
    # ten thousand images a second take twenty times as long as two hundred thousand
    assert widths[5] / widths[3] == pytest.approx(20)
    text = render_svg(drawing)
    assert load_texts(language)["bench.title"].format(threads=2) in text
    assert len(re.findall(r"\D10\.0\D", text)) == 1


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_onnx_runtime_gets_the_same_network(architecture):
    pytest.importorskip("onnxruntime")
    pytest.importorskip("onnx")
    images = np.random.default_rng(0).integers(0, 256, (130, 28, 28), dtype=np.uint8)
    expected = get_engine("reference").load(architecture, initialize_parameters(architecture, 0))
    answers = peers.recognize_onnx(architecture, 1)(images)
    np.testing.assert_allclose(answers, expected.penalties(images), rtol=1e-3, atol=1e-3)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # their own
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_every_framework_at_hand_learns_and_answers_in_every_way(architecture):
    images = np.random.default_rng(0).integers(0, 256, (130, 28, 28), dtype=np.uint8)
    labels = np.arange(130) % 10
    ways = list(peers.list_trainings(architecture, 0.1, 64, 1, images, labels))
    ways += keras.list_trainings(architecture, 0.1, 64, 1, images, labels)
    ways = [(name, train) for name, train in ways if not name.endswith(("compiled", "jit"))]
    for _, train in ways:
        assert train(128) > 0
    answers = list(peers.list_recognitions(architecture, 1, single=False))
    answers += keras.list_recognitions(architecture, 1, single=False)
    for name, recognize in answers:
        if "compiled" not in name:
            assert recognize(images).shape == (130, 10)


@pytest.mark.slow
def test_a_training_on_as_many_images_as_mnist_has_keeps_below_300_mb():
    if read_peak() is None:
        pytest.skip("this system does not say how much memory a process held")
    assert measure_memory(threads=1) < 300


def test_a_framework_that_fails_is_left_out_and_ends_nothing(monkeypatch):
    def fail(_):
        raise RuntimeError("InvalidCxxCompiler: no compiler\nand a long story")

    contestants = {"native": lambda _: 2.0, "pytorch compiled": fail, "onnxruntime": lambda _: 8.0}
    monkeypatch.setattr(speed, "_list_contestants", lambda *_: iter(contestants.items()))
    said = []
    found = speed.measure(ORIGINAL, 2, watch=said.append, figures=["single_recognition"])
    assert found["single_recognition"].keys() == {"native", "onnxruntime"}
    assert found["ratios"]["single_recognition"] == {"onnxruntime": 4}
    assert any("pytorch compiled" in line and line.endswith("no compiler") for line in said)


def test_an_engine_of_ours_that_fails_is_a_fault(monkeypatch):
    def fail(_):
        raise RuntimeError("broken")

    monkeypatch.setattr(speed, "_list_contestants", lambda *_: iter([("native", fail)]))
    with pytest.raises(RuntimeError, match="broken"):
        speed.measure(ORIGINAL, 1, watch=lambda _: None, figures=["single_recognition"])
