"""train.mjs and what it is made of: the view "Train", pressed and read as a person does."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import lenet
from lenet.architecture import MODERN, ORIGINAL
from lenet.codes import DIGITS
from lenet.data.examples import Examples
from lenet.page.digits import reduce_levels
from lenet.page.lessons import list_lessons
from lenet.parameters import initialize_parameters
from lenet.texts import load_texts

from .test_trainer import give

VIEW = """<!doctype html>
<title>Train</title>
<link rel="stylesheet" href="/page/static/train.css">
<style>:root { --ink: #23201b; --sheet: #fff; --accent: #b23a24; --line: #a69c8d; }</style>
<main></main>
<script type="module">
import { readNetwork } from "/page/static/network_file.mjs";
import { setTexts } from "/page/static/say.mjs";
import { mountTrain } from "/page/static/train.mjs";
const get = async (path) => (await fetch(path)).arrayBuffer();
const { lessons, digits, texts } = await (await fetch("/given/facts.json")).json();
window.setLanguage = (language) => setTexts(texts[language]);
setLanguage("en");
window.shown = { traces: 0, frozen: null, board: null };
window.view = mountTrain(document.querySelector("main"), {
  lessons, digits,
  wasm: () => get("/page/static/lenet.wasm"),
  fetchDigits: (part) => get(window.brokenDigits ? "/page/static/h.mjs" : `/given/${part}.bin`),
  spawn: () => new Worker("/page/static/trainer.worker.mjs", { type: "module" }),
  drawing: () => window.drawn ?? new Uint8Array(784).fill(200, 300, 500),
  bundled: async () => readNetwork(await get("/weights/1998.safetensors")),
  showTrace(trace, frozen) {
    shown.traces += Number(trace !== null);
    shown.frozen = frozen;
  },
  putDigit: (image, label) => (shown.board = [Array.from(image), label]),
});
window.heard = [];
new MutationObserver(() => heard.push(document.querySelector(".train-said").textContent)).observe(
  document.querySelector(".train-said"), { childList: true, characterData: true, subtree: true },
);
window.ready = true;
</script>"""
COUNT = 60  # new digits


@pytest.fixture
def view(browser: Any, address: str, given: Path, digits: Examples) -> Iterator[Any]:
    """The view in a page of its own, with 400 digits to train on and 60 new ones."""
    give(given, digits, digits.take(slice(-COUNT, None)))
    facts = {
        "lessons": list_lessons(),
        "digits": {"name": "mnist", "train": 400, "fresh": COUNT, "size": "0.1"},
        "texts": {language: load_texts(language) for language in ("en", "zh")},
    }
    (given / "facts.json").write_text(json.dumps(facts), "utf-8")
    (given / "train.html").write_text(VIEW, "utf-8")
    page = browser.new_page(viewport={"width": 1200, "height": 900})
    page.set_default_timeout(20_000)
    mistakes: list[str] = []
    page.on("pageerror", lambda error: mistakes.append(str(error)))
    page.goto(f"{address}/given/train.html")
    page.wait_for_function("window.ready")
    yield page
    page.close()
    assert mistakes == []


def wait(view: Any, text: str, where: str = "main") -> str:
    """Wait until a text that matches is somewhere; gives what is there."""
    view.wait_for_function(
        "([where, text]) => new RegExp(text).test(document.querySelector(where)?.textContent)",
        arg=[where, text],
    )
    found: str = view.text_content(where)
    return found


def test_one_press_trains_and_tells_the_errors(view: Any) -> None:
    view.click("text=Start (loads 0.1 MB of digits)")
    sentence = wait(view, "After epoch 3", ".train-result")
    errors = int(re.findall(r"(\d+) of 60", sentence)[0])
    wait(view, "The training is finished", ".train-status")
    rows = view.locator(".train-details table").first.locator("tbody tr")
    assert rows.count() == 1 + 3
    assert rows.last.locator("td").first.text_content() == "3"
    confusion = np.array(view.locator(".train-confusion td").all_text_contents()[1:], int).reshape(10, 10)
    assert confusion.sum() == COUNT
    assert COUNT - confusion.trace() == errors
    assert view.locator(".train-misread li").count() == min(errors, 24)
    assert view.evaluate("shown.traces") >= 2
    assert "Step 21, epoch 3" in view.text_content(".train-at")


def test_a_misread_digit_goes_to_the_board(view: Any, digits: Examples) -> None:
    view.click("label:has-text('SGD')")
    view.locator("#train-rate").fill("-3")
    view.click(".start")
    wait(view, "After epoch 3", ".train-result")
    one = view.locator(".train-misread button").first
    label = int(one.text_content()[0])
    one.click()
    image, put = view.evaluate("shown.board")
    assert put == label
    new = digits.take(slice(-COUNT, None))
    same = (reduce_levels(new.images).reshape(COUNT, -1) == np.array(image)).all(axis=1)
    assert new.labels[same].tolist() == [label]


def test_pause_continue_and_again(view: Any) -> None:
    view.click(".start")
    wait(view, "Pause", ".start")
    wait(view, "Step", ".train-at")
    view.click(".start")
    wait(view, "Continue", ".start")
    view.wait_for_timeout(150)
    before = view.text_content(".train-at")
    view.wait_for_timeout(150)
    assert view.text_content(".train-at") == before
    view.click("text=Another start")
    assert wait(view, f"Start {list_lessons()['seed'] + 1}", ".train-buttons")
    wait(view, "After epoch 3", ".train-result")


def test_the_rate_acts_while_it_trains_and_is_marked(view: Any) -> None:
    view.click("label:has-text('16')")
    view.click(".start")
    wait(view, "Step", ".train-at")
    view.locator("#train-rate").fill("-2.3")
    assert view.text_content("output") == "0.005"
    wait(view, "Learning rate 0.005 from step", ".train-readout")


def test_a_guess_stands_beside_the_count(view: Any) -> None:
    assert "how many of 60 new digits" in view.text_content(".train-guess")
    view.click(".train-guess button:nth-of-type(3)")
    guess = view.text_content(".train-guess [aria-pressed=true]")
    view.click(".start")
    assert f"You guessed {guess} misread digits" in wait(view, "You guessed", ".train-guess")


def test_who_does_not_guess_is_not_asked_again(view: Any) -> None:
    view.click(".start")
    wait(view, r"After epoch \d", ".train-result")
    assert not view.is_visible(".train-guess")


def test_both_acts_end_with_a_true_sentence(view: Any) -> None:
    for act in ("Act 1", "Act 2"):
        view.click(f"text={act}: learning rate")
        said = wait(view, "60 new digits", ".train-said")
        heard = view.evaluate("heard.splice(0)")
        assert any("The learning rate is 0.02 now" in one for one in heard)
        frozen = sum(view.evaluate("shown.frozen"))
        errors = re.findall(r"(\d+) of 60", view.text_content(".train-result"))[0]
        assert f"{errors} of 60 new digits" in said
        if frozen:
            assert f"Frozen pixels of F6: {frozen} of 84" in said
            assert f"Frozen pixels of F6: {frozen} of 84" in view.text_content(".train-frozen")
        else:
            assert "no pixel of F6 is frozen" in said or "No pixel of F6" in said
        wait(view, "Continue", ".start")
        assert "Step 300" in view.text_content(".train-at")
        view.evaluate("document.querySelector('.train-said').textContent = ''")


def test_who_moves_the_rate_in_an_act_keeps_it(view: Any) -> None:
    view.click("text=Act 2: learning rate")
    wait(view, "Step", ".train-at")
    view.locator("#train-rate").fill("-3")
    wait(view, "Continue", ".start")
    assert any("The learning rate is 0.001 now" in one for one in view.evaluate("heard"))
    assert not any("The learning rate is 0.02 now" in one for one in view.evaluate("heard"))
    assert view.text_content("output") == "0.001"
    assert "Step 300" in view.text_content(".train-at")


def test_eight_starts_are_told_apart(view: Any) -> None:
    view.click("text=Act 2 from 8 starts")
    said = wait(view, "Of 8 starts", ".train-said")
    starts = view.locator(".train-starts li").all_text_contents()
    assert len(starts) == 8
    survived = sum(", 0 frozen" in start for start in starts)
    assert f"{survived} survived" in said


def test_rates_are_compared_side_by_side(view: Any) -> None:
    view.click("text=Compare")
    view.wait_for_function(
        "[...document.querySelectorAll('h4 strong')].filter((one) => one.textContent).length === 4"
    )
    view.wait_for_function("!document.querySelector('.train-rates button').disabled")
    trials = view.locator(".train-rate-trial").all_text_contents()
    assert [re.findall(r"rate ([\d.]+)", trial)[0] for trial in trials] == ["0.5", "0.1", "0.02", "0.05"]
    for trial in trials:
        assert re.search(r"\d+ of 80 new digits misread", trial)  # a fifth of those to train on
        assert sum(map(int, re.findall(r"(\d+)%", trial))) in (99, 100, 101)
    errors = [int(re.findall(r"(\d+) of 80", trial)[0]) for trial in trials]
    said = view.text_content(".train-rates-said")
    rates = ["0.5", "0.1", "0.02", "0.05"]
    best = [rate for rate, count in zip(rates, errors, strict=True) if count == min(errors)]
    named = any(f"learning rate {rate}, {min(errors)} of 80" in said for rate in best)
    assert named or "hardly anything" in said
    view.check("text=Draw only every 10th loss")
    assert view.locator(".train-rate-trial").count() == 4


def test_the_method_of_1998_and_other_networks_train(view: Any) -> None:
    view.click("label:has-text('the method of 1998')")
    view.click(".start")
    wait(view, "After epoch 3", ".train-result")
    assert "squared distance" in view.text_content("figcaption")
    view.click("label:has-text('modern: ReLU')")
    view.wait_for_function("document.querySelectorAll('.train-run').length === 2")
    wait(view, "After epoch 3", ".train-result")
    runs = view.locator(".train-run").all_text_contents()
    assert all("the method of 1998" in run for run in runs)
    assert ["modern" in run for run in runs] == [False, True]
    assert view.evaluate("document.querySelector('.train-kernels div:last-child').hidden")


def test_a_saved_network_is_read_by_python(view: Any, tmp_path: Path, digits: Examples) -> None:
    view.click(".start")
    sentence = wait(view, "After epoch 3", ".train-result")
    errors = int(re.findall(r"(\d+) of 60", sentence)[0])
    with view.expect_download() as download:
        view.click("text=Save the network")
    path = tmp_path / download.value.suggested_filename
    download.value.save_as(path)
    assert path.name in wait(view, "Saved as", ".train-status")
    network = lenet.load(path)
    new = digits.take(slice(-COUNT, None))
    answers = network.penalties(reduce_levels(new.images)).argmin(axis=1)
    assert int((answers != new.labels).sum()) == errors


def test_an_opened_network_goes_on_training(view: Any) -> None:
    package = Path(lenet.__file__).parent
    view.set_input_files("#train-file", package / "weights" / "1998.safetensors")
    wait(view, "continues from 1998.safetensors", ".train-status")
    wait(view, r"After epoch \d", ".train-result")


@pytest.mark.parametrize(
    ("change", "choice"),
    [
        ({}, "original"),
        ({"connections": "full"}, "full"),
        (MODERN.to_dict(), "modern"),
        ({"pooling": "max"}, None),
    ],
)
def test_an_opened_network_is_recognized_by_its_architecture(
    view: Any, tmp_path: Path, change: dict[str, Any], choice: str | None
) -> None:
    architecture = replace(ORIGINAL, **change)
    path = tmp_path / "opened.safetensors"
    parameters = initialize_parameters(architecture, 1, scheme="variance")
    lenet.Network(architecture, parameters, DIGITS).save(path)
    view.set_input_files("#train-file", path)
    if choice is None:
        wait(view, "this file has another one", ".train-status")
        return
    wait(view, "After epoch 3", ".train-result")
    assert view.is_checked(f"input[name=train-network][value={choice}]")


@pytest.mark.parametrize("content", [b"", b"no network", bytes(2**21)])
def test_a_file_that_is_no_network_is_refused(view: Any, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "some.safetensors"
    path.write_bytes(content)
    view.set_input_files("#train-file", path)
    assert wait(view, r"Not a network|bytes", ".train-status")


def test_damaged_digits_are_said(view: Any) -> None:
    view.evaluate("window.brokenDigits = true")
    view.click(".start")
    wait(view, "The file of digits is damaged", ".train-status")
    view.evaluate("window.brokenDigits = false")
    view.click(".start")
    wait(view, r"After epoch \d", ".train-result")


def test_a_training_that_diverges_offers_a_tenth_of_the_rate(view: Any, given: Path) -> None:
    path = given / "facts.json"
    path.write_text(path.read_text("utf-8").replace('"rate": 0.02', '"rate": 1e30'), "utf-8")
    view.reload()
    view.wait_for_function("window.ready")
    view.click("label:has-text('modern: ReLU')")
    view.click(".start")
    wait(view, "the loss became NaN or infinite", ".train-status")
    view.locator(".train-status button").click()
    wait(view, r"^1e\+29$", "output")


def test_another_language_fills_every_text_anew(view: Any) -> None:
    view.click(".start")
    wait(view, "After epoch 3", ".train-result")
    view.evaluate("setLanguage('zh')")
    words: list[str] = view.evaluate("""() => {
        const walk = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
        const found = [];
        while (walk.nextNode()) found.push(walk.currentNode.data);
        return found; }""")
    left = [word for word in words if re.search(r"\b(the|of|digits?|loss|start|misread|rate)\b", word)]
    assert left == []


def test_nothing_is_wider_than_a_phone(view: Any) -> None:
    view.set_viewport_size({"width": 320, "height": 700})
    view.click(".start")
    wait(view, "After epoch 3", ".train-result")
    assert view.evaluate("document.documentElement.scrollWidth") <= 320


def test_her_own_digits_are_learned_and_the_cost_is_told(view: Any) -> None:
    train = view.locator("text=Learn them (200 steps)")
    for label in range(10):
        assert train.is_disabled()
        view.evaluate(
            "(label) => (window.drawn = new Uint8Array(784).fill(220, 60 * label, 60 * label + 110))", label
        )
        view.click(f".train-hand .train-buttons button:text-is('{label}')")
    train.click()
    said = wait(view, "New digits misread", ".train-taught")
    before, after, _, own_before, own_after, own = map(int, re.findall(r"\d+", said))
    assert own == 10
    assert own_before >= 5  # bars that mean nothing
    assert own_after <= 2
    assert min(before, after) >= 0
    view.click(".train-hand li button >> nth=0")
    assert "9 digits; 10 are needed" in view.text_content(".train-taught")
    assert train.is_disabled()


def test_a_blank_board_is_no_digit(view: Any) -> None:
    view.evaluate("window.drawn = new Uint8Array(784)")
    view.click(".train-hand .train-buttons button:text-is('3')")
    assert "blank" in view.text_content(".train-taught")
    assert view.locator(".train-hand li").count() == 0
