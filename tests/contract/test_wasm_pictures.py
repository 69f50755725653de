"""pictures.wasm, by wasmtime: the digits of the kernels, what the steps look like, and what is refused."""

import itertools
from importlib.util import find_spec

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lenet.errors import PictureError
from lenet.images.geometry import crop
from lenet.images.normalize import count_ways, find_digits, steps
from lenet.samples import read_sample

from .wasm_engine import STATIC, Module

pytestmark = pytest.mark.skipif(not find_spec("wasmtime"), reason="wasmtime is not installed")

PATH = STATIC / "pictures.wasm"
ROOMS = ((2 * 784, np.uint8), (2, np.int32), (1, np.int32))  # for the digits, the other marks, the ways
NAMES = ("polarity", "closeup", "light", "rules", "ink", "width")
WILD = (0, 1, -1, 3, 4, 64, 1 << 20, 2**31 - 1, 2**31 - 64, -(2**31), -64)


def draw(index: int) -> np.ndarray:
    """A sample on paper of another size, with shade, grain, lines, or a table around it."""
    random = np.random.default_rng([16, index])
    ink = 255 - read_sample(index % 10).astype(float)
    page = np.full([side + int(random.integers(4, 90)) for side in ink.shape], 235.0)
    page[2 : 2 + ink.shape[0], 3 : 3 + ink.shape[1]] -= 0.8 * ink
    if index % 3 == 0:
        page *= np.linspace(0.5, 1, page.shape[1])
    if index % 4 == 1:
        page += random.normal(0, 6, page.shape)
    if index % 5 == 2:
        page[20::37] = 120
    if index % 6 == 3:
        page = np.pad(page, 25, constant_values=50)
    page = 255 - page if index % 7 == 4 else page
    return np.rint(page.clip(0, 255)).astype(np.uint8)


def find(module: Module, picture: np.ndarray) -> list[tuple[bytes, int]]:
    with module.scope():
        digits, others, ways = (module.room(n, kind) for n, kind in ROOMS)
        assert module.run("find_digits", module.put(picture), *picture.shape, digits, others, ways) == "fine"
        (count,) = module.take(ways, 1, np.int32)
        found = zip(module.take(digits, (2, 784), np.uint8), module.take(others, 2, np.int32), strict=True)
        return [(digit.tobytes(), int(number)) for digit, number in found][:count]


def show(module: Module, picture: np.ndarray, way: int) -> dict[str, np.ndarray]:
    with module.scope():
        found = module.room((6, 3), np.uint32)
        assert module.run("show_steps", module.put(picture), *picture.shape, way, found) == "fine"
        places = module.take(found, (6, 3), np.uint32).tolist()
        looks = zip(NAMES, places, strict=True)
        return {name: module.take(at, (high, wide), np.uint8) for name, (high, wide, at) in looks if high}


def test_digits_have_the_bytes_of_the_kernels() -> None:
    pytest.importorskip("lenet._native", reason="no kernels: lenet was installed without a compiler")
    module = Module(PATH)
    for index in range(42):
        expected = [(find.digit.tobytes(), find.others) for find in find_digits(draw(index))]
        assert find(module, draw(index)) == expected, index


def test_steps_look_as_those_of_python() -> None:
    module = Module(PATH)
    ways = 0
    for index in range(14):
        picture = draw(index)
        for way in range(count_ways(picture)):
            expected, looks = [], steps(picture, way)
            try:
                expected.extend(looks)
            except PictureError:
                continue
            shown = show(module, picture, way)
            assert list(shown) == [name for name, _ in expected[1:-1]]
            for name, expected_look in expected[1:-1]:
                # the margins of the last one differ
                pair = (shown[name], expected_look)
                look, wanted = map(crop, pair) if name == "width" else pair
                assert look.shape == wanted.shape, (index, name)
                assert np.abs(look.astype(int) - wanted).max() <= 1, (index, name)
            ways += 1
    assert ways >= 14


def test_a_blank_page_has_a_polarity_and_no_ink() -> None:
    module = Module(PATH)
    picture = np.full((50, 60), 200, np.uint8)
    assert find(module, picture) == [(bytes(784), 0)]
    assert list(show(module, picture, 0)) == ["polarity"]


def test_there_is_no_second_way_where_ink_is_clearly_dark() -> None:
    page = np.full((90, 90), 235, np.uint8)
    page[30:60, 43:47] = 20
    assert len(find_digits(page)) == 1
    assert show(Module(PATH), page, 1) == {}


def list_calls(module: Module) -> dict[str, tuple[int, ...]]:
    picture = module.put(np.full((40, 30), 200, np.uint8))
    digits, others, ways = (module.room(n, kind) for n, kind in ROOMS)
    return {
        "find_digits": (picture, 40, 30, digits, others, ways),
        "show_steps": (picture, 40, 30, 0, module.room((6, 3), np.uint32)),
        "release": (module.call("mark"),),
    }


@pytest.mark.parametrize("name", ["find_digits", "show_steps", "release"])
def test_no_single_wrong_argument_traps(name: str) -> None:
    module = Module(PATH)
    right = list_calls(module)[name]
    refused = 0
    for k, value in itertools.product(range(len(right)), WILD):
        refused += module.run(name, *right[:k], value, *right[k + 1 :]) != "fine"
    assert refused > len(WILD) / 2
    assert Module(PATH).run(name, *right) != "fine"  # which has allocated nothing
    assert module.run(name, *right) == "fine"


@settings(deadline=None, max_examples=50)
@given(st.data())
def test_no_nonsense_traps(data: st.DataObject) -> None:
    module = Module(PATH)
    numbers = st.sampled_from(WILD) | st.integers(-(2**31), 2**31 - 1)
    for name, right in list_calls(module).items():
        module.run(name, *[data.draw(numbers) for _ in right])
