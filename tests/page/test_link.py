"""A link to a state of the page: page/static/link.mjs, and what the page does with it."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import pytest

if find_spec("playwright"):  # without it the fixture `browser` skips every test
    from playwright.sync_api import expect
Open = Callable[..., Any]
LOAD = 'const { readLink, writeLink, readStrokes, writeStrokes } = await import("/page/static/link.mjs");'
FULL = (
    "#see/c3:5:2,7?lang=zh&theme=dark&digit=7&right=-3.5&turn=24&second=-12&other=0"
    "&cover=7&x=10&y=20.5&cut=0.4.59"
)
BAD = [
    "#nowhere",
    "#see/c9:1:1,1",
    "#see/c3:16:0,0",
    "#see/c3:5:10,0",
    "#see/f6:3:1,1",
    "#see/c1:3",
    "#see?digit=10",
    "#see?turn=91",
    "#see?turn=NaN",
    "#see?cut=60",
    "#see?cut=1.1",
    "#see?ink=zzzz",
    "#see?ink=00",
    "#see?constructor=1",
    "#see?__proto__=1",
    "#see?lang=fr",
    "#train/4",
]


def test_an_address_is_written_as_it_was_read(script: Any) -> None:
    state = script(f"{LOAD} return readLink(full);", full=FULL)
    assert state["unit"] == {"layer": "c3", "map": 5, "row": 2, "column": 7}
    assert state["given"]["right"] == -3.5
    assert state["given"]["cut"] == [0, 4, 59]
    assert not state["dropped"]
    assert script(f"{LOAD} return writeLink(readLink(full));", full=FULL) == FULL
    assert (
        script(f"{LOAD} return ['', '#', '#train', '#see'].map((hash) => readLink(hash).dropped);")
        == [False] * 4
    )


@pytest.mark.parametrize("shown", BAD)
def test_what_an_address_says_wrongly_is_left_out(script: Any, shown: str) -> None:
    state = script(f"{LOAD} return readLink(text);", text=shown)
    assert state["dropped"]
    assert state["given"] == {}
    assert state["unit"] is None


def test_ten_thousand_damaged_addresses_are_no_mistake(script: Any) -> None:
    chance = random.Random(3)
    letters = "#?&=/:.,-%019azZé\u0000\ud83d\ude00ink"
    damaged = []
    for _ in range(10_000):
        text = list(FULL + "&ink=0a0b1c1d-2020")
        for _ in range(chance.randint(1, 12)):
            text[chance.randrange(len(text))] = chance.choice(letters)
        damaged.append("".join(text)[: chance.randint(1, 120)])
    views = script(f"{LOAD} return damaged.map((hash) => readLink(hash).view);", damaged=damaged)
    assert set(views) <= {"see", "train", "tour"}


def test_strokes_come_back_to_a_thousandth_of_the_side(script: Any) -> None:
    strokes = [[{"x": 0.0, "y": 1.0}], [{"x": 0.1234, "y": 0.5}, {"x": 0.9, "y": 0.25}, {"x": 0.1, "y": 0.1}]]
    found = script(f"{LOAD} return readStrokes(writeStrokes(strokes));", strokes=strokes)
    assert [len(points) for points in found] == [1, 3]
    for points, given in zip(found, strokes, strict=True):
        for point, other in zip(points, given, strict=True):
            assert abs(point["x"] - other["x"]) <= 0.0005
            assert abs(point["y"] - other["y"]) <= 0.0005


def test_a_long_drawing_is_simplified_to_2_kb(script: Any) -> None:
    chance = random.Random(4)
    strokes = [[{"x": chance.random(), "y": chance.random()} for _ in range(90)] for _ in range(40)]
    text, count = script(
        f"{LOAD} const text = writeStrokes(strokes); return [text, readStrokes(text)?.length];",
        strokes=strokes,
    )
    assert len(text) <= 2100
    assert count == 40


def copy_link(page: Any) -> str:
    page.evaluate("() => { navigator.clipboard.writeText = async (text) => { window.copied = text; }; }")
    page.click("text=Copy link")
    expect(page.locator(".link-said")).to_have_text(re.compile("copied"))
    link: str = page.evaluate("window.copied")
    return link.partition("#")[2]


def test_a_copied_link_opens_the_same_state(open_page: Open) -> None:
    page = open_page()
    box = page.locator(".board").bounding_box()
    page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 0.2 * box["height"])
    page.mouse.down()
    for x, y in [(0.7, 0.2), (0.5, 0.5), (0.45, 0.8)]:
        page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"], steps=8)
    page.mouse.up()
    expect(page.locator(".answer")).to_have_text("Read as 7")
    page.locator("#change-slant").fill("0.2")
    page.click(".wires tbody tr:nth-child(2) td:nth-child(3) button")
    page.locator(".layer").nth(1).locator("canvas").nth(2).click(position={"x": 31, "y": 10})
    page.click("text=中文")
    expect(page.locator(".bar button").first).to_have_text("复制链接")
    page.click("text=English")
    link = copy_link(page)
    assert link.startswith("see/c1:2:3,10?lang=en&theme=light&ink=")
    other = open_page(view=f"#{link}", lang="zh-CN", answer="7")
    assert other.get_attribute("html", "lang") == "en"
    expect(other.locator(".unit code")).to_have_text("lenet explain --unit c1:2:3,10")
    expect(other.locator(".wires [aria-pressed=true]")).to_have_count(1)
    expect(other.locator("#change-slant")).to_have_value("0.2")
    expect(other.locator(".answer")).to_have_text(re.compile("^7, nearest"))
    pairs = [
        [float(text) for text in each.locator(".codes li > span:first-of-type").all_text_contents()]
        for each in (page, other)
    ]
    assert max(abs(a - b) for a, b in zip(*pairs, strict=True)) < 3  # the drawing is simplified a little


def test_her_drawing_enters_the_address_only_by_the_button(open_page: Open) -> None:
    page = open_page()
    page.keyboard.press("5")
    page.locator(".layer").nth(1).locator("canvas").nth(0).click(position={"x": 4, "y": 4})
    page.wait_for_timeout(1300)
    assert page.evaluate("location.hash") == "#see/c1:0:1,1?lang=en&theme=light"
    assert "digit=5" in copy_link(page)


def test_without_a_clipboard_the_link_is_shown(open_page: Open) -> None:
    page = open_page()
    page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new Error()); }")
    page.click("text=Copy link")
    expect(page.locator(".link")).to_be_visible()
    assert page.input_value(".link").endswith("digit=3")


def test_a_damaged_link_says_so_and_shows_the_rest(open_page: Open) -> None:
    page = open_page(view="#see?digit=5&turn=1000", answer="5")
    expect(page.locator(".link-said")).to_have_text(re.compile("they were left out"))
    expect(page.locator(".answer")).to_have_text("Read as 5")
