"""Draw the curves of a finished run for the README, in both languages: python -m tools.draw_curves RUN."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from lenet.texts import set_language
from lenet.training.curve import write_curves
from lenet.training.history import History
from lenet.training.settings import Settings

FIGURES = Path(__file__).parents[1] / "docs" / "figures"


def draw_curves(run: Path) -> None:
    """Draw `curve.svg` and `curve.zh.svg` in docs/figures.

    Args:
        run: the folder of a finished run.
    """
    history = History.read(run / "history.jsonl")
    epochs = Settings.read(run / "recipe.toml").recipe.epochs
    for language, name in (("en", "curve.svg"), ("zh", "curve.zh.svg")):
        set_language(language)
        with tempfile.TemporaryDirectory() as folder:
            write_curves(history, epochs, len(history.losses) // epochs, Path(folder))
            (FIGURES / name).write_bytes((Path(folder) / "curve.svg").read_bytes())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    draw_curves(parser.parse_args().run)
