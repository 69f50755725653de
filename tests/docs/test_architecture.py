"""The page of the architecture links to functions that exist; its picture shows the floors as they are."""

import ast
import re
from pathlib import Path

import pytest

from lenet.drawing.write import save_picture
from tools.draw_architecture import CONTRIBUTING, FIGURES, ROOMS, compose_architecture, read_floors

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
LINK = re.compile(r"\[`([\w.]+)`\]\((\.\./src/[^)]+\.py)\)")
FLOORS = read_floors(CONTRIBUTING.read_text("utf-8"))
PACKAGE = ROOT / "src" / "lenet"


def read_links(end):
    return LINK.findall((DOCS / f"architecture{end}").read_text("utf-8"))


def list_definitions(path):
    """`function`, `Class`, `Class.method` of a module, and its own name."""
    names = {path.stem}
    for node in ast.parse(path.read_text("utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        if isinstance(node, ast.ClassDef):
            names |= {f"{node.name}.{part.name}" for part in node.body if isinstance(part, ast.FunctionDef)}
    return names


@pytest.mark.parametrize(("name", "target"), sorted(set(read_links(".md"))))
def test_every_function_that_the_page_links_to_is_there(name, target):
    assert name in list_definitions(DOCS / target)


def test_both_languages_link_to_the_same_functions():
    assert len(read_links(".md")) > 25
    assert read_links(".md") == read_links(".zh.md")


def test_the_floors_are_those_of_the_package():
    rooms = [name for _, names in FLOORS for name in names]
    modules = {path.stem for path in PACKAGE.glob("*.py")}
    folders = {path.parent.name for path in PACKAGE.glob("*/*") if path.parent.name != "__pycache__"}
    assert sorted(rooms) == sorted(modules | folders | {"_native"})
    assert set(rooms) == ROOMS.keys(), "describe them in tools/draw_architecture.py"


@pytest.mark.parametrize("language", FIGURES)
def test_the_picture_is_that_of_the_floors(language, tmp_path):
    save_picture(lambda words: compose_architecture(FLOORS, words), tmp_path / "now.svg", language)
    drawn = FIGURES[language].read_text("utf-8")
    assert drawn == (tmp_path / "now.svg").read_text("utf-8"), "draw it: python -m tools.draw_architecture"
