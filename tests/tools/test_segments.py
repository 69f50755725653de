"""Examples of pieces: a whole digit is that digit, its half is none."""

import numpy as np
import pytest

pytest.importorskip("scipy", reason="benchmarks draw with SciPy, which comes with scikit-learn")

from benchmarks.strings import Digits
from lenet.samples import read_sample
from lenet.segment.cuts import find_cuts, list_segments, part_ink
from tools.segments import NONE, Layers, find_label, list_examples, write_number

DIGITS = Digits(
    np.stack([np.pad(255 - read_sample(digit)[::5, ::5], ((2, 3), (2, 3))) for digit in range(10)]),
    np.arange(10, dtype=np.uint8),
)


def draw_ring(width, left, right, shape=(40, 80)):
    ink = np.zeros(shape)
    ink[:, left:right] = 1
    ink[width:-width, left + width : right - width] = 0
    return ink


def test_a_whole_ring_is_its_digit_and_parts_of_it_and_two_are_none():
    own = [draw_ring(5, 2, 32), draw_ring(5, 42, 72)]
    ink = np.max(own, axis=0).astype(np.float32)
    pieces = part_ink(ink, find_cuts(ink))
    layers = Layers(ink, own)
    labels = {}
    for segment in list_segments(pieces):
        box = (segment.left, segment.left + segment.ink.shape[1])
        labels[box] = find_label(segment, pieces, layers, "05", (0, 0))
    assert labels[2, 32] == 0
    assert labels[42, 72] == 5
    halves = [label for (left, right), label in labels.items() if right - left <= 16]
    assert halves
    assert set(halves) == {NONE}


def test_an_example_depends_on_its_key_alone():
    one, other = (np.random.default_rng([1, 2]) for _ in range(2))
    (number, layers), (again, same) = write_number(DIGITS, one), write_number(DIGITS, other)
    assert number == again
    np.testing.assert_array_equal(layers.ink, same.ink)
    examples = list(list_examples(layers, number, one))
    assert {example.label for example in examples} <= {NONE, *map(int, number)}
    assert all(example.image.shape == (28, 28) for example in examples)
    assert len(layers.own) == len(number)
