import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lenet.architecture import ORIGINAL
from lenet.errors import ShapeError
from lenet.explain.arithmetic import LIMIT, Sliding, find_remedies, fits_exactly


def test_the_seed_texts_example_gives_3x3x2():
    sliding = Sliding(5, 5, 3, kernel=3, padding=1, stride=2, kernels=2)
    assert (sliding.output_height, sliding.output_width, sliding.maps) == (3, 3, 2)
    assert (sliding.units, sliding.trainable, sliding.reads) == (18, 56, 486)


def test_the_layers_of_lenet5_follow_the_same_formula():
    for layer in ORIGINAL.layers[:5]:
        pooled = layer.kind == "subsampling"
        size = (layer.input_side, layer.input_side, layer.input_maps, layer.kernel)
        sliding = Sliding(
            *size, stride=2 if pooled else 1, kernels=layer.maps, pool="max" if pooled else None
        )
        assert (sliding.output_height, sliding.maps, sliding.units) == (layer.side, layer.maps, layer.units)


sides = st.integers(1, 40)


@given(sides, st.integers(1, 9), st.integers(0, 4), st.integers(1, 5))
def test_places_are_those_where_the_window_lies_inside(side, kernel, padding, stride):
    places = [top for top in range(0, side + 2 * padding, stride) if top + kernel <= side + 2 * padding]
    if places and places[-1] + kernel == side + 2 * padding:
        assert Sliding(side, side, 1, kernel, padding, stride).output_width == len(places)
    else:
        with pytest.raises(ShapeError):
            Sliding(side, side, 1, kernel, padding, stride)


@given(sides, st.integers(1, 9), st.integers(0, 4), st.integers(1, 5))
def test_every_remedy_mends_it(side, kernel, padding, stride):
    if side - kernel + 2 * padding < 0 or fits_exactly(side, kernel, padding, stride):
        return
    remedies = find_remedies(side, kernel, padding, stride)
    assert all(remedies[name] for name in ("strides", "kernels", "sides"))
    assert all(fits_exactly(side, kernel, p, stride) for p in remedies["paddings"])
    assert all(fits_exactly(side, kernel, padding, s) for s in remedies["strides"])
    assert all(fits_exactly(side, f, padding, stride) for f in remedies["kernels"])
    assert all(fits_exactly(h, kernel, padding, stride) for h in remedies["sides"])


def test_a_remainder_is_named_with_its_remedies():
    with pytest.raises(ShapeError, match=r"14.5 is not a whole number.*stride 1, 3, 9; or kernel 2, 4, 6"):
        Sliding(32, 32, 1, kernel=5, stride=2)


def test_a_kernel_larger_than_the_padded_image_is_refused():
    with pytest.raises(ShapeError, match="at most 10, or a padding of at least 2"):
        Sliding(8, 8, 1, kernel=11, padding=1)


@pytest.mark.parametrize("name", ["height", "width", "depth", "kernel", "padding", "stride", "kernels"])
@pytest.mark.parametrize("value", [-1, LIMIT + 1, 10**30])
def test_absurd_sizes_are_refused(name, value):
    sizes = {"height": 8, "width": 8, "depth": 1, "kernel": 2} | {name: value}
    with pytest.raises(ShapeError, match=f"{name} {value}"):
        Sliding(**sizes)


def test_a_pooling_keeps_its_maps_and_trains_nothing():
    sliding = Sliding(28, 28, 6, kernel=2, stride=2, pool="max")
    assert (sliding.output_height, sliding.maps, sliding.trainable) == (14, 6, 0)


@pytest.mark.parametrize("change", [{"pool": "median"}, {"padding": 2}])
def test_a_pooling_that_cannot_be_is_refused(change):
    with pytest.raises(ShapeError):
        Sliding(**({"height": 8, "width": 8, "depth": 1, "kernel": 2, "stride": 2, "pool": "max"} | change))


def test_the_largest_sizes_answer_at_once():
    assert Sliding(LIMIT, LIMIT, LIMIT, kernel=1, kernels=LIMIT).units == np.prod([LIMIT] * 3, dtype=object)
