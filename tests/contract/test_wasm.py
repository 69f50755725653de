"""The WebAssembly module beyond the engine contract: size, refusals, memory, Philox, a drawing's geometry."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from importlib.util import find_spec

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lenet.architecture import C3_TABLE, CHOICES, MODERN, ORIGINAL, PARAMETER_NAMES
from lenet.codes import CLASS_CHARACTERS
from lenet.engines.inputs import show_patterns
from lenet.images.distort import DistortedEpoch, Distortion
from lenet.images.geometry import center_by_mass, crop, fit_box
from lenet.images.strokes import set_width
from lenet.randomness import philox
from lenet.samples import read_sample

from .conftest import draw_digits, draw_labels
from .wasm_engine import CLASSES_AT_MOST, PATH, Module, compile_module, describe, put_distortion

pytestmark = pytest.mark.skipif(not find_spec("wasmtime"), reason="wasmtime is not installed")
SIZE_AT_MOST = 150_000  # bytes


@pytest.fixture(scope="module")
def module() -> Module:
    return Module()


def test_the_module_is_smaller_than_150_kb() -> None:
    assert PATH.stat().st_size < SIZE_AT_MOST


def test_the_module_asks_nothing_of_its_host() -> None:
    assert compile_module()[1].imports == []


# --- networks


def test_only_networks_that_python_has_are_described(module: Module) -> None:
    for choice in itertools.product(range(-1, 4), range(-1, 4), range(-1, 3), range(-1, 3)):
        known = all(0 <= k < len(values) for k, values in zip(choice, CHOICES.values(), strict=True))
        assert bool(module.call("describe", *choice, 10)) == known, choice


@pytest.mark.parametrize(
    ("architecture", "most"), [(ORIGINAL, len(CLASS_CHARACTERS)), (MODERN, CLASSES_AT_MOST)]
)
def test_a_network_has_as_many_classes_as_in_python(module: Module, architecture, most: int) -> None:
    for classes in (2, most):
        assert describe(module, replace(architecture, classes=classes))
    values = [CHOICES[name].index(getattr(architecture, name)) for name in CHOICES]
    for classes in (-1, 0, 1, most + 1, 2**31 - 1):
        assert module.call("describe", *values, classes) == 0


def test_what_is_no_network_has_no_arrays(module: Module) -> None:
    handle = describe(module, ORIGINAL)
    for address in (0, -8, handle + 8, handle + 1, 2**31 - 8):
        assert module.call("find_array", address, 0) == -1
        assert module.call("measure_array", address, 0) == -1
    assert module.call("find_array", handle, len(PARAMETER_NAMES) + 1) == -1
    assert module.call("measure_array", handle, len(PARAMETER_NAMES)) == -1
    assert module.call("measure_array", handle, PARAMETER_NAMES.index("c3.weight")) == 25 * sum(
        map(len, C3_TABLE)
    )


# --- memory


def test_memory_is_zeroed_aligned_and_comes_back() -> None:
    module = Module()
    mark = module.call("mark")
    first = module.put(np.full(1000, 255, np.uint8))
    assert first % 64 == 0
    assert module.run("release", mark) == "fine"
    assert module.call("allocate", 1000) == first
    assert not module.take(first, 1000, np.uint8).any()
    for wrong in (0, mark + 64 * 1000, mark + 1, -64):
        assert module.run("release", wrong) == "out of range"


def test_memory_grows_until_there_is_no_more() -> None:
    module = Module()
    kept = module.put(np.arange(100, dtype=np.int32))
    before = len(module.memory)
    large = module.call("allocate", 100_000_000)
    assert len(module.memory) >= before + 100_000_000 - 65536
    assert large
    assert module.call("allocate", -1) == 0  # 4 GiB less a byte
    np.testing.assert_array_equal(module.take(kept, 100, np.int32), np.arange(100))
    assert module.run("normalize", kept + 396, 1, 4, module.room(784, np.uint8)) == "fine"


def test_a_call_leaves_no_memory_behind() -> None:
    calls = Calls()
    module = calls.module
    for name in calls.arguments:
        mark = module.call("mark")
        assert module.run(name, *calls.arguments[name]) == "fine", name
        assert module.call("mark") == mark, name


# --- a caller's mistakes


class Calls:
    """Right arguments for every function that works on arrays."""

    def __init__(self) -> None:
        module = self.module = Module()
        handle = describe(module, ORIGINAL)
        length = module.call("find_array", handle, len(PARAMETER_NAMES))
        room = module.room
        seen = module.put(draw_digits(3)), 1, 3
        meant = module.put(draw_labels(3, 10).astype(np.int32)), 0
        distortion = put_distortion(module, DistortedEpoch(Distortion(shift=2), seed=1, epoch=0))
        order, rates = module.put(np.array([0, 2, 1, 1], np.int32)), module.put(np.full(4, 0.1, np.float32))
        weights, velocity = room(length, np.float32), room(length, np.float32)
        loss = 0, 0.1, 0.1
        states = [room((3, units), np.float32) for units in (1024, 4704, 1176, 1600, 400, 120, 84, 10)]
        self.order, self.labels, self.distortion = order, meant[0], distortion
        steps = order, rates, 2, 2, 0.9, 1e-4
        end = distortion, room(4, np.float64)
        self.arguments = {
            "recognize": (handle, weights, *seen, room((3, 10), np.float32)),
            "trace": (handle, weights, *seen, module.put(np.array(states + 6 * [0], np.uint32))),
            "differentiate": (
                *(handle, weights, *seen, *meant, *loss, 1),
                *(room(length, np.float32), room(3, np.float64)),
            ),
            "train": (handle, weights, velocity, 0, *seen, *meant, *steps, *loss, *end),
            "show": (*seen, order, 4, distortion, room((4, 32, 32), np.float32)),
            "philox": (module.put(np.zeros(8, np.uint32)), 2, 1, 2),
            "normalize": (module.put(np.full((40, 30), 200, np.uint8)), 40, 30, room(784, np.uint8)),
        }  # fmt: skip
        assert module.call("allocate", 0)  # the end of the last array is not the end of what is allocated


WILD = (0, 1, -1, 3, 4, 64, 1 << 20, 2**31 - 1, 2**31 - 64, -(2**31), -64)


@pytest.mark.parametrize("name", Calls().arguments if find_spec("wasmtime") else ())
def test_no_single_wrong_argument_traps(name: str) -> None:
    calls = Calls()
    right = calls.arguments[name]
    refused = 0
    for k, value in itertools.product(range(len(right)), WILD):
        wild = (1e30 * value if value % 3 else float("nan")) if isinstance(right[k], float) else value
        refused += calls.module.run(name, *right[:k], wild, *right[k + 1 :]) != "fine"
    assert refused > len(WILD)
    assert Calls().module.run(name, *right) == "fine"


@settings(deadline=None, max_examples=50)
@given(st.data())
def test_no_nonsense_traps(data: st.DataObject) -> None:
    calls = Calls()
    for name, right in calls.arguments.items():
        numbers = st.sampled_from(WILD) | st.integers(-(2**31), 2**31 - 1)
        wild = [data.draw(st.floats() if isinstance(value, float) else numbers) for value in right]
        calls.module.run(name, *wild)


def refuse(change: Callable[[Calls], None], name: str, places: dict[int, float] | None = None) -> str:
    calls = Calls()
    change(calls)
    arguments = list(calls.arguments[name])
    for place, value in (places or {}).items():
        arguments[place] = value
    return calls.module.run(name, *arguments)


def write(array_of: str, value: int) -> Callable[[Calls], None]:
    def change(calls: Calls) -> None:
        at = getattr(calls, array_of)
        calls.module.memory[at : at + 4] = np.array([value], np.int32).view(np.uint8)

    return change


@pytest.mark.parametrize("label", [-1, 10, 2**31 - 1])
def test_a_label_that_is_no_class_is_refused(label: int) -> None:
    assert refuse(write("labels", label), "train") == "no class"
    assert refuse(write("labels", label), "differentiate") == "no class"


@pytest.mark.parametrize("index", [-1, 3, 2**31 - 1])
def test_an_index_that_is_no_image_is_refused(index: int) -> None:
    assert refuse(write("order", index), "train", {18: 0}) == "no image"
    assert refuse(write("order", index), "show", {5: 0}) == "no image"
    # in a distorted epoch large numbers show the images again
    expected = "fine" if index >= 0 else "no image"
    assert refuse(write("order", index), "train") == expected
    assert refuse(write("order", index), "show") == expected


def test_mse_over_logits_is_refused() -> None:
    calls = Calls()
    module = calls.module
    handle = describe(module, MODERN)
    length = module.call("find_array", handle, len(PARAMETER_NAMES))
    weights, out = module.room(length, np.float32), module.room(length, np.float32)
    _, _, *middle, _, losses = calls.arguments["differentiate"]
    middle[5] = 1
    assert module.run("differentiate", handle, weights, *middle, out, losses) == "no loss"


@pytest.mark.parametrize("amount", [-0.1, "above", np.nan, np.inf])
@pytest.mark.parametrize(
    ("place", "above"), [(0, 0.95), (5, 16.5), (6, 45.5)], ids=["scale", "elastic_width", "rotation"]
)
def test_a_distortion_that_python_refuses_is_refused(amount: float | str, place: int, above: float) -> None:
    value = above if amount == "above" else amount

    def change(calls: Calls) -> None:
        at = calls.distortion + 8 * place
        calls.module.memory[at : at + 8] = np.array([value]).view(np.uint8)

    assert refuse(change, "train") == "out of range"
    assert refuse(change, "show") == "out of range"


@pytest.mark.parametrize("count", [10**6, 2**31 - 1])
def test_more_images_than_there_are_are_refused(count: int) -> None:
    for name, place in {"recognize": 4, "trace": 4, "differentiate": 4, "train": 6, "show": 2}.items():
        assert refuse(lambda calls: None, name, {place: count}) == "not allocated", name


# --- the same numbers as in Python


@settings(deadline=None, max_examples=30)
@given(st.lists(st.integers(0, 2**32 - 1), min_size=4, max_size=4), st.integers(0, 2**64 - 1))
def test_philox_gives_the_words_of_python(module: Module, counter: list[int], seed: int) -> None:
    counters = np.array([counter, counter[::-1]], np.uint32)
    halves = np.array([seed & 0xFFFFFFFF, seed >> 32], np.uint32).view(np.int32).tolist()
    with module.scope():
        at = module.put(counters)
        assert module.run("philox", at, 2, *halves) == "fine"
        np.testing.assert_array_equal(module.take(at, (2, 4), np.uint32), philox(counters, seed))


def test_philox_gives_its_authors_known_answer(module: Module) -> None:
    counter = np.array([0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344], np.uint32)
    key = np.array([0xA4093822, 0x299F31D0], np.uint32).view(np.int32).tolist()
    at = module.put(counter)
    assert module.run("philox", at, 1, *key) == "fine"
    assert module.take(at, 4, np.uint32).tolist() == [0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1]


def test_distorted_images_are_those_of_python(module: Module) -> None:
    images, patterns = draw_digits(5), np.arange(12, dtype=np.int32)
    distortion = DistortedEpoch(Distortion(0.3, 0.2, 0.4, 3, 4, 3), seed=2**40 + 7, epoch=2, plain=4)
    expected = show_patterns(images, np.zeros(5, int), patterns[:, None], distortion, np.float32)[0][:, 0]
    with module.scope():
        out = module.room(expected.shape, np.float32)
        at, where = module.put(images), module.put(patterns)
        how = put_distortion(module, distortion)
        assert module.run("show", at, 1, 5, where, 12, how, out) == "fine"
        # the edge of a stroke may fall to the other side of a rounding: 1e-4 of a pixel's place
        np.testing.assert_allclose(module.take(out, expected.shape, np.float32), expected, atol=1e-4)


def normalize(module: Module, ink: np.ndarray) -> np.ndarray | None:
    with module.scope():
        digit = module.room(784, np.uint8)
        done = module.run("normalize", module.put(ink), *ink.shape, digit)
        assert done in ("fine", "no ink")
        return module.take(digit, (28, 28), np.uint8) if done == "fine" else None


def normalize_in_python(ink: np.ndarray) -> np.ndarray:
    """The last two steps of images/normalize.py."""
    usual = set_width(crop(ink.astype(np.float32) / 255))
    return center_by_mass(fit_box(255 * crop(usual)))


def draw_stroke(points: list[tuple[float, float]], width: float, shape: tuple[int, int]) -> np.ndarray:
    """A round pen along a line through some points, as a canvas draws it: (H, W) uint8."""
    y, x = np.mgrid[: shape[0], : shape[1]] + 0.5
    nearest = np.full(shape, np.inf)
    for (x0, y0), (x1, y1) in itertools.pairwise(points):
        length = max((x1 - x0) ** 2 + (y1 - y0) ** 2, 1e-9)
        along = np.clip(((x - x0) * (x1 - x0) + (y - y0) * (y1 - y0)) / length, 0, 1)
        nearest = np.minimum(nearest, np.hypot(x - x0 - along * (x1 - x0), y - y0 - along * (y1 - y0)))
    return (255 * np.clip(width / 2 - nearest + 0.5, 0, 1)).astype(np.uint8)


SEVEN = [(60, 60), (220, 50), (200, 110), (120, 230)]


@pytest.mark.parametrize("width", [1, 3, 8, 18, 30, 50, 90])
@pytest.mark.parametrize("scale", [0.1, 0.25, 1, 2])
def test_a_drawing_takes_the_form_that_python_gives_it(module: Module, width: float, scale: float) -> None:
    side = round(280 * scale)
    points = [(scale * x, scale * y) for x, y in SEVEN]
    ink = draw_stroke(points, max(1.5, scale * width), (side, side))
    np.testing.assert_array_equal(normalize(module, ink), normalize_in_python(ink))


@pytest.mark.parametrize("digit", range(10))
def test_a_sample_takes_the_form_that_python_gives_it(module: Module, digit: int) -> None:
    ink = (255 - read_sample(digit).astype(int)).clip(0, 255).astype(np.uint8)
    ink[ink < 90] = 0  # the paper
    found, expected = normalize(module, ink), normalize_in_python(ink)
    np.testing.assert_array_equal(found, expected)


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.tuples(st.floats(0, 80), st.floats(0, 60)), min_size=2, max_size=6),
    st.floats(0.5, 40),
    st.integers(1, 90),
    st.integers(1, 90),
)
def test_any_drawing_differs_by_a_grey_level_at_most(
    module: Module, points: list[tuple[float, float]], width: float, height: int, breadth: int
) -> None:
    ink = draw_stroke(points, width, (height, breadth))
    if not ink.any():
        assert normalize(module, ink) is None
        return
    found, expected = normalize(module, ink), normalize_in_python(ink)
    assert np.abs(found.astype(int) - expected).max() <= 1


def test_an_empty_canvas_is_said_to_be_empty(module: Module) -> None:
    assert normalize(module, np.zeros((280, 280), np.uint8)) is None
