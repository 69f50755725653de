import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lenet.architecture import ORIGINAL
from lenet.data.examples import Dataset, Examples
from lenet.images.distort import Distortion
from lenet.texts import set_language
from lenet.training.recipe import load_recipe
from lenet.training.report import write_report
from lenet.training.run import Result, resume, train

EVIL = '<script>alert("x")</script>'
RECIPE = load_recipe("fast", ORIGINAL).changed(epochs=2, batch=32)
FILES = ("curve.svg", "curve.png", "report.html", "network.safetensors", "history.jsonl")


class Page(HTMLParser):
    """What a page holds, and whether its tags are closed."""

    VOID = ("meta", "br", "img", "path", "rect", "use")

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.words += data


@pytest.fixture(autouse=True)
def _english() -> None:
    set_language("en")


def make_dataset(names: tuple[str, ...] = ("no", EVIL, "a & b"), test: int = 150) -> Dataset:
    """Bars at three places, drowned in noise: a network reads some of them wrong."""
    random = np.random.default_rng(0)
    parts = []
    for count in (200, test):
        labels = random.integers(0, len(names), count)
        images = random.integers(0, 256, (count, 28, 28), np.uint8)
        for image, label in zip(images, labels, strict=True):
            image[8 * label : 8 * label + 4] //= 2
            image[8 * label : 8 * label + 4] += 90
        parts.append(Examples(images, labels))
    return Dataset(EVIL, f"seen in {EVIL}", names, *parts)


@pytest.fixture(scope="module")
def result() -> Result:
    return train(make_dataset(), RECIPE, engine="reference")


def read_page(result: Result, folder: Path) -> tuple[str, Page]:
    write_report(result, folder)
    text = (folder / "report.html").read_text("utf-8")
    return text, Page(text)


def test_the_page_is_whole_and_needs_nothing_else(result: Result, tmp_path: Path) -> None:
    text, page = read_page(result, tmp_path)
    assert page.open == []
    assert not {tag for tag, _ in page.tags} & {"script", "link", "iframe", "object"}
    addresses = [attrs[name] for _, attrs in page.tags for name in ("src", "href") if name in attrs]
    addresses += [attrs["xlink:href"] for _, attrs in page.tags if "xlink:href" in attrs]
    assert addresses
    assert all(re.match(r"#|data:image/png;base64,", str(address)) for address in addresses)
    assert all(url.startswith("#") for url in re.findall(r"url\(([^)]*)\)", text))


def test_what_the_data_say_is_never_markup(result: Result, tmp_path: Path) -> None:
    text, page = read_page(result, tmp_path)
    assert EVIL not in text
    assert EVIL in page.words


def test_identifiers_are_unique_and_no_reference_is_unmet(result: Result, tmp_path: Path) -> None:
    text, page = read_page(result, tmp_path)
    names = [attrs["id"] for _, attrs in page.tags if "id" in attrs]
    assert len(names) == len(set(names))
    wanted = set(re.findall(r"url\(#([^)]*)\)", text)) | set(re.findall(r'href="#([^"]*)"', text))
    assert wanted <= set(names)


def test_it_says_error_counts_and_interval(result: Result, tmp_path: Path) -> None:
    _, page = read_page(result, tmp_path)
    assert result.evaluation is not None
    low, high = result.evaluation.interval
    assert f"{result.evaluation.error:.2f}% test error" in page.words
    assert f"{result.evaluation.wrong} of 150 test images" in page.words
    assert f"between {low:.2f}% and {high:.2f}%" in page.words


def test_every_misread_image_is_shown_the_surest_first(result: Result, tmp_path: Path) -> None:
    _, page = read_page(result, tmp_path)
    assert result.evaluation is not None
    misread = result.evaluation.misread
    assert 0 < len(misread) <= result.evaluation.most_misread
    shown = [attrs["alt"] for tag, attrs in page.tags if tag == "img"]
    assert [int(re.findall(r"\d+", str(alt))[0]) for alt in shown] == misread.tolist()


def test_of_many_misread_images_a_hundred_are_shown(tmp_path: Path) -> None:
    # a network that hardly learned, on more than 150 classes' worth of noise
    made = train(
        make_dataset(("a", "b", "c"), test=400), RECIPE.changed(epochs=1, rate=1e-6), engine="reference"
    )
    _, page = read_page(made, tmp_path)
    assert made.evaluation is not None
    assert made.evaluation.wrong > made.evaluation.most_misread
    assert sum(tag == "img" for tag, _ in page.tags) == made.evaluation.most_misread
    assert f"The 100 most confident of {made.evaluation.wrong}" in page.words


def test_the_confusion_table_holds_every_test_image_once(result: Result, tmp_path: Path) -> None:
    text, _ = read_page(result, tmp_path)
    cells = re.findall(r'<td class="(?:right|wrong)"[^>]*>([\d,]*)</td>', text)
    assert sum(int(cell) for cell in cells) == 150


def test_the_twelve_kernels_are_those_before_and_after(result: Result, tmp_path: Path) -> None:
    text, page = read_page(result, tmp_path)
    squares = [attrs for tag, attrs in page.tags if tag == "rect" and attrs.get("class") in ("plus", "minus")]
    weights = [result.start["c1.weight"], result.network.parameters["c1.weight"]]
    assert len(squares) == 12 * 25
    assert [square["class"] == "plus" for square in squares] == (np.ravel(weights) > 0).tolist()
    assert text.count('aria-label="Kernel') == 12


def test_a_flawless_network_has_a_page_as_well(result: Result, tmp_path: Path) -> None:
    assert result.evaluation is not None
    flawless = replace(result.evaluation, answers=result.evaluation.labels)
    _, page = read_page(replace(result, evaluation=flawless), tmp_path)
    assert "0.00% test error" in page.words
    assert "None: every test image was read correctly." in page.words


@pytest.mark.parametrize(
    ("language", "tag", "words"), [("en", "en", "test error"), ("zh", "zh-CN", "\u9519\u8bef\u7387")]
)
def test_the_page_speaks_the_readers_language(
    result: Result, tmp_path: Path, language: str, tag: str, words: str
) -> None:
    set_language(language)
    text, page = read_page(result, tmp_path)
    assert f'<html lang="{tag}">' in text
    assert words in page.words
    assert ("Learning curves" in page.words) == (language == "en")


def test_a_stopped_run_says_so_and_how_to_go_on(tmp_path: Path) -> None:
    folder = tmp_path / "my run"
    stopped = train(make_dataset(), RECIPE, engine="reference", out=folder, stop=lambda: True)
    text = (folder / "report.html").read_text("utf-8")
    page = Page(text)
    assert stopped.evaluation is None
    assert f"Stopped after step {len(stopped.history.losses)} of 12" in page.words
    assert "lenet train --resume" in page.words
    assert "my run" in page.words
    assert "test error" not in page.words


@pytest.mark.parametrize(
    "settings",
    [{"pens": 1}, {"copies": 2, "patterns": "all", "distortion": Distortion(shift=1)}],
    ids=["pens", "patterns"],
)
def test_the_page_has_the_curve_of_the_folder_however_long_an_epoch_is(
    settings: dict[str, Any], tmp_path: Path
) -> None:
    train(make_dataset(), RECIPE.changed(**settings), engine="reference", out=tmp_path / "run")
    curves = re.findall(r'points="[^"]+"', (tmp_path / "run" / "curve.svg").read_text("utf-8"))
    page = (tmp_path / "run" / "report.html").read_text("utf-8")
    assert curves
    assert [curve for curve in curves if curve not in page] == []


def test_a_stopped_and_resumed_run_ends_in_the_same_files(tmp_path: Path) -> None:
    data = make_dataset()
    train(data, RECIPE, engine="reference", out=tmp_path / "unbroken")
    train(data, RECIPE, engine="reference", out=tmp_path / "broken", stop=lambda: True)
    assert "Stopped" in (tmp_path / "broken/report.html").read_text("utf-8")
    resume(tmp_path / "broken", data=data)
    for file in FILES:
        assert (tmp_path / "broken" / file).read_bytes() == (tmp_path / "unbroken" / file).read_bytes(), file


def test_settings_that_the_training_does_not_read_are_left_out(result: Result, tmp_path: Path) -> None:
    _, page = read_page(result, tmp_path)
    assert "scale\u00a00.1" in page.words
    for name in ("j", "mu", "curvature", "curvature_samples"):
        assert f"{name}\u00a0" not in page.words
