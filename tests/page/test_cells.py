"""page/static/cells.mjs: numbers as cells, pixel by pixel."""

from __future__ import annotations

from typing import Any

import numpy as np

LOAD = """
const { crossOut, drawCells } = await import("/page/static/cells.mjs");
const root = document.documentElement;
const setTheme = (name, ...colours) => {
  root.dataset.theme = name;
  ["paper", "ink", "accent", "sheet"].forEach((one, k) => root.style.setProperty(`--${one}`, colours[k]));
};
setTheme("day", "#eeeeee", "#000000", "#c80000", "#ffffff");
const canvas = document.createElement("canvas");
const look = () => Array.from(canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data);
"""


def draw(script: Any, body: str) -> list[np.ndarray]:
    return [np.array(pixels).reshape(10, 20, 4)[..., :3] for pixels in script(f"{LOAD} {body}")]


def test_positive_is_solid_ink_and_negative_a_dot(script: Any) -> None:
    (found,) = draw(script, "drawCells(canvas, [0.5, -1], 2, 10, 1); return [look()];")
    expected = np.full((10, 20, 3), 255)
    expected[:, :10] = 127
    expected[2:8, 12:18] = 200, 0, 0
    np.testing.assert_array_equal(found, expected)


def test_what_is_beyond_the_largest_is_drawn_at_full_strength(script: Any) -> None:
    (found,) = draw(script, "drawCells(canvas, [7, -7], 2, 10, 1); return [look()];")
    assert found[:, :10].max() == 0
    assert found[5, 15].tolist() == [200, 0, 0]


def test_only_what_changed_is_drawn_and_marks_vanish(script: Any) -> None:
    body = """
    drawCells(canvas, [1, 0.2], 2, 10, 1);
    drawCells(canvas, [0, 0.2], 2, 10, 1);
    const other = look();
    crossOut(canvas, [true, true], 2, 10);
    const crossed = look();
    drawCells(canvas, [0, 0.2], 2, 10, 1);
    return [other, crossed, look()];
    """
    other, crossed, clean = draw(script, body)
    assert other[:, :10].min() == 255
    assert other[5, 15].tolist() == [204] * 3
    assert crossed[5, 5].max() < 128
    np.testing.assert_array_equal(clean, other)


def test_another_theme_draws_the_same_numbers_anew(script: Any) -> None:
    body = """
    drawCells(canvas, [1, 0], 2, 10, 1);
    setTheme("night", "#111111", "#ffffff", "#00c800", "#000000");
    drawCells(canvas, [1, 0], 2, 10, 1);
    return [look()];
    """
    (found,) = draw(script, body)
    assert found[:, :10].min() == 255
    assert found[:, 10:].max() == 0
