"""The clean-up of pictures in C++: what NumPy defines, on every variant, in the room that it asks for."""

import re
from functools import cache
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image

from lenet.images.normalize import Find, define_digits, find_digits, normalize_digit
from lenet.samples import read_sample

native = pytest.importorskip("lenet._native", reason="no kernels: lenet was installed without a compiler")

KERNELS = Path(__file__).parents[2] / "src" / "kernels"
MIRRORED = {  # modules of lenet.images, and the headers that hold their constants
    "marks": ["marks"],
    "paper": ["page", "light", "paper"],
    "rules": ["rules"],
    "geometry": ["geometry"],
    "strokes": ["strokes"],
    "normalize": ["normalize"],
}
PICTURES = 300


# --- pictures as people make them


@cache
def normal(digit: int) -> np.ndarray:
    return normalize_digit(read_sample(digit)).astype(np.float64)


def enlarge(ink: np.ndarray, random: np.random.Generator) -> np.ndarray:
    side = int(28 * np.exp2(random.uniform(-0.5, 3)))
    scaled = Image.fromarray(ink.astype(np.float32)).resize((side, side), Image.Resampling.BICUBIC)
    return np.clip(np.asarray(scaled, np.float64), 0, 255)


def lay_down(ink: np.ndarray, random: np.random.Generator) -> np.ndarray:
    height, width = (int(side * random.uniform(1.1, 2.5)) + 1 for side in ink.shape)
    top, left = random.integers(0, height - ink.shape[0] + 1), random.integers(0, width - ink.shape[1] + 1)
    page = np.full((height, width), 235.0)
    page[top : top + ink.shape[0], left : left + ink.shape[1]] -= ink * random.uniform(0.2, 0.9)
    return page


def cut_tight(page: np.ndarray, random: np.random.Generator) -> np.ndarray:
    dark = page < page.max() - 30
    rows, columns = np.flatnonzero(dark.any(axis=1)), np.flatnonzero(dark.any(axis=0))
    return page[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def light(page: np.ndarray, random: np.random.Generator) -> np.ndarray:
    ys, xs = np.mgrid[: page.shape[0], : page.shape[1]]
    along = ys * random.normal() + xs * random.normal()
    return page * (1 - 0.6 * (along - along.min()) / max(float(np.ptp(along)), 1))


def rule(page: np.ndarray, random: np.random.Generator) -> np.ndarray:
    page = page.copy()
    apart = max(8, page.shape[0] // int(random.integers(2, 6)))
    page[int(random.integers(0, apart)) :: apart] = random.uniform(20, 190)
    return page.T if random.random() < 0.5 else page


def roughen(page: np.ndarray, random: np.random.Generator) -> np.ndarray:
    return page + random.normal(0, random.uniform(1, 14), page.shape)


def lay_on_table(page: np.ndarray, random: np.random.Generator) -> np.ndarray:
    return np.pad(page, max(2, max(page.shape) // 9), constant_values=random.uniform(10, 90))


def put_two(page: np.ndarray, random: np.random.Generator) -> np.ndarray:
    # the second one is smaller: which of two equal marks is taken for the digit, rounding decides
    second = np.full(page.shape, page[0, 0])
    part = page[::2, ::2] if random.random() < 0.5 else page[: -1 - len(page) // 5, ::-1]
    second[-len(part) :, : part.shape[1]] = part
    return np.concatenate([page, second], axis=1)


def dither(page: np.ndarray, random: np.random.Generator) -> np.ndarray:
    return np.asarray(Image.fromarray(np.clip(page, 0, 255).astype(np.uint8)).convert("1"), np.float64) * 255


def invert(page: np.ndarray, random: np.random.Generator) -> np.ndarray:
    return 255 - page


SPOILS = (cut_tight, light, rule, roughen, lay_on_table, put_two, dither, invert)


def spoil(index: int) -> np.ndarray:
    random = np.random.default_rng([15, index])
    page = lay_down(enlarge(normal(index % 10), random), random)
    for change in SPOILS:
        if random.random() < 0.35:
            page = change(page, random)
    return np.rint(np.clip(page, 0, 255)).astype(np.uint8)


def read(picture: np.ndarray, variant: str) -> list[tuple[bytes, int]]:
    found = native.find_digits(np.ascontiguousarray(picture), variant)
    return [(digit.tobytes(), others) for digit, others in found]


def differ(one: list[Find], other: list[Find]) -> int:
    """The most that a pixel differs, in grey levels; 256 where the number of finds or of other marks does."""
    if [find.others for find in one] != [find.others for find in other]:
        return 256
    pairs = zip(one, other, strict=True)
    return max(int(np.abs(a.digit.astype(int) - b.digit).max()) for a, b in pairs)


# --- the same as NumPy


def test_300_spoilt_pictures_give_the_digits_that_numpy_defines():
    levels = [differ(find_digits(spoil(index)), define_digits(spoil(index))) for index in range(PICTURES)]
    assert max(levels) <= 1
    assert sum(level > 0 for level in levels) <= 1


def test_the_spoilt_pictures_are_of_many_kinds():
    found = [find_digits(spoil(index)) for index in range(PICTURES)]
    assert {len(finds) for finds in found} == {1, 2}
    assert sum(not finds[0].digit.any() for finds in found) < PICTURES / 10
    assert sum(finds[0].others > 0 for finds in found) > PICTURES / 30


@settings(deadline=None)
@given(arrays.arrays(np.uint8, arrays.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=40)))
def test_any_small_picture_gives_what_numpy_defines_or_a_blank_one(picture):
    found = find_digits(picture)
    assert len(found) in (1, 2)
    assert [find.digit.any() for find in found] == [find.digit.any() for find in define_digits(picture)]


def test_numpy_finds_the_digit_where_there_are_no_kernels(monkeypatch):
    monkeypatch.setattr("lenet.images.normalize._native", None)
    (find,), (defined,) = find_digits(spoil(0)), define_digits(spoil(0))
    assert find.digit.any()
    assert find.digit.tobytes() == defined.digit.tobytes()


@pytest.mark.parametrize("digit", range(10))
def test_a_normal_picture_comes_back_as_it_is(digit):
    picture = normal(digit).astype(np.uint8)
    for ink in (picture, ~picture):
        (find,) = find_digits(ink)
        assert find.digit.tobytes() == picture.tobytes()
        assert find.others == 0


@pytest.mark.parametrize("shape", [(1, 1), (1, 3000), (3000, 1), (2, 7), (28, 28), (31, 500)])
@pytest.mark.parametrize("grey", [0, 128, 255])
def test_a_blank_page_is_blank(shape, grey):
    (find,) = find_digits(np.full(shape, grey, np.uint8))
    assert find.digit.shape == (28, 28)
    assert not find.digit.any()
    assert find.others == 0


# --- the same on every variant


def test_all_variants_give_equal_bytes():
    assert "baseline" in native.variants()
    for index in range(PICTURES):
        picture = spoil(index)
        assert len({str(read(picture, variant)) for variant in native.variants()}) == 1, index


@pytest.mark.parametrize("variant", native.variants())
def test_the_environment_chooses_a_variant(variant, monkeypatch):
    monkeypatch.setenv("LENET_KERNEL", variant)
    assert [digit.tobytes() for digit, _ in native.find_digits(spoil(0))] == [
        d for d, _ in read(spoil(0), variant)
    ]


def test_an_unknown_variant_is_refused():
    with pytest.raises(ValueError, match="no such variant"):
        native.find_digits(spoil(0), "riscv")


def test_what_is_no_picture_is_refused():
    for wrong in (np.zeros((0, 5), np.uint8), np.zeros((5, 0), np.uint8)):
        with pytest.raises(ValueError, match="not empty"):
            native.find_digits(wrong)
    with pytest.raises(TypeError):
        native.find_digits(np.zeros((5, 5)))


# --- the room


@settings(deadline=None, max_examples=60)
@given(st.integers(1, 700), st.integers(1, 700), st.integers(0, 5), st.integers(0, 2**32 - 1))
def test_the_room_that_is_asked_for_is_enough(height, width, kind, seed):
    # a room that is too small ends the process
    random = np.random.default_rng(seed)
    picture = random.integers(0, 256, (height, width))
    if kind % 3 == 1:  # as many marks as there can be
        picture[:] = 230
        picture[::2, ::2] = 20
    elif kind % 3 == 2:
        picture[:] = 230 + random.integers(-3, 3, picture.shape)
        picture[height // 3 : height // 2 + 1, width // 3 : width // 2 + 1] = 20
    picture = picture if kind < 3 else 255 - picture
    for variant in native.variants():
        assert read(picture.astype(np.uint8), variant)


# --- the same constants


@pytest.mark.parametrize("name", MIRRORED)
def test_constants_have_the_values_that_they_have_in_python(name):
    text = "".join((KERNELS / f"{header}-inl.hpp").read_text("utf-8") for header in MIRRORED[name])
    module = import_module(f"lenet.images.{name}")
    constants = dict(re.findall(r"\b([A-Z_]{3,}) = ([\d.]+)[,;} ]", text))
    shared = {key: float(value) for key, value in constants.items() if hasattr(module, key)}
    defined = {key for key, value in vars(module).items() if key.isupper() and isinstance(value, int | float)}
    assert defined <= shared.keys() | {"STORED", "BOX", "WAYS"}
    assert shared
    assert shared == {key: getattr(module, key) for key in shared}
