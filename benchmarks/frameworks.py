"""One training in every engine at hand: the same start, the same order, the same curve.

    LENET_DATA=/path/to/mnist python -m benchmarks.frameworks

writes benchmarks/results/frameworks.json and draws docs/figures/frameworks.svg and frameworks.zh.svg. With
--draw it only draws the results that are there.
"""

from __future__ import annotations

import argparse
import json
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.provenance import name_commit, name_machine
from lenet.architecture import ORIGINAL
from lenet.data.dataset import load_dataset
from lenet.drawing.axes import Axes, Axis, Style, choose_powers, choose_steps, draw_legend, draw_title
from lenet.drawing.drawing import Drawing
from lenet.drawing.polyline import DASH_DOT, DASHED, DOTTED
from lenet.drawing.write import save_picture
from lenet.engines import ENGINES, get_engine
from lenet.errors import MissingExtra
from lenet.parameters import initialize_parameters
from lenet.randomness import draw_order
from lenet.training.recipe import load_recipe

ROOT = Path(__file__).parents[1]
PACKAGES = {"reference": "numpy", "native": "lenet", "pytorch": "torch", "keras": "keras"}
RESULTS = ROOT / "benchmarks" / "results" / "frameworks.json"
FIGURES = {
    language: ROOT / f"docs/figures/frameworks{end}" for language, end in (("en", ".svg"), ("zh", ".zh.svg"))
}
# the curves lie on each other: each one thinner than those below it
STYLES = {
    "reference": Style("line", 5),
    "native": Style("accent", 2.4, DASHED),
    "pytorch": Style("ink", 2, DOTTED),
    "keras": Style("soft", 1.4, DASH_DOT),
}
WINDOW = 9  # batches
LEAST = 1e-9  # relative difference; what is smaller, or none, lies on the lower edge
TEXTS = {
    "en": {
        "title": "One training in every engine",
        "loss": f"Loss, mean of {WINDOW} batches",
        "difference": "Relative difference of each loss from that of reference",
        "updates": "updates",
    },
    "zh": {
        "title": "各个引擎中的同一次训练",
        "loss": f"损失，{WINDOW} 批的平均",
        "difference": "每个损失与 reference 的相对差",
        "updates": "更新次数",
    },
}


def train(name: str, steps: int, batch: int) -> list[float]:
    """The losses of some steps from the usual start, in one engine."""
    data = load_dataset("mnist", download=False).train
    recipe = load_recipe("fast", ORIGINAL)
    start = initialize_parameters(ORIGINAL, 0, scheme=recipe.initialization)
    order = draw_order(0, 0, len(data))[: steps * batch].reshape(steps, batch)
    run = get_engine(name).start(ORIGINAL, start, recipe.update)
    return run.advance(data.images, data.labels, order, np.full(steps, 0.01)).tolist()


def draw(losses: dict[str, list[float]], language: str) -> Drawing:
    """The curves above, how far each lies from the reference's below."""
    texts, count = TEXTS[language], len(losses["reference"])
    drawing = Drawing(840, 480, texts["title"])
    draw_title(drawing, 20)
    draw_legend(drawing, 20, 62, {name: STYLES[name] for name in losses})
    across = Axis(0, count, 64, 815)
    smooth = {name: np.convolve(each, np.ones(WINDOW) / WINDOW, "valid") for name, each in losses.items()}
    upper = Axes(drawing, across, Axis(0, 1.05 * max(each.max() for each in smooth.values()), 270, 116))
    upper.draw_frame(texts["loss"], choose_steps(upper.y.high, 6))
    for name, values in smooth.items():
        upper.draw_curve(np.arange(len(values)) + (WINDOW + 1) / 2, values, STYLES[name])
    gaps = {name: np.abs(np.array(each) / losses["reference"] - 1) for name, each in losses.items()}
    del gaps["reference"]
    highest = max([10 * LEAST, *(gap.max() for gap in gaps.values())])
    lower = Axes(drawing, across, Axis(LEAST, 2 * highest, 432, 326, np.log10))
    numbers = choose_steps(count, 9, least=1)
    lower.draw_frame(texts["difference"], choose_powers(LEAST, lower.y.high), texts["updates"], numbers)
    for name, gap in gaps.items():
        lower.draw_curve(np.arange(1, count + 1), gap, Style(STYLES[name].colour, 1.2, STYLES[name].dashes))
    return drawing


def measure(steps: int, batch: int) -> None:
    """Train in every engine that is here, and write the losses and how far they differ."""
    losses: dict[str, list[float]] = {}
    for name in sorted(ENGINES, key=list(PACKAGES).index):
        try:
            losses[name] = train(name, steps, batch)
        except MissingExtra as missing:
            print(f"{name}: left out. {missing}")
    reference = np.array(losses["reference"])
    found: dict[str, Any] = {
        "command": f"python -m benchmarks.frameworks --steps {steps} --batch {batch}",
        "commit": name_commit(7),
        "machine": name_machine(),
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
    RESULTS.write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    print(json.dumps(found["largest_relative_difference"], indent=1))


def main() -> None:
    """Train and write, unless only the picture is wanted, and draw."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--draw", action="store_true", help="only draw the results that are there")
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--batch", type=int, default=64)
    wanted = parser.parse_args()
    if not wanted.draw:
        measure(wanted.steps, wanted.batch)
    losses = json.loads(RESULTS.read_text("utf-8"))["losses"]
    for language, path in FIGURES.items():
        save_picture(partial(draw, losses), path, language)


if __name__ == "__main__":
    main()
