"""Tables and pictures of speed, made from results/speed.json, for the READMEs and docs/speed.md."""

import statistics
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.pages import fill_page
from lenet.bench.picture import NAMES, choose_fastest, draw_speed, format_value
from lenet.bench.speed import FIGURES, UNITS
from lenet.drawing.write import save_picture
from lenet.texts import load_texts

ROOT = Path(__file__).parents[1]
DOCUMENTS = {  # language, and whether the tables are whole
    "README.md": ("en", False),
    "README.zh-CN.md": ("zh", False),
    "docs/speed.md": ("en", True),
    "docs/speed.zh.md": ("zh", True),
}
PLACE = "made by benchmarks/speed.py"
WORDS: dict[str, Any] = {
    "en": {
        "what": "what",
        "row": "{figure}, {unit}",
        "title": "**{network}: {figure}** ({unit})",
        "fastest": "the fastest other",
        "ratio": "ratio",
        "best_ratio": "ratio of the best rounds",
        "range": "{} to {}",
        "way": "way",
        "median": "median",
        "low": "min",
        "high": "max",
        "first": "first call",
        "peak": "Multiply-adds on one thread: {peak:.0f} GFLOP/s, {clock:.0f}% of the maximum at {ghz:.2f} GHz. "
        "Training with batches of 64 on two threads reaches {share:.0f}% of the peak of both.",
        "train": "`lenet train`, whole process: {network}, recipe `{recipe}`, {epochs} epochs",
        "train_value": "{accuracy:.2f}% in {seconds:.1f} s",
        "train_spread": "{low:.2f} to {high:.2f}%, {fast:.1f} to {slow:.1f} s",
        "train_head": ("", "test accuracy, median of 5 seeds", "spread"),
        "cold": "Recognizing one PNG on the command line, a new process each time: {median:.2f} s (median of 10, "
        "{low:.2f} to {high:.2f}).",
        "online": "20 epochs of the method of 1998 (one sample per update, the curvature measured before each epoch and two "
        "errors after it): {seconds:.0f} s.",
        "distorted": "An epoch with batches of 64 takes {plain:.2f} s on the original images, {affine:.2f} s with the affine distortions of "
        "the recipe `1998-distorted`, and {elastic:.2f} s with elastic distortions added to them.",
        "shared": "While another process keeps one of the two cores busy, an epoch takes {two_64:.2f} s on two threads and {one_64:.2f} s "
        "on one with batches of 64, and {two_1:.2f} s and {one_1:.2f} s with one sample per update. Without the other process, one "
        "thread takes {undisturbed_64:.2f} s and {undisturbed_1:.2f} s.",
        "memory": "Peak memory of `lenet train` on as many images as MNIST has: {megabytes:.0f} MB.",
        "machine": "Measured on {machine}; {versions}; commit {commits}, {dates}, {rounds} alternating "
        "rounds, two threads.",
        "spread": "The rounds of one measurement of `native` differed by up to a factor of {factor:.1f}.",
        "apart": "The host moves the two virtual cores: before {apart} of the {rounds} rounds a cache line took more than "
        "{limit} ns from one to the other (median {apart_ns:.0f}; else {near_ns:.0f}). With batches of 64, an epoch of the network of "
        "1998 took {apart_s:.2f} s then, and {near_s:.2f} s in the other rounds.",
        "original": "The network of 1998",
        "modern": "What tutorials call LeNet-5 (`--architecture modern`)",
    },
    "zh": {
        "what": "项目",
        "row": "{figure}（{unit}）",
        "title": "**{network}：{figure}**（{unit}）",
        "fastest": "其他框架中最快的",
        "ratio": "倍数",
        "best_ratio": "最好的一次",
        "range": "{} 至 {}",
        "way": "写法",
        "median": "中位数",
        "low": "最小",
        "high": "最大",
        "first": "首次调用",
        "peak": "单线程乘加：{peak:.0f} GFLOP/s，为 {ghz:.2f} GHz 理论值的 {clock:.0f}%。批量大小 64 的训练在两个线程上用到其中的 "
        "{share:.0f}%。",
        "train": "`lenet train` 整个进程：{network}，配方 `{recipe}`，{epochs} 轮",
        "train_value": "{accuracy:.2f}%，{seconds:.1f} 秒",
        "train_spread": "{low:.2f} 至 {high:.2f}%，{fast:.1f} 至 {slow:.1f} 秒",
        "train_head": ("", "测试准确率，5 个种子的中位数", "范围"),
        "cold": "用命令识别一个 PNG，每次新进程：{median:.2f} 秒（10 次的中位数，{low:.2f} 至 {high:.2f}）。",
        "online": "1998 年的方法训练 20 轮（每个样本更新一次，每轮之前测曲率，每轮之后测两种错误率）：{seconds:.0f} 秒。",
        "distorted": "批量大小 64 训练一轮：用原图 {plain:.2f} 秒；像配方 `1998-distorted` 那样边训练边变形 {affine:.2f} 秒；"
        "再加弹性变形 {elastic:.2f} 秒。",
        "shared": "当另一个进程占满两个核心之一时，训练一轮：批量大小 64 用两个线程 {two_64:.2f} 秒，用一个线程 {one_64:.2f} 秒；"
        "每个样本更新一次分别为 {two_1:.2f} 秒和 {one_1:.2f} 秒；没有那个进程时一个线程为 {undisturbed_64:.2f} 秒和 "
        "{undisturbed_1:.2f} 秒。",
        "memory": "完整的一次 `lenet train`（图像数与 MNIST 相同）的内存峰值：{megabytes:.0f} MB。",
        "machine": "测量于 {machine}；{versions}；提交 {commits}，{dates}，每项交替测量 {rounds} 次，两个线程。",
        "spread": "同一项 `native` 的各次测量之间最多相差 {factor:.1f} 倍。",
        "apart": "宿主机会移动这两个虚拟核心：{rounds} 次测量中有 {apart} 次，开始前一条缓存行从一个核心到另一个要用 {limit} 纳秒以上（中位数 "
        "{apart_ns:.0f}；其余 {near_ns:.0f}）。那时 1998 年的网络以批量大小 64 训练一轮用 {apart_s:.2f} 秒，其余 {near_s:.2f} 秒。",
        "original": "1998 年的网络",
        "modern": "教程中的 LeNet-5（`--architecture modern`）",
    },
}


def write_documents(results):
    """Put tables and pictures where they belong."""
    for name, (language, whole) in DOCUMENTS.items():
        path = ROOT / name
        text = path.read_text("utf-8")
        path.write_text(fill_page(text, {PLACE: build(results, language, whole)}), "utf-8")
    for language, end in (("en", ""), ("zh", ".zh")):
        path = ROOT / "docs" / "figures" / f"speed{end}.svg"
        save_picture(partial(draw_speed, results["original"]), path, language)


def build(results, language, whole):
    """The block of a document: short for the READMEs, whole for docs/speed.md."""
    words, texts = WORDS[language], load_texts(language)
    parts = []
    networks = [network for network in ("original", "modern") if network in results]
    for network in networks:
        parts += [f"**{words[network]}**", build_comparison(results[network], words, texts)]
    parts.append(build_trainings(results["train"], words) if "train" in results else "")
    parts += build_sentences(results, words)
    if whole:
        for network in networks:
            for figure in filter(results[network].__contains__, FIGURES):
                values = {"figure": texts[f"bench.{figure}"], "unit": UNITS[figure]}
                title = words["title"].format(network=words[network], **values)
                parts += [title, build_whole(results[network][figure], words)]
    return "\n\n".join(filter(None, parts))


def build_comparison(found, words, texts):
    """A row for each figure: the kernels beside the fastest framework, in medians and in the best rounds.

    Whatever else goes on in the machine and beside it only slows; the best round of each has least of it.
    """
    heading = [words["what"], "`native`", words["fastest"], words["ratio"], words["best_ratio"]]
    rows = [f"| {' | '.join(heading)} |", "|---|---|---|---|---|"]
    for figure in filter(found.__contains__, FIGURES):
        fastest = choose_fastest(found[figure])
        own = fastest.pop("native")[1]
        fastest.pop("reference")
        family, (way, other) = next(iter(fastest.items()))
        larger_wins = UNITS[figure] == "images/s"
        best = max if larger_wins else min
        own_best = best(found[figure]["native"]["values"])
        others = [key for key in found[figure] if key.split()[0] not in ("native", "reference")]
        other_best = best(value for key in others for value in found[figure][key]["values"])
        ratio, best_ratio = (
            a / b if larger_wins else b / a for a, b in ((own, other), (own_best, other_best))
        )
        shown = f"{format_value(other)}, {NAMES[family]} ({way.partition(' ')[2]})".replace(" ()", "")
        title = words["row"].format(figure=texts[f"bench.{figure}"], unit=UNITS[figure])
        rows.append(f"| {title} | {format_value(own)} | {shown} | {ratio:.1f} | {best_ratio:.1f} |")
    return "\n".join(rows)


def say_rounds(results, words):
    """How many rounds there were, from the least to the most of all figures."""
    counts = [
        ways["native"]["rounds"]
        for network in ("original", "modern")
        for figure, ways in results.get(network, {}).items()
        if figure in FIGURES
    ]
    return words["range"].format(min(counts), max(counts)) if min(counts) < max(counts) else str(counts[0])


def build_trainings(trainings, words):
    """A row for each recipe."""
    rows = ["| " + " | ".join(words["train_head"]) + " |", "|---|---|---|"]
    for name, found in trainings.items():
        network, recipe = name.split()
        title = words["train"].format(network=network, recipe=recipe, epochs=found["epochs"])
        value = words["train_value"].format(
            accuracy=found["median_accuracy"], seconds=found["median_seconds"]
        )
        spread = words["train_spread"].format(
            low=min(found["accuracies"]),
            high=max(found["accuracies"]),
            fast=min(found["seconds"]),
            slow=max(found["seconds"]),
        )
        rows.append(f"| {title} | {value} | {spread} |")
    return "\n".join(rows)


def build_sentences(results, words):
    """Peak, cold start, the online method, memory, how even the rounds were, and where that was measured."""
    original, runs = results["original"], results["runs"]
    share = 100 * original["share_of_peak"]["train_64"]
    values = {"peak": original["fma_peak_gflops"], "clock": 100 * original["share_of_clock"]}
    yield words["peak"].format(**values, ghz=original["clock_ghz"], share=share)
    if "cold" in results:
        seconds = results["cold"]["values"]
        median = results["cold"]["median"]
        yield words["cold"].format(median=median, low=min(seconds), high=max(seconds))
    if "online" in results:
        yield words["online"].format(**results["online"])
    if "distorted" in results:
        kinds = results["distorted"]
        yield words["distorted"].format(**{name: found["median"] for name, found in kinds.items()})
    if "shared" in results:
        medians = {
            f"{name}_{figure.partition('_')[2]}": found["median"]
            for figure, ways in results["shared"].items()
            for name, found in ways.items()
        }
        yield words["shared"].format(**medians)
    if "memory" in results:
        yield words["memory"].format(**results["memory"])
    timings = [original[figure]["native"] for figure in FIGURES]
    yield words["spread"].format(factor=max(timing["high"] / timing["low"] for timing in timings))
    yield say_apart(results, words)
    run = runs["original:train_64"]
    yield words["machine"].format(
        machine=run["machine"],
        versions=", ".join(f"{name} {version}" for name, version in run["versions"].items()),
        commits=", ".join(sorted({each["commit"] for each in runs.values()})),
        dates=", ".join(sorted({each["date"] for each in runs.values()})),
        rounds=say_rounds(results, words),
    )


APART = 100  # ns: cores that share a cache are well below


def say_apart(results, words):
    """How the rounds in which the cores shared no cache differ from the others; nothing where all were alike."""
    meetings = [
        value
        for network in ("original", "modern")
        for values in results.get(network, {}).get("meeting_ns", {}).values()
        for value in values
    ]
    if not meetings:
        return ""
    timed = results["original"]["meeting_ns"]["train_64"]
    pairs = list(zip(timed, results["original"]["train_64"]["native"]["values"], strict=True))
    apart, near = ([pair for pair in pairs if (pair[0] > APART) == far] for far in (True, False))
    if not apart or not near:
        return ""
    return words["apart"].format(
        limit=APART,
        apart=sum(value > APART for value in meetings),
        rounds=len(meetings),
        apart_ns=statistics.median(value for value in meetings if value > APART),
        near_ns=statistics.median(value for value in meetings if value <= APART),
        apart_s=statistics.median(seconds for _, seconds in apart),
        near_s=statistics.median(seconds for _, seconds in near),
    )


def build_whole(timings, words):
    """Every way of one figure, with its spread."""
    columns = [words[name] for name in ("way", "median", "low", "high", "first")]
    rows = ["| " + " | ".join(columns) + " |", "|---|--:|--:|--:|--:|"]
    for name, timing in timings.items():
        cells = [format_value(timing[column]) for column in ("median", "low", "high")]
        rows.append(f"| {name} | {' | '.join(cells)} | {timing['first_call_s']:.2f} s |")
    return "\n".join(rows)
