import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lenet.errors import ShapeError
from lenet.explain.arithmetic import Sliding
from lenet.explain.worked import Example

SEED_EXAMPLE = Sliding(5, 5, 3, kernel=3, padding=1, stride=2, kernels=2)


def convolve_by_brute_force(example):
    s, image = example.sliding, example.image
    result = np.zeros((s.kernels, s.output_height, s.output_width), int)
    for k, y, x, d, i, j in itertools.product(
        *map(range, (s.kernels, s.output_height, s.output_width, s.depth, s.kernel, s.kernel))
    ):
        row, column = y * s.stride + i - s.padding, x * s.stride + j - s.padding
        if 0 <= row < s.height and 0 <= column < s.width:
            result[k, y, x] += int(image[d, row, column]) * int(example.kernels[k, d, i, j])
    return result + example.biases[:, None, None]


def make_sliding(places, kernel, padding, stride, depth, kernels, pool=None):
    side = (places - 1) * stride + kernel - 2 * padding
    return None if side < 1 else Sliding(side, side, depth, kernel, padding, stride, kernels, pool)


def test_the_seed_texts_example_agrees_with_brute_force():
    example = Example(SEED_EXAMPLE)
    assert example.output.shape == (2, 3, 3)
    assert np.array_equal(example.output, convolve_by_brute_force(example))


@settings(max_examples=40, deadline=None)
@given(*[st.integers(1, 4)] * 2, st.integers(0, 2), *[st.integers(1, 3)] * 3)
def test_every_convolution_agrees_with_brute_force(places, kernel, padding, stride, depth, kernels):
    sliding = make_sliding(places, kernel, padding, stride, depth, kernels)
    if sliding:
        example = Example(sliding)
        assert np.array_equal(example.output, convolve_by_brute_force(example))
        windows = list(example.slide())
        assert sum(window.values.size for window in windows) == sliding.reads


@pytest.mark.parametrize(("pool", "reduce"), [("max", np.max), ("average", np.mean)])
def test_a_pooling_reduces_each_block(pool, reduce):
    example = Example(Sliding(6, 4, 2, kernel=2, stride=2, pool=pool))
    blocks = example.image.reshape(2, 3, 2, 2, 2).transpose(0, 1, 3, 2, 4).reshape(2, 3, 2, 4)
    assert np.array_equal(example.output, reduce(blocks, axis=-1))


def test_the_maxima_of_a_pooling_differ():
    for side in (4, 6, 8):
        maxima = Example(Sliding(side, side, 1, kernel=2, stride=2, pool="max")).output
        assert len(np.unique(maxima)) >= 3


def test_padding_is_no_part_of_what_is_pooled():
    example = Example(Sliding(4, 4, 1, kernel=2, padding=1, stride=2, pool="average"))
    assert example.output[0, 0, 0] == example.image[0, 0, 0]
    assert example.output[0, 1, 1] == example.image[0, 1:3, 1:3].mean()


def test_the_numbers_are_the_same_in_every_run():
    example = Example(SEED_EXAMPLE)
    assert example.image[0].tolist() == [
        [0, 0, 0, 2, 0],
        [2, 2, 1, 1, 2],
        [2, 1, 0, 2, 0],
        [1, 1, 1, 2, 2],
        [0, 0, 1, 0, 1],
    ]
    assert set(np.unique(example.kernels)) == {-1, 0, 1}
    assert example.biases.tolist() == [1, 0]


def test_an_example_of_hundreds_of_screens_is_refused():
    with pytest.raises(ShapeError, match="259308 products"):
        Example(Sliding(100, 100, 3, kernel=3))
