"""The tables and pictures of docs/reproduction.md, from the results of `lenet reproduce`.

    lenet reproduce --out reproduction
    python -m benchmarks.reproduction reproduction

keeps the results, with the commit and the machine, in results/reproduction.json, draws the pictures anew in
both languages, and writes the tables between their marks into both documents.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
from pathlib import Path
from typing import Any

from benchmarks.pages import fill_page
from benchmarks.provenance import name_commit
from lenet.data.dataset import load_dataset
from lenet.drawing.write import save_picture
from lenet.reproduction.pictures import list_drawings
from lenet.reproduction.report import (
    Table,
    say_figure_8,
    tabulate_curves,
    tabulate_errors,
    tabulate_labels,
    tabulate_rejection,
)
from lenet.storage import write_text
from lenet.texts import load_texts
from tools.draw_figures import FIGURE_SUFFIXES

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results" / "reproduction.json"
PAGES = {"en": ROOT / "docs" / "reproduction.md", "zh": ROOT / "docs" / "reproduction.zh.md"}


def format_table(table: Table) -> str:
    """A table as Markdown."""
    heading, rows = table
    lines = ["| " + " | ".join(cells) + " |" for cells in [heading, ["---"] * len(heading), *rows]]
    return "\n".join(lines)


def format_robustness(results: dict[str, Any], texts: dict[str, str]) -> str:
    """A table for each kind of change: the amounts, and the error of each network."""
    found = results["robustness"]
    parts = []
    for kind, amounts in found["amounts"].items():
        change = texts["reproduce.change_error"].format(change=texts[f"reproduce.change_{kind}"])
        heading = [change, *(f"{amount:g}" for amount in amounts)]
        names = {name: re.sub(r"\W", "_", name) for name in found["errors"]}
        rows = [
            [texts[f"reproduce.line_{key}"], *(f"{error:.1f}" for error in found["errors"][name][kind])]
            for name, key in names.items()
        ]
        parts.append(format_table((heading, rows)))
    return "\n\n".join(parts)


def format_parts(results: dict[str, Any], language: str) -> dict[str, str]:
    """The tables and sentences of a document, by the name of their place in it."""
    texts = dict(load_texts(language))
    return {
        "errors": format_table(tabulate_errors(results, texts)),
        "curves": format_table(tabulate_curves(results, texts)),
        "rejection": format_table(tabulate_rejection(results, texts)),
        "labels": format_table(tabulate_labels(results, texts)),
        "figure-8": say_figure_8(results, texts),
        "robustness": format_robustness(results, texts),
    }


def main() -> None:
    """Keep the results, draw, and fill both documents."""
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    parser.add_argument("folder", type=Path, nargs="?", help="of `lenet reproduce`; without it, fill again")
    folder = parser.parse_args().folder
    if folder:
        results = json.loads((folder / "results.json").read_text("utf-8"))
        machine = f"{platform.platform()}, {os.cpu_count()} cores"
        where = {"command": "lenet reproduce", "commit": name_commit(), "machine": machine}
        write_text(RESULTS, json.dumps(where | results, indent=1) + "\n")
    results = json.loads(RESULTS.read_text("utf-8"))
    images = load_dataset("mnist").test.images
    for language, page in PAGES.items():
        for name, compose in list_drawings(results, images).items():
            path = ROOT / "docs" / "figures" / f"reproduction-{name}{FIGURE_SUFFIXES[language]}"
            save_picture(compose, path, language)
        write_text(page, fill_page(page.read_text("utf-8"), format_parts(results, language)))


if __name__ == "__main__":
    main()
