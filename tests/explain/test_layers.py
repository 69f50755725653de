from itertools import product

import pytest

from lenet.architecture import CHOICES, MODERN, ORIGINAL, Architecture
from lenet.explain.layers import explain_layer
from lenet.texts import set_language


@pytest.fixture(params=["en", "zh"])
def language(request):
    set_language(request.param)
    yield request.param
    set_language(None)


def test_every_layer_of_every_variant_is_explained(language):
    for values in product(*CHOICES.values()):
        architecture = Architecture(**dict(zip(CHOICES, values, strict=True)))
        for layer in architecture.layers:
            paragraphs = explain_layer(architecture, layer)
            assert paragraphs
            assert not any("{" in paragraph for paragraph in paragraphs)


def explain(architecture, name):
    return "\n".join(explain_layer(architecture, architecture.layer(name)))


def test_c1_says_how_often_each_number_serves():
    assert "28 x 28 = 784 places, so 156 parameters make 122,304 connections" in explain(ORIGINAL, "c1")


def test_c5_says_why_it_is_a_convolution():
    text = explain(ORIGINAL, "c5")
    assert "With an input of 36x36 its maps grow to 2x2 with the same 48,120 parameters" in text


def test_c3_says_what_the_table_saves():
    assert "1,516 trainable parameters instead of 2,416" in explain(ORIGINAL, "c3")
    assert "instead of" not in explain(MODERN, "c3")


def test_f6_says_what_paper_is():
    assert "1 for ink and -1 for paper" in explain(ORIGINAL, "f6")
    assert "1 for ink and 0 for paper" in explain(Architecture(activation="logistic"), "f6")


def test_the_output_computes_its_distances():
    text = explain(ORIGINAL, "output")
    assert "Closest codes: 6 and 8, 12 pixels apart, squared distance 48 (4 for each pixel)." in text
    assert "Farthest: 1-4, 1-8, 4-7, squared distance 200." in text
    assert "14 of the 84 pixels" in text
    assert "squared distance 12 (1 for each pixel)" in explain(Architecture(activation="relu"), "output")
