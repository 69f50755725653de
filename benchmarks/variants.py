"""Each alternative of the network of 1998 against the original: error over three seeds, and time.

    LENET_DATA=/path/to/mnist python -m benchmarks.variants train
    LENET_DATA=/path/to/mnist python -m benchmarks.variants time
    python -m benchmarks.variants_tables

The first trains what results/variants.json does not hold yet, one network after the other, and measures each
once on the test part, on which nothing is chosen. The second times the same updates of every variant in turn.
The last draws the picture and writes the tables into both documents.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from benchmarks import provenance
from lenet.architecture import MODERN, ORIGINAL, Architecture
from lenet.data.dataset import load_dataset
from lenet.engines.native.engine import NativeEngine
from lenet.parameters import initialize_parameters
from lenet.randomness import draw_order
from lenet.storage import write_text
from lenet.training.recipe import load_recipe
from lenet.training.run import train

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results" / "variants.json"
SEEDS, THREADS = (0, 1, 2), 2


class Variant(NamedTuple):
    """A network, how its error is measured in training, and how a command asks for both."""

    architecture: Architecture
    loss: str
    flags: str


VARIANTS = {
    "original": Variant(ORIGINAL, "cross-entropy", ""),
    "logistic": Variant(replace(ORIGINAL, activation="logistic"), "cross-entropy", "--activation logistic"),
    "relu": Variant(replace(ORIGINAL, activation="relu"), "cross-entropy", "--activation relu"),
    "max": Variant(replace(ORIGINAL, pooling="max"), "cross-entropy", "--pooling max"),
    "average": Variant(replace(ORIGINAL, pooling="average"), "cross-entropy", "--pooling average"),
    "full": Variant(replace(ORIGINAL, connections="full"), "cross-entropy", "--connections full"),
    "linear": Variant(replace(ORIGINAL, output="linear"), "cross-entropy", "--output linear"),
    "mse": Variant(ORIGINAL, "mse", "--loss mse"),
    "map": Variant(ORIGINAL, "map", "--loss map"),
    "modern": Variant(MODERN, "cross-entropy", "--architecture modern"),
}


def describe_run(command: str) -> dict[str, Any]:
    """What was called, on which commit, and where."""
    made = provenance.describe_run(["variants.py", *command.split()])
    # short: it stands in every row of the table
    return made | {"commit": provenance.name_commit(7)}


@contextmanager
def change_results() -> Iterator[dict[str, Any]]:
    """The results, to be changed by one process at a time, and written whole."""
    folder = os.open(RESULTS.parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        results = json.loads(RESULTS.read_text("utf-8")) if RESULTS.exists() else {"errors": {}}
        yield results
        results["errors"] = {name: results["errors"][name] for name in VARIANTS if name in results["errors"]}
        write_text(RESULTS, json.dumps(results, indent=1) + "\n")
    finally:
        os.close(folder)


def train_variants(seeds: list[int]) -> None:
    """Train what is not there yet."""
    data = load_dataset("mnist", download=False)
    for seed in seeds:
        for name, (architecture, loss, _) in VARIANTS.items():
            with change_results() as results:
                if str(seed) in results["errors"].get(name, {}):
                    continue
            recipe = load_recipe("fast", architecture, loss)
            result = train(data, recipe, architecture=architecture, engine="native", seed=seed)
            last = result.history.epochs[-1]
            assert result.evaluation
            assert last.validation_error is not None
            found = {"validation": round(last.validation_error, 4), "test": round(result.evaluation.error, 4)}
            print(name, seed, found, f"{result.seconds:.0f} s beside other work", flush=True)
            with change_results() as results:
                made = describe_run("train")
                commits = results.get("training", {}).get("commits", {}) | {name: made.pop("commit")}
                results["training"] = made | {"recipe": "fast", "epochs": recipe.epochs, "commits": commits}
                results["errors"].setdefault(name, {})[str(seed)] = found


def time_variants(rounds: int, steps: int) -> None:
    """Time the same updates of every variant, one variant after the other, round by round."""
    data = load_dataset("mnist", download=False).train
    seconds: dict[str, list[float]] = {name: [] for name in VARIANTS}
    runs = {}
    engine = NativeEngine(threads=THREADS)
    for name, (architecture, loss, _) in VARIANTS.items():
        recipe = load_recipe("fast", architecture, loss)
        start = initialize_parameters(architecture, 0, scheme=recipe.initialization)
        runs[name] = engine.start(architecture, start, recipe.update)
    order = draw_order(0, 0, len(data))[: steps * recipe.batch].reshape(steps, recipe.batch)
    for number in range(rounds + 1):
        for name, run in runs.items():
            begun = time.perf_counter()
            run.advance(data.images, data.labels, order, np.full(steps, 1e-4))
            if number:  # the first round warms up
                seconds[name].append(round(time.perf_counter() - begun, 5))
    with change_results() as results:
        timing = describe_run(f"time --rounds {rounds} --steps {steps}")
        results["timing"] = timing | {
            "threads": THREADS,
            "steps": steps,
            "batch": recipe.batch,
            "seconds": seconds,
        }


def main() -> None:
    """Train or time."""
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    parser.add_argument("what", choices=("train", "time"))
    parser.add_argument("--seeds", type=int, nargs="+", default=list(SEEDS), help="train: these only")
    parser.add_argument("--rounds", type=int, default=5, help="time: how often")
    parser.add_argument("--steps", type=int, default=200, help="time: updates a round")
    wanted = parser.parse_args()
    os.environ["LENET_THREADS"] = str(THREADS)
    if wanted.what == "train":
        train_variants(wanted.seeds)
    else:
        time_variants(wanted.rounds, wanted.steps)


if __name__ == "__main__":
    main()
