"""The tables and the picture of the variants, made from results/variants.json, for both documents."""

from __future__ import annotations

import json
import statistics
from functools import partial
from typing import Any

import numpy as np

from benchmarks.pages import fill_page
from benchmarks.variants import RESULTS, ROOT, SEEDS, VARIANTS
from lenet.drawing.axes import draw_title
from lenet.drawing.drawing import Box, Drawing, Line, Words
from lenet.drawing.write import save_picture
from lenet.storage import write_text

PAGES = {"en": ROOT / "docs" / "variants.md", "zh": ROOT / "docs" / "variants.zh.md"}
FOLDER = ROOT / "docs" / "figures"
FIGURES = {"en": FOLDER / "variants.svg", "zh": FOLDER / "variants.zh.svg"}
LEARNT = 10.0  # percent; above it a training came to nothing, and its dot would be off the picture

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
        "costs": "| variant | parameters | connections | s per epoch | times the original |",
        "none": "none",
        "errors_made": "Seeds {seeds} in this order, and their mean. `{command}` at {commit}; {machine}.",
        "costs_made": "An epoch is all updates on 55,000 images on two threads, without measuring errors: the lower quartile of "
        "{rounds} rounds of {steps} updates, all variants in turn. Other programs used part of the two cores, so the medians are "
        "{low:.0f} to {high:.0f}% higher. `{command}` at {commit}; {machine}.",
        "title": "Every alternative against the original",
        "subtitle": "validation error on 5,000 digits, %: a square for each of three seeds, a bar at their mean",
        "failed": "one at {error:.1f}",
    },
    "zh": {
        "original": "原网络",
        "logistic": "sigmoid（logistic）",
        "relu": "ReLU",
        "max": "最大池化",
        "average": "平均池化",
        "full": "C3 读取所有特征图",
        "linear": "softmax 输出",
        "mse": "损失：MSE",
        "map": "损失：MAP",
        "modern": "ReLU、最大池化、C3 全连接、softmax",
        "errors": "| 变体 | 选项 | 验证错误率，% | 平均 | 测试错误率，% | 平均 |",
        "costs": "| 变体 | 参数 | 连接 | 一轮，秒 | 为原网络的倍数 |",
        "none": "无",
        "errors_made": "依次为种子 {seeds}，及其平均。`{command}`，提交 {commit}；{machine}。",
        "costs_made": "一轮指在 55,000 张图像上的全部更新，不含测错误率，用两个线程：各变体轮流，各测 {rounds} 次、每次 {steps} 步更新，"
        "取下四分位数。当时另有程序占用这两个核心，中位数因此高 {low:.0f}% 至 {high:.0f}%。`{command}`，提交 {commit}；{machine}。",
        "title": "每种变体与原网络相比",
        "subtitle": "5,000 张验证图像上的错误率，%：每个方块一个种子，共三个，竖线为平均",
        "failed": "另一个 {error:.1f}",
    },
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


def format_tables(results: dict[str, Any], language: str) -> dict[str, str]:
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

    draw_title(drawing, 24, texts["subtitle"])
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
        save_picture(partial(draw_variants, results), FIGURES[language], language)
        write_text(page, fill_page(page.read_text("utf-8"), format_tables(results, language)))


if __name__ == "__main__":
    write_pages()
