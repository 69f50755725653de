"""The demos of 1998 on the page: sliders, strips, the animation, the cover."""

from __future__ import annotations

import re
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import numpy as np

import lenet
from lenet.images.distort import distort_images
from lenet.images.normalize import find_digit
from lenet.page.digits import reduce_levels
from lenet.samples import read_sample

if find_spec("playwright"):  # without it the fixture `browser` skips every test
    from playwright.sync_api import expect
Open = Callable[..., Any]


def set_slider(page: Any, name: str, value: float) -> None:
    page.locator(f"#change-{name}").fill(str(value))


def test_a_slider_changes_what_the_network_reads(open_page: Open) -> None:
    page = open_page()
    before = page.locator(".codes li > span:first-of-type").all_text_contents()
    set_slider(page, "turn", 60)
    expect(page.locator(".codes li > span:first-of-type").first).not_to_have_text(before[0])
    expect(page.locator(".answer")).not_to_have_text("Read as 3")
    assert page.text_content(".answer-small") == page.text_content(".answer")
    assert page.get_attribute("#change-turn", "aria-valuetext") == "60°"
    page.click("text=Undo all changes")
    expect(page.locator(".codes li > span:first-of-type").first).to_have_text(before[0])
    assert page.input_value("#change-turn") == "0"


def test_the_range_of_an_answer_is_that_of_python(open_page: Open) -> None:
    """The strip of the shift to the right, step by step, against `distort_images` and the network."""
    page = open_page()
    digit = reduce_levels(find_digit(read_sample(3)).digit)
    steps = np.arange(-12, 12.5, 0.5)
    maps = np.zeros((len(steps), 2, 3))
    maps[:, :, :2] = np.eye(2)
    maps[:, 0, 2] = steps
    images = distort_images(np.repeat(digit[None], len(steps), axis=0), maps)
    holds = lenet.load("1998").penalties(images).argmin(axis=1) == 3
    middle = len(steps) // 2
    first, last = middle, middle
    while holds[first - 1]:
        first -= 1
    while holds[last + 1]:
        last += 1
    low, high = (f"{steps[k]:.1f} px".replace("-", "\u2212") for k in (first, last))
    expect(page.locator("#change-right-range")).to_have_text(f"3 from {low} to {high}")


def test_the_range_beside_a_second_digit_is_that_of_python(open_page: Open) -> None:
    """A 7 comes in over the 3, step by step, against the network in Python."""
    page = open_page()
    three, seven = (reduce_levels(find_digit(read_sample(label)).digit) for label in (3, 7))
    steps = np.arange(-26, 27)
    maps = np.zeros((len(steps), 2, 3))
    maps[:, :, :2] = np.eye(2)
    maps[:, 0, 2] = np.sign(steps) * (26 - abs(steps)) + 99 * (steps == 0)
    beside = distort_images(np.repeat(seven[None], len(steps), axis=0), maps)
    alone = distort_images(three[None], np.eye(2, 3)[None])
    holds = lenet.load("1998").penalties(np.maximum(alone, beside)).argmin(axis=1) == 3
    assert not holds.all()
    first = last = len(steps) // 2
    while first and holds[first - 1]:
        first -= 1
    while last < len(steps) - 1 and holds[last + 1]:
        last += 1
    low, high = (f"{steps[k]:.1f} px".replace("-", "\u2212") for k in (first, last))
    page.locator("#change-other + select").select_option("7")
    expect(page.locator("#change-second-range")).to_have_text(f"3 from {low} to {high}")
    set_slider(page, "second", -24)
    page.evaluate("() => { navigator.clipboard.writeText = async (text) => { window.copied = text; }; }")
    page.click("text=Copy link")
    page.wait_for_function("window.copied")
    assert "second=-24&other=7" in page.evaluate("window.copied")


def test_the_animation_runs_and_stops(open_page: Open) -> None:
    page = open_page()
    page.click("text=Play all changes")
    expect(page.locator(".change-row.now label")).to_have_text("Shift to the right")
    expect(page.locator("#change-right")).to_have_value(re.compile("^[4-9]"))
    page.click("text=Stop")
    expect(page.locator(".change-row.now")).to_have_count(0)
    assert page.input_value("#change-right") == "0"
    expect(page.locator(".answer")).to_have_text("Read as 3")


def test_the_cover_is_moved_by_mouse_and_keys(open_page: Open) -> None:
    page = open_page()
    seen = page.locator(".change-pair canvas").first
    before = page.text_content(".codes li > span")
    seen.click(position={"x": 100, "y": 60})
    assert page.input_value("#change-cover") == "7"
    expect(page.locator(".codes li > span").first).not_to_have_text(before)
    covered = page.text_content(".codes li > span")
    seen.focus()
    page.keyboard.press("ArrowDown")
    expect(page.locator(".codes li > span").first).not_to_have_text(covered)


def test_every_place_is_covered_as_python_covers_it(open_page: Open) -> None:
    page = open_page()
    page.keyboard.press("8")
    expect(page.locator(".answer")).to_have_text("Read as 8")
    set_slider(page, "cover", 9)
    page.click("text=Cover every place in turn")
    network = lenet.load("1998")
    digit = reduce_levels(find_digit(read_sample(8)).digit)
    covered = np.repeat(np.pad(digit, 2)[None].astype(np.float32) * 0.005 - 0.1, 1024, axis=0)
    for k, (row, column) in enumerate(np.ndindex(32, 32)):
        covered[k, max(row - 4, 0) : row + 5, max(column - 4, 0) : column + 5] = -0.1
    wrong = int((network.penalties(covered[:, None]).argmin(axis=1) != 8).sum())
    assert wrong > 0
    said = page.locator(".change [role=status]")
    expect(said).to_have_text(re.compile(f"9 x 9 pixels it reads another digit at {wrong} of 1,024 places"))


def test_a_blank_board_has_no_range(open_page: Open) -> None:
    page = open_page()
    expect(page.locator("#change-right-range")).to_have_text(re.compile("^3 from"))
    page.click("button:has-text('Clear')")
    expect(page.locator(".answer-small")).to_have_text("The board is blank.")
    expect(page.locator("#change-right-range")).to_have_text("")
    page.click("text=Cover every place in turn")  # nothing to cover, and no mistake
