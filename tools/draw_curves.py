"""Draw the curves of a finished run for the README, in both languages: python -m tools.draw_curves RUN."""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path

from lenet.drawing.write import save_picture
from lenet.network import Network
from lenet.training.curve import draw_training
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
    test = Network.load(run / "network.safetensors").card["test_error"]
    compose = partial(draw_training, history, epochs, len(history.losses) // epochs, test=test)
    for language, name in (("en", "curve.svg"), ("zh", "curve.zh.svg")):
        save_picture(compose, FIGURES / name, language)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    draw_curves(parser.parse_args().run)
