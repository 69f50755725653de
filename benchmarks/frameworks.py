"""One training in every engine at hand: the same start, the same order, the same curve.

    LENET_DATA=/path/to/mnist python benchmarks/frameworks.py

writes benchmarks/results/frameworks.json and docs/figures/frameworks.svg.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from lenet.architecture import ORIGINAL
from lenet.data.dataset import load_dataset
from lenet.drawing.palette import LIGHT
from lenet.drawing.plots import prepare_drawing, render_svg
from lenet.engines import ENGINES, get_engine
from lenet.errors import MissingExtra
from lenet.parameters import initialize_parameters
from lenet.randomness import draw_order
from lenet.training.recipe import load_recipe

ROOT = Path(__file__).parents[1]
PACKAGES = {"reference": "numpy", "native": "lenet", "pytorch": "torch", "keras": "keras"}
STYLES = {"reference": ("-", 3.2), "native": ("--", 1.6), "pytorch": (":", 1.8), "keras": ("-.", 1.2)}


def train(name: str, steps: int, batch: int) -> list[float]:
    """The losses of some steps from the usual start, in one engine."""
    data = load_dataset("mnist", download=False).train
    recipe = load_recipe("fast", ORIGINAL)
    start = initialize_parameters(ORIGINAL, 0, scheme=recipe.initialization)
    order = draw_order(0, 0, len(data))[: steps * batch].reshape(steps, batch)
    run = get_engine(name).start(ORIGINAL, start, recipe.update)
    return run.advance(data.images, data.labels, order, np.full(steps, 0.01)).tolist()


def draw(losses: dict[str, list[float]], path: Path) -> None:
    """The curves above, how far each lies from the reference's below."""
    with prepare_drawing():
        from matplotlib.figure import Figure

        figure = Figure(figsize=(8.4, 4.6), facecolor=LIGHT["paper"])
        upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2))
        window = np.ones(9) / 9
        for number, (name, values) in enumerate(losses.items()):
            style, width = STYLES[name]
            color = LIGHT["line"] if not number else LIGHT[("accent", "ink", "soft")[number - 1]]
            smooth = np.convolve(values, window, "valid")
            upper.plot(np.arange(len(smooth)) + 5, smooth, style, lw=width, color=color, label=name)
            if number:
                gap = np.abs(np.array(values) / np.array(losses["reference"]) - 1)
                lower.semilogy(np.arange(len(gap)) + 1, gap + 1e-12, style, lw=1, color=color, label=name)
        upper.set_ylabel("loss, mean of 9 batches")
        lower.set_ylabel("relative difference\nfrom the reference")
        lower.set_ylim(1e-9, 1)
        lower.set_xlabel("updates")
        for axes in (upper, lower):
            axes.set_facecolor(LIGHT["paper"])
            axes.legend(frameon=False, ncols=4, loc="upper right")
            axes.spines[["top", "right"]].set_visible(False)
        figure.subplots_adjust(0.1, 0.11, 0.98, 0.97)
        path.write_text(render_svg(figure, "frameworks"), "utf-8")


def main() -> None:
    """Train, write, draw, print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks" / "results" / "frameworks.json")
    parser.add_argument("--figure", type=Path, default=ROOT / "docs" / "figures" / "frameworks.svg")
    wanted = parser.parse_args()
    losses: dict[str, list[float]] = {}
    for name in sorted(ENGINES, key=list(PACKAGES).index):
        try:
            losses[name] = train(name, wanted.steps, wanted.batch)
        except MissingExtra as missing:
            print(f"{name}: left out. {missing}")
    reference = np.array(losses["reference"])
    found: dict[str, Any] = {
        "command": f"python benchmarks/frameworks.py --steps {wanted.steps} --batch {wanted.batch}",
        "commit": subprocess.check_output(
            ["git", "rev-parse", "--short", "HEAD"], text=True, cwd=ROOT
        ).strip(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}",
        "setting": "original, recipe fast at a constant rate of 0.01, MNIST, seed 0",
        "versions": {name: f"{PACKAGES[name]} {version(PACKAGES[name])}" for name in losses},
        "largest_relative_difference": {
            name: {
                "first 20": float(np.abs(np.array(values) / reference - 1)[:20].max()),
                "all": float(np.abs(np.array(values) / reference - 1).max()),
            }
            for name, values in losses.items()
            if name != "reference"
        },
        "losses": {name: [round(value, 9) for value in values] for name, values in losses.items()},
    }
    wanted.out.write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    draw(losses, wanted.figure)
    print(json.dumps(found["largest_relative_difference"], indent=1))


if __name__ == "__main__":
    main()
