from itertools import product

import pytest

from lenet.architecture import CHOICES, MODERN, ORIGINAL, Architecture
from lenet.drawing.drawing import Box, Words
from lenet.explain import pictures
from lenet.explain.pictures import HEIGHT, WIDTH, compose_network


def collect_words(drawing):
    return [part.text for part in drawing.parts if isinstance(part, Words)]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_count_of_the_architecture_is_in_the_picture(language):
    for architecture in (ORIGINAL, MODERN):
        words = collect_words(compose_network(architecture, language))
        for layer in architecture.layers:
            assert {f"{layer.trainable:,}", f"{layer.connections:,}"} <= set(words)
        assert f"{architecture.trainable:,}" in " ".join(words)
        assert f"{architecture.connections_total:,}" in " ".join(words)


def test_every_variant_can_be_drawn_within_its_frame():
    for values in product(*CHOICES.values()):
        drawing = compose_network(Architecture(**dict(zip(CHOICES, values, strict=True))), "en")
        for part in drawing.parts:
            if isinstance(part, Box):
                assert part.x >= 0
                assert part.y >= 0
                assert part.x + part.width <= WIDTH
                assert part.y + part.height <= HEIGHT


@pytest.mark.parametrize("classes", [2, 26, 95])
def test_other_numbers_of_classes_can_be_drawn(classes):
    assert compose_network(Architecture(classes=classes), "zh").parts


def test_the_ink_of_table_i_is_60_kernels():
    with_table = compose_network(ORIGINAL, "en").parts
    without = compose_network(Architecture(connections="full"), "en").parts

    def count_ink(parts):
        cells = (p for p in parts if isinstance(p, Box) and p.width == p.height == pictures.TABLE_CELL)
        return sum(cell.fill == "ink" for cell in cells)

    assert count_ink(with_table) == 60
    assert count_ink(without) == 0
