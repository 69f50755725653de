"""The keyboard alone does every task of the tour."""

from __future__ import annotations

import re
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import pytest

if find_spec("playwright"):  # without it the fixture `browser` skips every test
    from playwright.sync_api import expect
Open = Callable[..., Any]
FAR = 200  # presses of Tab to anything on the page, at most
FOCUSED = """([place, words]) =>
  document.activeElement.matches(place) && document.activeElement.textContent.includes(words)"""
SEVEN = ["ArrowRight"] * 12 + ["ArrowDown", "ArrowLeft"] * 6 + ["ArrowDown"] * 10 + ["ArrowLeft"]
HOOK = [
    *[
        "ArrowDown",
        "ArrowLeft",
        "ArrowDown",
        "ArrowDown",
        "ArrowDown",
        "ArrowRight",
        "ArrowDown",
        "ArrowDown",
    ],
    *["ArrowRight", "ArrowRight", "ArrowDown", "ArrowRight"],
    *["ArrowRight", "ArrowRight", "ArrowUp", "ArrowRight", "ArrowUp", "ArrowRight", "ArrowUp", "ArrowRight"],
]


def reach(page: Any, place: str, words: str = "", key: str = "Tab") -> None:
    """Press Tab until something has the focus: a selector, and words that it holds."""
    for _ in range(FAR):
        if page.evaluate(FOCUSED, [place, words]):
            return
        page.keyboard.press(key)
    raise AssertionError(f"Tab does not reach {place} {words}")


def press(page: Any, place: str, words: str = "", key: str = "Tab") -> None:
    reach(page, place, words, key)
    page.keyboard.press("Enter")


def draw(page: Any, moves: list[str], stroke: list[str]) -> None:
    """Move the pen, and draw with the space bar."""
    for key in [*moves, " ", *stroke, " "]:
        page.keyboard.press("Space" if key == " " else key)


def clear(page: Any) -> None:
    press(page, ".hand button", "Clear")
    reach(page, ".board", key="Shift+Tab")


def open_layer(page: Any, name: str) -> None:
    reach(page, "#unit-layer")
    page.keyboard.type(name)


def do_formula(page: Any) -> None:
    for name, value in {"H": 5, "F": 3, "P": 1, "S": 2}.items():
        reach(page, f"#tour-{name}")
        page.keyboard.press("Control+a")
        page.keyboard.type(str(value))


def do_corner(page: Any) -> None:
    clear(page)
    draw(page, ["ArrowLeft", "ArrowUp"] * 10, ["ArrowRight"] * 5 + ["ArrowDown"] * 5)


def find_strong_unit(page: Any) -> None:
    reach(page, "#unit-map")
    page.keyboard.type("1")
    reach(page, "#unit-row")
    for row in range(8, 22):
        page.keyboard.press("Control+a")
        page.keyboard.type(str(row))
        page.keyboard.press("Enter")


def do_cut(page: Any) -> None:
    press(page, ".wires tbody tr:nth-child(5) th button")
    press(page, "button", "Count errors")


def do_nine(page: Any) -> None:
    clear(page)
    draw(page, ["ArrowLeft"] * 6 + ["ArrowUp"] * 8, SEVEN)
    expect(page.locator(".answer")).to_have_text("Read as 7")
    draw(page, ["ArrowLeft"] * 4 + ["ArrowUp"] * 16, HOOK)
    expect(page.locator(".answer")).to_have_text(re.compile("9$"))  # or "perhaps 9"


def do_save(page: Any) -> None:
    press(page, ".start")
    expect(page.locator(".train-result")).to_have_text(re.compile("After epoch 3"), timeout=30_000)
    with page.expect_download():
        press(page, ".train-keep button")


TASKS: list[Callable[[Any], None]] = [
    do_formula,
    do_corner,
    find_strong_unit,
    do_cut,
    lambda page: open_layer(page, "S2"),
    lambda page: open_layer(page, "C5"),
    do_nine,
    lambda page: open_layer(page, "OUT"),
    lambda page: press(page, ".tour button", "Play"),
    lambda page: press(page, ".start"),
    lambda page: press(page, ".train-story button"),
    do_save,
]


@pytest.mark.slow
@pytest.mark.parametrize("stop", range(1, 13))
def test_the_keyboard_alone_does_a_task_of_the_tour(open_page: Open, stop: int) -> None:
    page = open_page(1440, 1000, view=f"#tour/{stop}")
    expect(page.locator(".tour-stops [aria-current]")).to_have_text(str(stop))
    page.wait_for_load_state("networkidle")
    expect(page.locator(".tour-done")).to_have_text("")
    TASKS[stop - 1](page)
    expect(page.locator(".tour-done")).to_have_text("✓ Done", timeout=30_000)
