"""page/static/deform.mjs: a digit changed, compared with images/distort.py."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from lenet.engines.inputs import scale_images
from lenet.images.distort import distort_images
from lenet.images.normalize import find_digit
from lenet.samples import read_sample

LOAD = 'const deform = await import("/page/static/deform.mjs");'
BODY = f"""{LOAD}
const change = {{ ...deform.makeRest(), ...wanted }};
return Array.from(deform.makeInput(Uint8Array.from(image), change, grain, {{ scale: 0.005, offset: -0.1 }}));
"""
DIGIT = find_digit(read_sample(4)).digit
CHANGES = [
    {},
    {"right": 3.5, "down": -2.0},
    {"turn": 33.0},
    {"slant": 0.4},
    {"size": 0.5, "squeeze": 0.4},
    {"turn": -12.0, "slant": -0.3, "size": 0.6, "squeeze": -0.5, "right": 1.5, "down": 4.0},
]


def change(script: Any, wanted: dict[str, float], grain: np.ndarray | None = None) -> np.ndarray:
    grain = np.ones(1024) if grain is None else grain
    return np.array(script(BODY, image=DIGIT.ravel().tolist(), wanted=wanted, grain=grain.tolist())).reshape(
        32, 32
    )


@pytest.mark.parametrize("wanted", CHANGES)
def test_it_distorts_as_python_does(script: Any, wanted: dict[str, float]) -> None:
    size, squeeze = wanted.get("size", 0), wanted.get("squeeze", 0) / 2
    angle = np.radians(wanted.get("turn", 0))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    slant = np.array([[1, -wanted.get("slant", 0)], [0, 1]])
    whole = np.zeros((1, 2, 3))
    whole[0, :, :2] = turn @ slant @ np.diag([2 ** (size - squeeze), 2 ** (size + squeeze)])
    whole[0, :, 2] = wanted.get("right", 0), wanted.get("down", 0)
    np.testing.assert_allclose(change(script, wanted), distort_images(DIGIT[None], whole)[0, 0], atol=1e-5)


def test_without_a_change_it_is_the_input_of_the_stored_digit(script: Any) -> None:
    np.testing.assert_allclose(change(script, {}), scale_images(DIGIT[None], np.float32)[0, 0], atol=1e-6)


def test_a_smaller_digit_keeps_its_share_of_ink(script: Any) -> None:
    whole, half = (change(script, {"size": size}).sum() + 0.1 * 1024 for size in (0, -1))
    assert half == pytest.approx(whole / 4, rel=0.02)


def test_strokes_get_thicker_and_thinner_by_whole_pixels(script: Any) -> None:
    thick, thin = (change(script, {"thickness": each})[2:30, 2:30] for each in (1, -1))
    padded = np.pad(DIGIT, 1).astype(float)
    near = [
        padded[1 + dy : 29 + dy, 1 + dx : 29 + dx] for dy, dx in ((0, 0), (0, 1), (0, -1), (1, 0), (-1, 0))
    ]
    np.testing.assert_allclose(thick, np.max(near, axis=0) * 0.005 - 0.1, atol=1e-6)
    np.testing.assert_allclose(thin, np.min(near, axis=0) * 0.005 - 0.1, atol=1e-6)


def test_noise_inverts_its_share_of_pixels(script: Any) -> None:
    grain = (np.arange(1024) * 7 % 1024 + 0.5) / 1024
    plain, noisy = change(script, {}), change(script, {"noise": 0.25}, grain)
    inverted = np.abs(plain - noisy) > 1e-6
    assert np.count_nonzero(grain < 0.25) == 256
    np.testing.assert_allclose(noisy[inverted], 1.075 - plain[inverted], atol=1e-6)
    assert set(np.flatnonzero(inverted)) <= set(np.flatnonzero(grain < 0.25))


def test_a_cover_is_paper_around_its_middle(script: Any) -> None:
    plain = change(script, {})
    covered = change(script, {"cover": 7, "x": 10.5, "y": 20.5})
    expected = plain.copy()
    expected[17:24, 7:14] = -0.1
    np.testing.assert_allclose(covered, expected, atol=1e-6)


def test_a_second_digit_comes_in_from_either_side(script: Any) -> None:
    body = f"""{LOAD}
    const given = {{ scale: 0.005, offset: -0.1 }};
    const change = {{ ...deform.makeRest(), other: 1 }};
    const make = (second) => deform.makeInput(new Uint8Array(784), {{ ...change, second }}, [], given, ink);
    const ink = Uint8Array.from([...new Uint8Array(784), ...image]);
    return [-26, -9, 26, 9, 1].map((second) => Array.from(make(second)));
    """
    image = DIGIT.ravel().tolist()
    found = np.array(script(body, image=image)).reshape(-1, 32, 32)
    shifts = np.zeros((5, 2, 3))
    shifts[:, :, :2] = np.eye(2)
    shifts[:, 0, 2] = 0, -17, 0, 17, 25
    expected = distort_images(np.repeat(DIGIT[None], 5, axis=0), shifts)[:, 0]
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_two_digits_lie_one_over_the_other(script: Any) -> None:
    body = f"""{LOAD}
    const given = {{ scale: 0.005, offset: -0.1 }};
    const samples = Uint8Array.from(image).reverse();
    const make = (one, second) =>
      Array.from(deform.makeInput(one, {{ ...deform.makeRest(), second, other: 0 }}, [], given, samples));
    const [blank, own] = [new Uint8Array(784), Uint8Array.from(image)];
    return [make(own, 0), make(blank, 13), make(own, 13)];
    """
    one, other, both = (np.array(each) for each in script(body, image=DIGIT.ravel().tolist()))
    np.testing.assert_array_equal(both, np.maximum(one, other))
    assert not np.array_equal(both, one)


def test_the_longest_run_is_found(script: Any) -> None:
    body = f"{LOAD} return lists.map((list) => deform.findRun(list.map(Boolean)));"
    lists = [[0, 0], [1], [1, 0, 1, 1, 0], [1, 1, 0, 1, 1], [0, 1, 1, 1]]
    assert script(body, lists=lists) == [None, [0, 0], [2, 3], [0, 1], [1, 3]]
