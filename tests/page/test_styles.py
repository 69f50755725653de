"""styles.mjs: digits in strange styles, put on the board with one press."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

from .board import draw

if find_spec("playwright"):  # without it the fixture `browser` skips every test
    from playwright.sync_api import expect


def test_a_press_draws_a_digit_in_a_strange_style(open_page: Callable[..., Any]) -> None:
    page = open_page()
    page.get_by_role("button", name="a strange 7").click()
    expect(page.locator(".answer")).to_have_text("Read as 7")
    page.get_by_role("button", name="a strange 0").click()  # slashed
    expect(page.locator(".answer")).not_to_have_text("Read as 7")


def test_what_is_drawn_over_a_style_does_not_change_it(open_page: Callable[..., Any]) -> None:
    page = open_page()
    seven = page.get_by_role("button", name="a strange 7")
    seven.click()
    expect(page.locator(".answer")).to_have_text("Read as 7")
    before = page.locator(".codes li span").all_text_contents()
    draw(page, [(0.2, 0.8), (0.8, 0.85)])
    expect(page.locator(".codes li span").first).not_to_have_text(before[0])
    seven.click()
    expect(page.locator(".codes li span").first).to_have_text(before[0])


def test_there_is_a_style_for_every_digit(script: Callable[..., Any]) -> None:
    found = script(
        """
        const { STYLES } = await import("/page/static/styles.mjs");
        const points = STYLES.flatMap(({ strokes }) => strokes.flat());
        const outside = points.filter(({ x, y }) => !(x >= 0 && x <= 1 && y >= 0 && y <= 1));
        return { labels: STYLES.map(({ label }) => label), outside };
        """
    )
    assert sorted(found["labels"]) == [str(digit) for digit in range(10)]
    assert found["outside"] == []
