"""The pictures of the documents are shown, and are those that the program draws now."""

import re
from pathlib import Path

import pytest

from lenet.cli.main import run
from lenet.texts import set_language
from tools.draw_figures import COMMANDS, FIGURE_SUFFIXES

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "figures"
SLOW = {"rates"}  # four rates, three seeds
# percent by which errors may differ: trainings at rates that are too high end otherwise on other processors
DOUBT = {"rates": 2.0}
FIGURES = [
    pytest.param(name, language, marks=[pytest.mark.slow] if name in SLOW else [])
    for name in COMMANDS
    for language in FIGURE_SUFFIXES
]


def read_words(path):
    return re.findall(r"<text[^>]*>([^<]*)</text>", path.read_text("utf-8"))


def split_numbers(words):
    """Decimals apart from the rest: their last digits are not those of every machine."""
    numbers = [float(number) for word in words for number in re.findall(r"-?\d+\.\d+", word)]
    return numbers, [re.sub(r"-?\d+\.\d+", "#", word) for word in words]


def test_every_figure_is_shown_somewhere():
    pages = [*(ROOT / "docs").glob("*.md"), *ROOT.glob("README*.md")]
    text = "".join(page.read_text("utf-8") for page in pages)
    assert [path.name for path in FOLDER.glob("*.svg") if f"figures/{path.name}" not in text] == []


@pytest.mark.parametrize(("name", "language"), FIGURES)
def test_a_figure_says_what_the_program_says_now(name, language, tmp_path, capsys):
    if "digits" in COMMANDS[name]:
        pytest.importorskip("sklearn")
    path = FOLDER / f"{name}{FIGURE_SUFFIXES[language]}"
    again = tmp_path / path.name
    assert run([*COMMANDS[name], str(again), "--lang", language]) == 0
    set_language(None)
    numbers, words = split_numbers(read_words(path))
    now, words_now = split_numbers(read_words(again))
    assert words == words_now, "draw the figures anew: make figures"
    assert numbers == pytest.approx(now, rel=0.02, abs=DOUBT.get(name, 0.02)), (
        "draw the figures anew: make figures"
    )
