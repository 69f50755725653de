"""Each alternative of the network of 1998 against the original: error over three seeds, and time.

    LENET_DATA=/path/to/mnist python benchmarks/variants.py train
    LENET_DATA=/path/to/mnist python benchmarks/variants.py time
    python benchmarks/variants.py

The first trains what results/variants.json does not hold yet, one network after the other, and measures each
once on the test part, on which nothing is chosen. The second times the same updates of every variant in turn.
The last draws the picture and writes the tables into both documents.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import runpy
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from lenet.architecture import MODERN, ORIGINAL, Architecture
from lenet.data.dataset import load_dataset
from lenet.drawing.drawing import Box, Drawing, Line, Words, write_svg
from lenet.engines.native.engine import NativeEngine
from lenet.parameters import initialize_parameters
from lenet.randomness import draw_order
from lenet.storage import write_text
from lenet.training.recipe import load_recipe
from lenet.training.run import train

ROOT = Path(__file__).parents[1]
PROVENANCE = runpy.run_path(str(ROOT / "benchmarks/provenance.py"))
RESULTS = ROOT / "benchmarks" / "results" / "variants.json"
PAGES = {"en": ROOT / "docs" / "variants.md", "zh": ROOT / "docs" / "variants.zh.md"}
FOLDER = ROOT / "docs" / "figures"
FIGURES = {"en": FOLDER / "variants.svg", "zh": FOLDER / "variants.zh.svg"}
SEEDS, THREADS = (0, 1, 2), 2
LEARNT = 10.0  # percent; above it a training came to nothing, and its dot would be off the picture


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
TEXTS: dict[str, dict[str, str]] = {
    "en": {
        "original": "original",
        "logistic": "sigmoid (logistic)",
        "relu": "ReLU",
        "max": "maximum pooling",
        "average": "average pooling",
        "full": "C3 reads every map",
        "linear": "softmax output",
        "mse": "loss: MSE",
        "map": "loss: MAP",
        "modern": "ReLU, maximum, full C3, softmax",
        "errors": "| variant | flags | validation error, % | mean | test error, % | mean |",
        "costs": "| variant | parameters | connections | an epoch, s | times the original |",
        "none": "none",
        "errors_made": "The seeds {seeds} in their order, and their mean. `{command}` at {commit}; {machine}.",
        "costs_made": "An epoch is the updates on 55,000 images, without measuring errors, on two threads: the lower "
        "quartile of {rounds} rounds of {steps} updates, all variants in turn. Other programs took part of the two cores meanwhile, "
        "so that the medians are {low:.0f} to {high:.0f}% higher. `{command}` at {commit}; {machine}.",
        "title": "Every alternative against the original",
        "subtitle": "error on 5,000 validation digits, %: a square for each of three seeds, a bar at their mean",
        "failed": "one at {error:.1f}",
    },
    "zh": {
        "original": "原网络",
        "logistic": "sigmoid（logistic）",
        "relu": "ReLU",
        "max": "最大池化",
        "average": "平均池化",
        "full": "C3 读所有特征图",
        "linear": "softmax 输出",
        "mse": "损失：MSE",
        "map": "损失：MAP",
        "modern": "ReLU、最大池化、C3 全连接、softmax",
        "errors": "| 变体 | 选项 | 验证错误率，% | 平均 | 测试错误率，% | 平均 |",
        "costs": "| 变体 | 参数 | 连接 | 一遍，秒 | 为原网络的倍数 |",
        "none": "无",
        "errors_made": "依次为种子 {seeds}，及其平均。`{command}`，提交 {commit}；{machine}。",
        "costs_made": "一遍指在 55,000 个图像上的全部更新，不含测错误率，用两个线程：各变体轮流，{rounds} 轮、每轮 {steps} 次更新，"
        "取下四分位数。当时另有程序占用这两个核心，中位数因此高 {low:.0f}% 至 {high:.0f}%。`{command}`，提交 {commit}；{machine}。",
        "title": "每种变体与原网络相比",
        "subtitle": "5,000 个验证数字上的错误率，%：每个方块一个种子，共三个，竖线为平均",
        "failed": "另一个 {error:.1f}",
    },
}


def describe_run(command: str) -> dict[str, Any]:
    """What was called, on which commit, and where."""
    made = PROVENANCE["describe_run"](["variants.py", *command.split()])
    # short: it stands in every row of the table
    return made | {"commit": PROVENANCE["name_commit"](7)}


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


def read_results() -> dict[str, Any]:
    """What was measured."""
    return dict(json.loads(RESULTS.read_text("utf-8")))


def read_errors(results: dict[str, Any], name: str, part: str) -> list[float]:
    """A variant's errors on one part, in the order of the seeds."""
    found = results["errors"][name]
    return [found[str(seed)][part] for seed in SEEDS]


def measure_epoch(results: dict[str, Any], name: str) -> float:
    """Seconds that the updates on 55,000 images take: other programs only ever make a round longer."""
    timing = results["timing"]
    lower = statistics.quantiles(timing["seconds"][name], n=4)[0]
    return float(lower * 55_000 / timing["steps"] / timing["batch"])


def name_commits(commits: dict[str, str], texts: dict[str, str]) -> str:
    """The commit that most variants were trained at, then each other one with its variant."""
    usual = statistics.mode(commits.values())
    others = [f"{texts[name]}: {commit}" for name, commit in commits.items() if commit != usual]
    return f"{usual} ({', '.join(others)})" if others else usual


def write_tables(results: dict[str, Any], language: str) -> dict[str, str]:
    """The tables of a page by name, each with what made it below."""
    texts, made, timing = TEXTS[language], results["training"], results["timing"]
    errors, costs = [], []
    for name, (architecture, _, flags) in VARIANTS.items():
        cells = []
        for part in ("validation", "test"):
            values = read_errors(results, name, part)
            cells += [", ".join(f"{value:.2f}" for value in values), f"{statistics.mean(values):.2f}"]
        errors.append([texts[name], f"`{flags}`" if flags else texts["none"], *cells])
        seconds = measure_epoch(results, name)
        counts = [f"{architecture.trainable:,}", f"{architecture.connections_total:,}"]
        ratio = seconds / measure_epoch(results, "original")
        costs.append([texts[name], *counts, f"{seconds:.2f}", f"{ratio:.2f}"])
    each = timing["seconds"].values()
    above = [100 * (statistics.median(values) / statistics.quantiles(values, n=4)[0] - 1) for values in each]
    feet = {
        "errors": texts["errors_made"].format(
            seeds=", ".join(map(str, SEEDS)), commit=name_commits(made["commits"], texts), **made
        ),
        "costs": texts["costs_made"].format(
            rounds=len(next(iter(each))), low=min(above), high=max(above), **timing
        ),
    }
    tables = {}
    for key, rows in (("errors", errors), ("costs", costs)):
        heading = texts[key]
        rule = "|---" * (heading.count("|") - 1) + "|"
        lines = [f"| {' | '.join(row)} |" for row in rows]
        tables[key] = "\n".join([heading, rule, *lines, "", feet[key]])
    return tables


def fill(page: str, tables: dict[str, str]) -> str:
    """A page with its tables written anew, each between `<!-- NAME -->` and `<!-- /NAME -->`."""
    for name, table in tables.items():
        before, begin, rest = page.partition(f"<!-- {name} -->\n")
        _, end, after = rest.partition(f"<!-- /{name} -->")
        if not (begin and end):
            raise ValueError(f"no place for {name}")
        page = f"{before}{begin}{table}\n{end}{after}"
    return page


def draw_variants(results: dict[str, Any], language: str) -> Drawing:
    """A row for each variant: its seeds as dots, their mean as a bar; errors off the scale as numbers."""
    texts, left, right, top, row = TEXTS[language], 260.0, 600.0, 96.0, 30.0
    errors = {name: read_errors(results, name, "validation") for name in VARIANTS}
    end = (
        int(max(error for values in errors.values() for error in values if error < LEARNT) / 0.2) + 1
    ) * 0.2
    bottom = top + row * len(VARIANTS)
    drawing = Drawing(760, bottom + 36, texts["title"])

    def place(error: float) -> float:
        return left + (right - left) * error / end

    drawing.add(
        Words(24, 34, texts["title"], 17, "ink", "start", bold=True),
        Words(24, 56, texts["subtitle"], 12, "soft", "start"),
    )
    for tick in np.arange(0, end + 0.01, 0.2):
        x = place(float(tick))
        drawing.add(Line((x, top - 16), (x, bottom - 8), "line", 0.5))
        drawing.add(Words(x, bottom + 10, f"{tick:.1f}", 12, "soft"))
    own = place(statistics.mean(errors["original"]))
    drawing.add(Line((own, top - 16), (own, bottom - 8), "accent", 1, dashed=True))
    for number, (name, values) in enumerate(errors.items()):
        middle, first = top + row * number, name == "original"
        colour = "accent" if first else "ink"
        drawing.add(Words(left - 12, middle + 4, texts[name], 13, colour, "end", bold=first))
        shown = [error for error in values if error < LEARNT]
        for error in shown:
            drawing.add(Box(place(error) - 3, middle - 3, 6, 6, colour, strength=0.55))
        words = ", ".join(texts["failed"].format(error=error) for error in values if error >= LEARNT)
        if not words:
            drawing.add(Box(place(statistics.mean(shown)) - 1.25, middle - 10, 2.5, 20, colour))
            words = f"{statistics.mean(shown):.2f}"
        drawing.add(Words(right + 16, middle + 4, words, 13, colour, "start", bold=first))
    return drawing


def write_pages() -> None:
    """Draw the picture and write the tables, in both languages."""
    results = read_results()
    for language, page in PAGES.items():
        write_text(FIGURES[language], write_svg(draw_variants(results, language)))
        write_text(page, fill(page.read_text("utf-8"), write_tables(results, language)))


def main() -> None:
    """Train, time, or write the pages."""
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    parser.add_argument("what", nargs="?", choices=("train", "time", "write"), default="write")
    parser.add_argument("--seeds", type=int, nargs="+", default=list(SEEDS), help="train: these only")
    parser.add_argument("--rounds", type=int, default=5, help="time: how often")
    parser.add_argument("--steps", type=int, default=200, help="time: updates a round")
    wanted = parser.parse_args()
    os.environ["LENET_THREADS"] = str(THREADS)
    if wanted.what == "train":
        train_variants(wanted.seeds)
    elif wanted.what == "time":
        time_variants(wanted.rounds, wanted.steps)
    else:
        write_pages()


if __name__ == "__main__":
    main()
