import json

import pytest

from lenet.architecture import ORIGINAL, Architecture
from lenet.errors import ArchitectureError
from lenet.explain.summary import describe_architecture, describe_layer, format_side


def test_the_description_is_json_and_adds_up():
    described = json.loads(json.dumps(describe_architecture(ORIGINAL)))
    for name in ("units", "trainable", "fixed", "connections", "multiply_adds"):
        assert described["total"][name] == sum(layer[name] for layer in described["layers"])
    assert described["total"]["trainable"] == 60_000
    assert described["misprints"] == {"c3": 156_000, "total": 345_308}


def test_a_variant_has_no_misprints():
    assert "misprints" not in describe_architecture(Architecture(pooling="max"))


def test_sides_come_with_their_computation():
    sides = [format_side(layer) for layer in ORIGINAL.layers]
    assert sides == ["32 - 5 + 1", "28 / 2", "14 - 5 + 1", "10 / 2", "5 - 5 + 1", "1", "1"]


def test_codes_of_0_and_1_lie_closer():
    assert describe_layer(ORIGINAL, "output")["closest"]["distance"] == 48
    assert describe_layer(Architecture(activation="logistic"), "output")["closest"]["distance"] == 12


def test_a_layer_that_does_not_exist_is_refused():
    with pytest.raises(ArchitectureError, match="the layers are c1"):
        describe_layer(ORIGINAL, "c7")
