"""The whole page in a real browser, as `lenet page` serves it."""

from __future__ import annotations

import re
from collections.abc import Callable
from importlib.util import find_spec
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import lenet
from lenet.architecture import C3_TABLE
from lenet.data.examples import Examples
from lenet.images.normalize import find_digit
from lenet.page.digits import find_page_digits, reduce_levels
from lenet.page.server import PageServer
from lenet.page.site import build_site
from lenet.parameters import Parameters
from lenet.samples import read_sample
from lenet.texts import load_texts

from .board import CLIPPED, draw

if find_spec("playwright"):  # without it the fixture `browser` skips every test
    from playwright.sync_api import expect
Open = Callable[..., Any]


def test_the_first_screen_answers_without_a_press(open_page: Open) -> None:
    page = open_page(1440, 900)
    expect(page.locator(".answer")).to_have_text("Read as 3")
    expect(page.locator(".doubt")).to_have_text("confidence 99.9%")
    for part in ("h1", ".board", ".written canvas", ".answer", ".codes li >> nth=9"):
        box = page.locator(part).bounding_box()
        assert box["y"] + box["height"] <= 900, part
    tops = [box["y"] for box in (layer.bounding_box() for layer in page.locator(".layer").all())]
    assert max(tops) < 400  # all layers beside each other


@pytest.mark.parametrize("lang", ["en", "zh-CN"])
@pytest.mark.parametrize(("width", "height"), [(390, 844), (1024, 768)])
def test_board_f6_answer_and_codes_are_in_the_first_screen(
    open_page: Open, width: int, height: int, lang: str
) -> None:
    page = open_page(width, height, lang)
    for part in ("h1", ".board", ".written canvas", ".answer", ".codes li >> nth=9"):
        box = page.locator(part).bounding_box()
        assert box["y"] + box["height"] <= height, part


def test_a_stroke_is_read_without_a_press(open_page: Open) -> None:
    page = open_page()
    draw(page)
    expect(page.locator(".answer")).to_have_text("Read as 7")
    assert page.locator(".codes [aria-current] b").text_content() == "7"
    expect(page.locator("[role=status].unseen").first).to_have_text(re.compile("^Read as 7, confidence"))
    page.click("button:has-text('Clear')")
    expect(page.locator(".answer")).to_have_text("The board is blank.")


def list_distances(page: Any) -> list[str]:
    found: list[str] = page.locator(".codes li > span:first-of-type").all_text_contents()
    return found


def test_undo_takes_back_one_stroke(open_page: Open) -> None:
    page = open_page()
    draw(page)
    expect(page.locator(".answer")).to_have_text("Read as 7")
    before = list_distances(page)
    draw(page, [(0.2, 0.9), (0.8, 0.9)])
    expect(page.locator(".codes li > span:first-of-type").first).not_to_have_text(before[0])
    page.click("button:has-text('Undo')")
    expect(page.locator(".codes li > span:first-of-type").first).to_have_text(before[0])
    assert list_distances(page) == before


def test_a_board_cleared_under_the_pen_waits_for_the_next_stroke(open_page: Open) -> None:
    page = open_page()
    box = page.locator(".board").bounding_box()
    page.mouse.move(box["x"] + 100, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + 100, box["y"] + 200, steps=5)
    page.keyboard.press("Delete")
    page.mouse.move(box["x"] + 200, box["y"] + 200, steps=5)
    expect(page.locator(".answer")).to_have_text(re.compile("blank|Draw", re.IGNORECASE))
    page.mouse.up()


def test_the_ten_samples_are_answered_as_in_python(open_page: Open) -> None:
    page = open_page()
    network = lenet.load("1998")
    for digit in range(10):
        answer = network.answer(reduce_levels(find_digit(read_sample(digit)).digit)[None])[0]
        page.keyboard.press(str(digit))
        assert answer.confidence is not None
        assert answer.verdict == "digit"
        expect(page.locator(".answer")).to_have_text(f"Read as {answer.label}")
        percent = f"{100 * min(answer.confidence, 0.999):.1f}%"
        expect(page.locator(".doubt")).to_have_text(f"confidence {percent}")
        shown = [float(text) for text in list_distances(page)]
        np.testing.assert_allclose(shown, list(answer.penalties.values()), atol=0.0501)


def test_a_scribble_is_not_passed_off_as_a_digit(open_page: Open) -> None:
    page = open_page()
    draw(page, [(0.1 + 0.8 * (k % 2), 0.1 + 0.05 * k) for k in range(17)])
    expect(page.locator(".answer")).to_have_text("No digit found")
    expect(page.locator(".doubt")).to_have_text("does not look like a digit")


def test_without_the_judge_the_answer_has_no_confidence(browser: Any, server: PageServer) -> None:
    page = browser.new_page(locale="en")
    page.route("**/judge.bin", lambda route: route.fulfill(status=404))
    page.goto(server.address)
    expect(page.locator(".answer")).to_have_text("3, nearest; squared distance 0.0")
    page.keyboard.press("5")
    expect(page.locator(".answer")).to_have_text(re.compile("^5, nearest"))
    assert page.text_content(".doubt") == ""
    page.close()


def test_a_digit_is_drawn_by_keyboard_alone(open_page: Open) -> None:
    page = open_page()
    page.locator(".board").focus()
    page.keyboard.press("Delete")
    expect(page.locator(".answer")).to_have_text("The board is blank.")
    for _ in range(9):
        page.keyboard.press("ArrowUp")
    page.keyboard.press(" ")
    for _ in range(18):
        page.keyboard.press("ArrowDown")
    page.keyboard.press(" ")
    expect(page.locator(".answer")).to_have_text("Read as 1")


def test_training_starts_in_two_presses_and_watches_her_digit(open_page: Open) -> None:
    page = open_page()
    draw(page)
    expect(page.locator(".answer")).to_have_text("Read as 7")
    before = page.text_content(".answer")
    page.wait_for_load_state("networkidle")
    asked = len(page.asked)
    page.click("nav >> text=Train")
    page.wait_for_timeout(300)
    assert len(page.asked) == asked  # no digit is loaded before the button that names its size
    page.click(".start")
    expect(page.locator(".train-result")).to_have_text(re.compile("After epoch 3"))
    assert page.text_content(".answer") != before
    page.click("nav >> text=See")
    expect(page.locator(".answer")).to_have_text(before)


def test_a_misread_digit_goes_to_the_board(open_page: Open) -> None:
    page = open_page(view="#train")
    page.click("label:has-text('SGD') >> nth=0")
    page.locator("#train-rate").fill("-3")
    page.click(".start")
    expect(page.locator(".train-result")).to_have_text(re.compile("After epoch 3"))
    before = page.text_content(".answer")
    page.locator(".train-misread button").first.click()
    expect(page.locator(".answer")).not_to_have_text(before)


def test_a_unit_opens_in_one_press_with_its_sum(open_page: Open) -> None:
    page = open_page()
    page.locator(".layer").nth(3).locator("canvas").nth(5).click(position={"x": 30, "y": 10})
    assert page.text_content(".unit code") == "lenet explain --unit c3:5:2,7"
    assert page.locator(".unit-term").count() == len(C3_TABLE[5])
    network = lenet.load("1998")
    image = reduce_levels(find_digit(read_sample(3)).digit)
    trace = network.trace(image, sums=True)
    said = page.text_content(".unit-sum").replace("\u2212", "-")
    total, state = (trace[name][5, 2, 7] for name in ("c3.sum", "c3"))
    assert f"the sum is {total:.3f}, and the activation function makes it {state:.3f}" in said
    page.keyboard.press("1")
    expect(page.locator(".unit-sum")).not_to_have_text(said)
    page.click("text=Close")
    assert page.locator(".unit-term").count() == 0


def test_every_layer_has_a_unit_to_be_chosen_by_keyboard(open_page: Open) -> None:
    page = open_page()
    for layer in ("c1", "s2", "c3", "s4", "c5", "f6", "output"):
        page.select_option("#unit-layer", layer)
        page.fill("#unit-map", "3")
        page.press("#unit-map", "Enter")
        assert f"--unit {layer}:3" in page.text_content(".unit code")
        assert re.search(r"\d\.\d{3}", page.text_content(".unit-sum"))


def test_a_cut_wire_changes_the_answer_and_is_restored(open_page: Open) -> None:
    page = open_page()
    before = page.locator(".codes li > span:first-of-type").all_text_contents()
    page.click(".wires tbody tr:nth-child(5) th button")
    assert page.locator(".wires [aria-pressed=true]").count() == sum(4 in row for row in C3_TABLE)
    expect(page.locator(".codes li > span:first-of-type").first).not_to_have_text(before[0])
    expect(page.locator(".answer")).to_have_text(re.compile(", nearest; squared distance"))  # no confidence
    page.click("text=Restore all")
    assert page.locator(".wires [aria-pressed=true]").count() == 0
    expect(page.locator(".answer")).to_have_text("Read as 3")
    expect(page.locator(".codes li > span:first-of-type").first).to_have_text(before[0])


def test_errors_after_a_cut_are_those_of_python(open_page: Open, digits: Examples) -> None:
    page = open_page()
    new = digits.first(60)
    images = reduce_levels(new.images)
    network = lenet.load("1998")
    weights = {name: array.copy() for name, array in network.parameters.items()}
    errors = [int((network.penalties(images).argmin(axis=1) != new.labels).sum())]
    pairs = [(target, source) for target, row in enumerate(C3_TABLE) for source in row]
    weights["c3.weight"][[pair[1] == 4 for pair in pairs]] = 0
    cut = lenet.Network(network.architecture, Parameters(network.architecture, weights), network.labels)
    errors.append(int((cut.penalties(images).argmin(axis=1) != new.labels).sum()))
    expect(page.locator(".answer")).to_have_text("Read as 3")  # the judge has come, the last to be asked for
    page.wait_for_load_state("networkidle")
    asked = len(page.asked)
    page.click(".wires tbody tr:nth-child(5) th button")
    assert len(page.asked) == asked
    page.click("text=how many of 60 >> xpath=.. >> button:nth-of-type(3)")
    page.click("text=Count errors (loads 0.1 MB of digits)")
    said = page.locator(".wires-said")
    expect(said).to_have_text(
        f"{errors[1]} of 60 new digits misread; {errors[0]} with all connections. You guessed 3."
    )
    page.click("text=Restore all")
    expect(said).to_have_text(f"{errors[0]} of 60 new digits misread; {errors[0]} with all connections.")


def test_another_language_leaves_no_word_of_the_first(open_page: Open) -> None:
    page = open_page(view="#train")
    page.click("text=中文")
    expect(page.locator("h1")).to_have_text(load_texts("zh")["page.headline"])
    assert page.get_attribute("html", "lang") == "zh-CN"
    words = page.inner_text("main")
    assert re.findall(r"\b(?:the|of|digits?|draw|train|loss|rate)\b", words, re.IGNORECASE) == []
    page.click("text=English")
    expect(page.locator("h1")).to_have_text(load_texts("en")["page.headline"])


def test_a_chinese_browser_gets_chinese(open_page: Open) -> None:
    page = open_page(lang="zh-CN")
    assert page.text_content("h1") == load_texts("zh")["page.headline"]
    assert not [url for _, url in page.asked if url.endswith("texts.en.json")]


@pytest.mark.parametrize("width", [320, 390, 1024, 1440])
@pytest.mark.parametrize("view", ["", "#train"])
def test_nothing_scrolls_sideways_and_no_word_is_clipped(open_page: Open, width: int, view: str) -> None:
    page = open_page(width, 800, view=view)
    if view:
        page.click(".start")
        expect(page.locator(".train-result")).to_have_text(re.compile("After epoch 3"))
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(CLIPPED) == []
    page.click("text=中文")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(CLIPPED) == []


@pytest.mark.parametrize(
    ("view", "lang", "theme"), list(product(["", "#train"], ["en", "zh-CN"], ["light", "dark"]))
)
def test_axe_finds_nothing(open_page: Open, view: str, lang: str, theme: str) -> None:
    from axe_playwright_python.sync_playwright import Axe

    for width in (390, 1280):
        page = open_page(width, 900, lang, theme, view)
        if view:
            page.click(".start")
            expect(page.locator(".train-result")).to_have_text(re.compile("3"))
        found = Axe().run(page).response["violations"]
        assert [(one["id"], one["nodes"][0]["html"]) for one in found] == []


@pytest.mark.parametrize("name", ["main.js", "shared.js"])
def test_a_page_that_does_not_start_says_so_in_both_languages(
    browser: Any, server: PageServer, name: str
) -> None:
    page = browser.new_page(locale="en")
    page.route(f"**/{name}", lambda route: route.fulfill(status=404))
    page.goto(server.address)
    words = page.locator(".late")
    # not at once, where it would only flash
    assert words.evaluate("(words) => getComputedStyle(words).animationDelay") == "4s"
    words.evaluate("(words) => words.getAnimations().forEach((animation) => animation.finish())")
    expect(words).to_be_visible()
    expect(words).to_have_text(re.compile("load it again.*请重新加载"))
    page.close()


@pytest.mark.parametrize("name", ["network.bin", "see.js", "train.js", "photo_view.js", "rest.en.json"])
def test_a_missing_file_is_said(browser: Any, server: PageServer, name: str) -> None:
    page = browser.new_page(locale="en")
    mistakes: list[str] = []
    page.on("pageerror", lambda error: mistakes.append(str(error)))
    page.route(f"**/{name}", lambda route: route.fulfill(status=404))
    page.goto(server.address)
    expect(page.locator("[role=alert]").first).to_have_text(re.compile(re.escape(name)))
    page.close()
    assert mistakes == []


@pytest.mark.mnist
@pytest.mark.slow
def test_s2_map_4_is_the_one_that_is_missed(browser: Any) -> None:
    """325 of the first 2,000 test digits are misread without it, 26 with it."""
    found = find_page_digits()
    if found is None or found.name != "mnist":
        pytest.skip("MNIST is not at hand")
    server = PageServer(build_site(digits=found), 0)
    page = browser.new_page(locale="en")
    with server.running():
        page.goto(server.address)
        page.click(".wires tbody tr:nth-child(5) th button")
        page.click("button:has-text('Count errors')")
        said = page.locator(".wires-said")
        expect(said).to_have_text(re.compile("32[2-8] of 2,000 new digits misread; 26 with all"))
        page.click("text=Restore all")
        expect(said).to_have_text(re.compile("^26 of 2,000"))
    page.close()


def test_a_network_with_a_linear_output_answers_without_distances(browser: Any) -> None:
    folder = Path(lenet.__file__).parent / "weights"
    server = PageServer(build_site(folder / "best.safetensors"), 0)
    page = browser.new_page(locale="en")
    mistakes: list[str] = []
    page.on("pageerror", lambda error: mistakes.append(str(error)))
    with server.running():
        page.goto(server.address)
        expect(page.locator(".answer")).to_have_text("Read as 3")
        page.select_option("#unit-layer", "output")
        assert "840" not in page.text_content(".unit-sum")
        assert page.locator(".wires").count() == 0  # every map reads every map
        page.click("nav >> text=Train")
        expect(page.locator(".view >> text=There are no digits")).to_be_visible()
    page.close()
    assert mistakes == []
