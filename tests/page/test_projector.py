"""Projector mode and the printed sheet."""

from __future__ import annotations

import re
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from .board import CLIPPED, draw

if find_spec("playwright"):  # without it the fixture `browser` skips every test
    from playwright.sync_api import expect
Open = Callable[..., Any]
SHOWN = (".board", ".written canvas", ".answer", ".codes li >> nth=9")


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (1920, 1080), (1024, 768)])
@pytest.mark.parametrize("lang", ["en", "zh-CN"])
def test_f_fills_the_screen_with_board_f6_answer_and_codes(
    open_page: Open, width: int, height: int, lang: str
) -> None:
    page = open_page(width, height, lang)
    before = page.locator(".written canvas").bounding_box()["height"]
    page.keyboard.press("f")
    for part in SHOWN:
        box = page.locator(part).bounding_box()
        assert box["y"] + box["height"] <= height, part
        assert box["x"] + box["width"] <= width, part
    assert page.evaluate(CLIPPED) == []
    assert not page.locator(".layers").is_visible()
    if width > 1200:
        assert page.locator(".written canvas").bounding_box()["height"] > 1.1 * before
    page.keyboard.press("Escape")
    expect(page.locator(".layers")).to_be_visible()
    assert page.locator(".written canvas").bounding_box()["height"] == before


def test_the_board_is_drawn_on_in_projector_mode(open_page: Open) -> None:
    page = open_page(1920, 1080, view="#see?show=projector")
    assert page.get_attribute("button:has-text('Projector')", "aria-pressed") == "true"
    draw(page)
    expect(page.locator(".answer")).to_have_text("Read as 7")


def test_an_f_that_is_typed_or_meant_for_the_browser_is_left_alone(open_page: Open) -> None:
    page = open_page()
    page.locator("#unit-map").focus()
    page.keyboard.press("f")
    page.locator("h1").click()
    page.keyboard.press("Control+f")
    assert page.get_attribute("html", "data-projector") is None


@pytest.mark.parametrize("lang", ["en", "zh-CN"])
def test_the_page_is_printed_on_one_sheet_in_light_colours(
    open_page: Open, tmp_path: Path, lang: str
) -> None:
    page = open_page(1280, 900, lang, theme="dark")
    page.wait_for_selector(".wires")
    page.evaluate(
        "addEventListener('beforeprint', () => (window.printed = document.documentElement.dataset.theme))"
    )
    page.pdf(path=tmp_path / "page.pdf", prefer_css_page_size=True, print_background=True)
    counts = re.findall(rb"/Count (\d+)", (tmp_path / "page.pdf").read_bytes())
    assert counts == [b"1"]
    assert page.evaluate("window.printed") == "light"
    assert page.get_attribute("html", "data-theme") == "dark"
