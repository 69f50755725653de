"""The tables of the documents are those of the results, which scripts wrote."""

import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks.pages import fill_page
from benchmarks.reproduction import PAGES, format_parts
from lenet.drawing.drawing import render_svg
from lenet.reproduction.pictures import list_drawings
from tools.draw_figures import FIGURE_SUFFIXES

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_tables_of_the_reproduction_are_made_from_its_results(language):
    results = json.loads((ROOT / "benchmarks/results/reproduction.json").read_text("utf-8"))
    page = PAGES[language].read_text("utf-8")
    assert page == fill_page(page, format_parts(results, language)), "python -m benchmarks.reproduction"


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_pictures_of_the_reproduction_are_made_from_its_results(language):
    results = json.loads((ROOT / "benchmarks/results/reproduction.json").read_text("utf-8"))
    drawings = list_drawings(results, np.zeros((10_000, 28, 28), np.uint8))
    del drawings["figure-8"]  # it shows MNIST's digits
    for name, compose in drawings.items():
        path = ROOT / "docs" / "figures" / f"reproduction-{name}{FIGURE_SUFFIXES[language]}"
        assert path.read_text("utf-8") == render_svg(compose(language)), "python -m benchmarks.reproduction"


def test_what_is_published_was_trained_as_the_recipes_say_now():
    from lenet.architecture import ORIGINAL
    from lenet.training.recipe import load_recipe

    results = json.loads((ROOT / "benchmarks/results/reproduction.json").read_text("utf-8"))
    for kind in results["kinds"].values():
        assert kind["hash"] == load_recipe(kind["recipe"], ORIGINAL).hash
        assert all(len(run["test"]) == 20 for run in kind["runs"])
