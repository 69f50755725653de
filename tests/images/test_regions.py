"""Connected regions: by hand, and against a flood fill."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from lenet.images.regions import label


def flood(mask):
    """The same regions by walking from pixel to pixel."""
    labels = np.zeros(mask.shape, int)
    for start in zip(*np.nonzero(mask), strict=True):
        if labels[start]:
            continue
        number, queue = labels.max() + 1, [start]
        labels[start] = number
        while queue:
            y, x = queue.pop()
            for v in range(max(y - 1, 0), min(y + 2, mask.shape[0])):
                for u in range(max(x - 1, 0), min(x + 2, mask.shape[1])):
                    if mask[v, u] and not labels[v, u]:
                        labels[v, u] = number
                        queue.append((v, u))
    return labels


def test_corners_connect():
    mask = np.array([[1, 0, 0, 1], [0, 1, 0, 1], [0, 0, 0, 0], [1, 1, 0, 1]], bool)
    assert label(mask).tolist() == [[1, 0, 0, 2], [0, 1, 0, 2], [0, 0, 0, 0], [3, 3, 0, 4]]


def test_an_empty_mask_has_no_region():
    assert not label(np.zeros((3, 5), bool)).any()


@given(arrays.arrays(bool, st.tuples(st.integers(1, 12), st.integers(1, 12))))
def test_regions_are_those_of_a_flood_fill(mask):
    np.testing.assert_array_equal(label(mask), flood(mask))
