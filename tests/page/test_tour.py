"""The tour: twelve stops, each done when its task was done on the page."""

from __future__ import annotations

import re
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from lenet.page.tour import STOPS
from lenet.texts import load_texts

from .board import draw

if find_spec("playwright"):  # without it the fixture `browser` skips every test
    from playwright.sync_api import expect
Open = Callable[..., Any]
DOCS = Path(__file__).parents[2] / "docs"
MARKS = {"en": {"true": "True", "corrected": "Corrected"}, "zh": {"true": "对", "corrected": "更正"}}
QUOTES = {"en": r'\*"(.*?)"\*', "zh": "“(.*?)”"}
ZIGZAG = [(0.1 + 0.8 * (k % 2), 0.1 + 0.05 * k) for k in range(17)]
HOOK = [(0.31, 0.2), (0.3, 0.32), (0.33, 0.42), (0.43, 0.46), (0.54, 0.43), (0.62, 0.36)]


def open_unit(page: Any, layer: str, number: int) -> None:
    page.select_option("#unit-layer", layer)
    page.fill("#unit-map", str(number))
    page.press("#unit-map", "Enter")


def find_strong_pixel(page: Any) -> None:
    """Press the pixels of a map of C1 until one is strong enough."""
    canvas = page.locator(".layer").nth(1).locator("canvas").nth(1)
    for y in range(24, 66, 3):
        canvas.click(position={"x": 43, "y": y})


def do_formula(page: Any) -> None:
    for name, value in {"H": 5, "F": 3, "P": 1, "S": 2}.items():
        page.fill(f"#tour-{name}", str(value))
    expect(page.locator(".tour-formula output")).to_have_text("(5 \u2212 3 + 2 × 1) / 2 + 1 = 3")


def do_corner(page: Any) -> None:
    page.click("button:has-text('Clear')")
    draw(page, size=0.5)


def do_cut(page: Any) -> None:
    page.click(".wires tbody tr:nth-child(5) th button")
    expect(page.locator(".tour-done")).to_have_text("")  # she counts first
    page.click("text=Count errors")


def do_nine(page: Any) -> None:
    page.click("button:has-text('Clear')")
    draw(page)
    expect(page.locator(".answer")).to_have_text("Read as 7")
    draw(page, HOOK)
    expect(page.locator(".answer")).to_have_text("Read as 9")


def do_save(page: Any) -> None:
    page.click(".start")
    expect(page.locator(".train-result")).to_have_text(re.compile("After epoch 3"))
    with page.expect_download():
        page.locator(".train-keep button").click()


TASKS: list[Callable[[Any], None]] = [
    do_formula,
    do_corner,
    find_strong_pixel,
    do_cut,
    lambda page: page.locator(".layer").nth(2).locator("canvas").nth(1).click(position={"x": 9, "y": 9}),
    lambda page: open_unit(page, "c5", 11),
    do_nine,
    lambda page: open_unit(page, "output", 8),
    lambda page: page.click(".tour button:has-text('Play')"),
    lambda page: page.click(".start"),
    lambda page: page.locator(".train-story button").first.click(),
    do_save,
]


@pytest.mark.parametrize("stop", range(1, 13))
def test_a_stop_is_done_by_its_task_and_by_nothing_before(open_page: Open, stop: int) -> None:
    page = open_page(1440, 1000, view=f"#tour/{stop}")
    expect(page.locator(".tour h1")).to_have_text(load_texts("en")[f"page_tour.title_{stop}"])
    page.wait_for_load_state("networkidle")
    expect(page.locator(".tour-done")).to_have_text("")
    TASKS[stop - 1](page)
    expect(page.locator(".tour-done")).to_have_text("✓ Done", timeout=30_000)
    assert page.locator(".tour-stops a.done").all_text_contents() == [str(stop)]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_stop_quotes_the_notes_and_marks_them_as_the_documents_do(language: str) -> None:
    name = "notes-corrected.md" if language == "en" else "notes-corrected.zh.md"
    text = (DOCS / name).read_text("utf-8")
    texts = load_texts(language)
    for number, stop in enumerate(STOPS, 1):
        (item,) = re.findall(rf"^{stop.note}\. (.*?)(?=^\d+\. |^## |\Z)", text, re.MULTILINE | re.DOTALL)
        item = " ".join(item.split()) if language == "en" else item
        quote = re.findall(QUOTES[language], item)[0]
        assert texts[f"page_tour.note_{number}"] == quote
        marks = {mark for mark, word in MARKS[language].items() if f"**{word}" in item}
        assert marks == ({stop.mark} if stop.mark else set()), number


def test_a_presenter_s_remote_turns_the_stops(open_page: Open) -> None:
    page = open_page(view="#tour")
    place = page.locator(".tour .quiet").first
    expect(place).to_have_text("Stop 1 of 12")
    for key, expected in (("PageUp", 1), ("PageDown", 2), ("PageDown", 3), ("PageUp", 2)):
        page.keyboard.press(key)
        expect(place).to_have_text(f"Stop {expected} of 12")
    assert page.evaluate("location.hash").startswith("#tour/2")
    page.click(".tour-stops a >> text=12")
    expect(page.locator(".train-stage")).to_be_visible()
    assert not page.locator(".wires").is_visible()
    page.click("nav >> text=See")
    expect(page.locator("h1:visible")).to_have_text(load_texts("en")["page.headline"])


@pytest.mark.parametrize("lang", ["en", "zh-CN"])
@pytest.mark.parametrize("width", [320, 390, 1440])
def test_no_stop_scrolls_sideways_and_axe_finds_nothing(open_page: Open, lang: str, width: int) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page = open_page(width, 900, lang, theme="dark" if width == 390 else "light", view="#tour/1")
    for stop in range(1, 13):
        expect(page.locator(".tour-stops [aria-current]")).to_have_text(str(stop))
        assert page.evaluate("document.documentElement.scrollWidth") <= width, stop
        if stop in (1, 4, 11):
            found = Axe().run(page).response["violations"]
            assert [(one["id"], one["nodes"][0]["html"]) for one in found] == [], stop
        page.keyboard.press("PageDown")
