"""Trainings whose verdict is known from how they were made, to judge those who give verdicts by.

A setting is a network, a batch size and a seed. Its divergence rate is measured by bisection: above it the
training ends knowing nothing. A run's truth is where its rate lies against that, never how its curve looks:

    diverges         at 2 to 6 times the divergence rate
    oscillates       at 0.5 to 0.8 of it: on a quadratic loss, a step overshoots the minimum above a half
    smooth           at 0.01 to 0.1 of it
    crawls           so low that all steps together, made at once, were 0.005 to 0.05 of it
    frozen           at rate 0: crawls, and all that jumps is sampling noise

The cases were committed before the classifier (src/lenet/training/verdicts.py). Seeds from 0 were for tuning
it; seeds from 1000 judged it, once.

    python -m benchmarks.verdicts --seeds 1000-1019 --engine reference --jobs 2
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.provenance import name_commit
from lenet.architecture import MODERN, ORIGINAL, Architecture
from lenet.data.dataset import load_dataset
from lenet.data.examples import Examples
from lenet.engines import get_engine
from lenet.engines.loss import Loss
from lenet.parameters import Parameters, initialize_parameters
from lenet.randomness import draw_order
from lenet.rates.trial import train_at
from lenet.training.recipe import Recipe
from lenet.training.verdicts import VERDICTS, decompose_jumps, judge_losses

STEPS = 200
BATCHES = (16, 32, 64)
BANDS = {"diverges": (2.0, 6.0), "oscillates": (0.5, 0.8), "smooth": (0.01, 0.1)}  # of the divergence rate
CRAWL = (0.005, 0.05)  # rate x steps, of the divergence rate
GROWTH = 1.3  # from rate to rate on the way up to the first one that diverges
PRECISION = 1.1  # the bisection stops when its two ends are this near, as a factor
RATES = (1e-3, 1e3)  # between which the divergence rate is looked for
MEASURED = 500  # training images on which a training is measured in the end
NOTHING = 1e-30  # a rate that no float32 weight feels: the weights are frozen
RESULTS = Path(__file__).parent / "results" / "verdicts.json"


@dataclass(frozen=True)
class Setting:
    """What trainings at several rates have in common, drawn from its seed."""

    seed: int
    architecture: Architecture
    batch: int

    @classmethod
    def draw(cls, seed: int) -> Setting:
        """The setting of a seed."""
        random = np.random.default_rng(seed)
        architecture = (ORIGINAL, MODERN)[random.integers(2)]
        return cls(seed, architecture, int(random.choice(BATCHES)))

    @property
    def recipe(self) -> Recipe:
        """Plain gradient descent; the rate is replaced."""
        scale = 0.1 if self.architecture.output == "rbf" else 1.0
        return Recipe("rates", epochs=1, batch=self.batch, rate=1.0, scale=scale, initialization="variance")

    def start(self) -> Parameters:
        """The parameters that all its trainings begin with."""
        return initialize_parameters(self.architecture, self.seed, scheme="variance")

    def batches(self) -> np.ndarray:
        """(STEPS, batch) indices of training images."""
        count = len(load_examples())
        whole = count // self.batch
        epochs = [draw_order(self.seed, number, count) for number in range(-(-STEPS // whole))]
        return np.concatenate([order[: whole * self.batch].reshape(-1, self.batch) for order in epochs])[
            :STEPS
        ]


@dataclass(frozen=True)
class Case:
    """One run: a rate, and the verdict that is right for it."""

    setting: Setting
    rate: float
    ratio: float  # rate over the measured divergence rate
    truth: str


@cache
def load_examples() -> Examples:
    """scikit-learn's training digits."""
    return load_dataset("digits").train


def diverges(setting: Setting, rate: float, engine_name: str) -> bool:
    """Whether a training ends knowing nothing: its loss no number, or no lower than that of a guess."""
    examples, engine = load_examples(), get_engine(engine_name)
    run = engine.start(setting.architecture, setting.start(), setting.recipe.update)
    with np.errstate(all="ignore"):
        losses = run.advance(examples.images, examples.labels, setting.batches(), np.full(STEPS, rate))
        trained = run.parameters()
        penalties = engine.load(setting.architecture, trained).penalties(examples.images[:MEASURED])
        loss = measure_mean_loss(penalties, examples.labels[:MEASURED], setting.recipe.update.loss)
    guessing = np.log(setting.architecture.classes)
    return not (np.isfinite(losses).all() and np.isfinite(loss) and loss < guessing)


def measure_mean_loss(penalties: np.ndarray, labels: np.ndarray, loss: Loss) -> float:
    """Mean cross-entropy, in float64."""
    logits = -loss.scale * penalties.astype(np.float64)
    logits -= logits.max(axis=1, keepdims=True)
    logs = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    return float(-logs[np.arange(len(labels)), labels].mean())


def measure_divergence_rate(setting: Setting, engine_name: str) -> float:
    """The rate above which a training diverges: raised until it does, then bisected on a logarithmic scale.

    The lower end must learn, so it starts where one that learns is found: a rate can also be too low for
    `STEPS` steps to beat a constant guess.
    """
    low = next(rate for rate in np.geomspace(0.03, RATES[0], 6) if not diverges(setting, rate, engine_name))
    high = GROWTH * low
    while not diverges(setting, high, engine_name):
        low, high = high, GROWTH * high
        if high > RATES[1]:
            raise RuntimeError(f"{setting}: no rate up to {high:g} diverges")
    while high / low > PRECISION:
        middle = float(np.sqrt(low * high))
        low, high = (low, middle) if diverges(setting, middle, engine_name) else (middle, high)
    return float(np.sqrt(low * high))


def make_cases(seed: int, engine_name: str) -> Iterator[Case]:
    """Five runs of one setting, one of each kind; their rates are drawn from the seed, too."""
    setting = Setting.draw(seed)
    limit = measure_divergence_rate(setting, engine_name)
    random = np.random.default_rng([seed, 1])
    for truth, ends in BANDS.items():
        ratio = float(np.exp(random.uniform(*np.log(ends))))
        yield Case(setting, ratio * limit, ratio, truth)
    ratio = float(np.exp(random.uniform(*np.log(CRAWL)))) / STEPS
    yield Case(setting, ratio * limit, ratio, "crawls")
    yield Case(setting, NOTHING, 0.0, "frozen")


def judge_case(case: Case, engine_name: str) -> dict[str, Any]:
    """Make the run, and let the classifier say what it was: with what `lenet rates` measures, and without."""
    setting, engine = case.setting, get_engine(engine_name)
    recipe = setting.recipe.changed(rate=case.rate)
    steps = list(train_at(engine, setting.start(), recipe, load_examples(), setting.batches()))
    losses = np.array([loss for _, loss, _ in steps])
    frozen = np.array([loss for _, _, loss in steps[: STEPS - 1]])
    guess = math.log(setting.architecture.classes)
    shares = decompose_jumps(losses, frozen[: len(losses) - 1])
    return {
        "seed": setting.seed,
        "activation": setting.architecture.activation,
        "batch": setting.batch,
        "rate": case.rate,
        "ratio": case.ratio,
        "truth": case.truth,
        "verdict": judge_losses(losses, guess, frozen[: len(losses) - 1]).verdict,
        "from_losses_alone": judge_losses(losses, guess).verdict,
        "sampling_noise": shares.sampling_noise,
        "step_size": shares.step_size,
    }


def judge_seed(seed: int, engine_name: str) -> list[dict[str, Any]]:
    """All runs of one setting."""
    return [judge_case(case, engine_name) for case in make_cases(seed, engine_name)]


def format_table(rows: list[dict[str, Any]], which: str) -> str:
    """The confusion table as Markdown: a row for each truth, a column for each verdict."""
    counts = Counter((row["truth"], row[which]) for row in rows)
    lines = [f"| truth | {' | '.join(VERDICTS)} |", f"|---|{'---|' * len(VERDICTS)}"]
    for truth in (*BANDS, "crawls", "frozen"):
        cells = (str(counts[truth, verdict] or "·") for verdict in VERDICTS)
        lines.append(f"| {truth} | {' | '.join(cells)} |")
    return "\n".join(lines)


def count_right(rows: list[dict[str, Any]], which: str) -> int:
    """How many verdicts are the truth."""
    return sum(row[which] == ("crawls" if row["truth"] == "frozen" else row["truth"]) for row in rows)


def main() -> None:
    """Judge the runs of some seeds and print the confusion tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", default="0-23", help="first-last")
    parser.add_argument("--engine", default="reference")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--save", action="store_true", help=f"into {RESULTS.name}")
    options = parser.parse_args()
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before the workers import NumPy anew
    first, last = map(int, options.seeds.split("-"))
    rows: list[dict[str, Any]] = []
    with ProcessPoolExecutor(options.jobs) as pool:
        for found in pool.map(partial(judge_seed, engine_name=options.engine), range(first, last + 1)):
            rows += found
            wrong = [
                f"{row['truth']} taken for {row['verdict']}"
                for row in found
                if count_right([row], "verdict") == 0
            ]
            print(f"seed {found[0]['seed']}: {', '.join(wrong) or 'all right'}", flush=True)
    for which in ("verdict", "from_losses_alone"):
        print(f"\n{which}: {count_right(rows, which)} of {len(rows)} right\n\n{format_table(rows, which)}")
    if options.save:
        command = f"python -m benchmarks.verdicts --seeds {options.seeds} --engine {options.engine} --save"
        result = {"command": command, "commit": name_commit(), "machine": platform.platform(), "rows": rows}
        RESULTS.parent.mkdir(exist_ok=True)
        RESULTS.write_text(json.dumps(result, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
