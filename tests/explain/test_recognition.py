import re
from functools import partial
from itertools import product
from xml.etree import ElementTree

import numpy as np
import pytest

from lenet.architecture import CHOICES, Architecture
from lenet.drawing.cells import Cells
from lenet.drawing.drawing import Box, Words, render_svg
from lenet.drawing.write import save_picture
from lenet.explain.recognition import (
    PICTURE,
    THUMBNAIL,
    WIDTH,
    compose_recognition,
    format_distance,
    trace_recognition,
)
from lenet.images.normalize import normalize_digit
from lenet.network import Network
from lenet.parameters import initialize_parameters
from lenet.samples import read_sample

DIGIT = normalize_digit(read_sample(3))


@pytest.fixture(scope="module")
def bundled():
    return Network.load()


def make_network(**fields):
    architecture = Architecture(**fields)
    labels = tuple(map(str, range(architecture.classes)))
    return Network(architecture, initialize_parameters(architecture, 1, scheme="variance"), labels)


def collect_words(drawing):
    return [part.text for part in drawing.parts if isinstance(part, Words)]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_ten_distances_in_the_picture_are_those_of_the_engine(bundled, language):
    drawing = compose_recognition(trace_recognition(bundled, DIGIT), language)
    numbers = [float(word) for word in collect_words(drawing) if re.fullmatch(r"\d+\.\d+", word)]
    # one decimal is shown; the engine's path for one image may round the other way
    for penalty in bundled.penalties(DIGIT[None])[0]:
        assert min(abs(number - penalty) for number in numbers) <= 0.051


def test_the_answer_is_the_smallest_and_stands_out_in_bold(bundled):
    recognition = trace_recognition(bundled, DIGIT)
    assert bundled.labels[recognition.answer] == bundled.answer(DIGIT[None])[0].label
    drawing = compose_recognition(recognition, "en")
    smallest = format_distance(float(recognition.penalties.min()))
    bold = [part.text for part in drawing.parts if isinstance(part, Words) and part.bold]
    assert smallest in bold
    assert "the smallest, so this is the answer" in bold
    assert sum(format_distance(float(penalty)) in bold for penalty in recognition.penalties) == 1


def test_every_variant_can_be_drawn_within_its_frame():
    for values in product(*CHOICES.values()):
        network = make_network(**dict(zip(CHOICES, values, strict=True)))
        drawing = compose_recognition(trace_recognition(network, DIGIT), "zh")
        for part in drawing.parts:
            if isinstance(part, Box):
                assert part.x >= 0
                assert part.y >= 0
                assert part.x + part.width <= WIDTH
                assert part.y + part.height <= drawing.height
        ElementTree.fromstring(render_svg(drawing))


def test_a_linear_output_marks_the_largest_and_says_that_f6_is_no_picture():
    network = make_network(output="linear", activation="relu")
    recognition = trace_recognition(network, DIGIT)
    words = collect_words(compose_recognition(recognition, "en"))
    assert "the largest, so this is the answer" in words
    assert "not a picture" in words
    assert f"{-recognition.penalties.min():.1f}" in words


@pytest.mark.parametrize("classes", [2, 26, 95])
def test_of_many_classes_the_nearest_ten_are_drawn(classes):
    recognition = trace_recognition(make_network(classes=classes), DIGIT)
    chosen = recognition.choose_classes()
    assert len(chosen) == min(classes, 10)
    assert recognition.answer in chosen
    left_out = np.delete(recognition.penalties, chosen)
    assert (left_out >= recognition.penalties[chosen].max()).all()
    words = collect_words(compose_recognition(recognition, "en"))
    assert (f"{classes - 10} classes farther away are not shown" in words) == (classes > 10)


@pytest.mark.parametrize("shape", [(112, 112), (1, 3000), (900, 30), (28, 28)])
def test_the_picture_that_was_given_is_shown_small(bundled, shape):
    picture = np.full(shape, 200, np.uint8)
    without = compose_recognition(trace_recognition(bundled, DIGIT), "en")
    drawing = compose_recognition(trace_recognition(bundled, DIGIT, picture), "en")
    assert "the original picture" in collect_words(drawing)
    assert "the original picture" not in collect_words(without)
    shown = [part for part in drawing.parts if isinstance(part, Cells)]
    before = [part for part in without.parts if isinstance(part, Cells)]
    assert len(shown) == len(before) + 1
    thumbnail = next(part for part in shown if part.y == PICTURE)
    assert max(thumbnail.values.shape) * thumbnail.unit == pytest.approx(THUMBNAIL)
    np.testing.assert_allclose(thumbnail.values, 1 - 200 / 255)


@pytest.mark.parametrize("suffix", [".svg", ".png"])
def test_the_same_recognition_gives_the_same_file(bundled, tmp_path, suffix):
    recognition = trace_recognition(bundled, DIGIT)
    first, second = tmp_path / f"a{suffix}", tmp_path / f"b{suffix}"
    for path in (first, second):
        save_picture(partial(compose_recognition, recognition), path)
    assert first.read_bytes() == second.read_bytes()
