"""The C file that reads pictures beside `Network.recognize`, on pictures of every kind of `corruptions`.

And its size: code, weights, stack and work buffer. The table of docs/frameworks is made of both.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

import lenet
from benchmarks.corruptions import CORRUPTIONS, corrupt
from benchmarks.pages import fill_page
from benchmarks.provenance import describe_run
from lenet.answer import Answer
from lenet.data.idx import read_idx
from lenet.export.compiler import list_compilers, measure_c, name_compiler
from lenet.export.verify_reader import EXACT, Reading, read_pictures
from lenet.images.read import read_picture
from lenet.storage import write_text

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks/results/reader.json"
DOCUMENTS = {"en": ROOT / "docs/frameworks.md", "zh": ROOT / "docs/frameworks.zh.md"}
HEADINGS = {"en": "| bytes | as it is | with `-DLENET_EXACT` |", "zh": "| 字节 | 默认 | 加 `-DLENET_EXACT` |"}
ROWS = {
    "en": {
        "code": "code",
        "data": "weights and codes of network and judge",
        "stack": "stack, at most",
        "work": "work buffer for a picture of 100x100",
    },
    "zh": {
        "code": "代码",
        "data": "网络与评判网络的权重和编码",
        "stack": "栈，最多",
        "work": "100x100 的图片的工作缓冲区",
    },
}
FEET = {
    "en": "Network `{network}`, {compiler}. Of {pictures:,} pictures, spoilt in every way of the tables in\n"
    "[handwriting.md](handwriting.md), {float} had another label, verdict or reason than in Python, and\n"
    "{exact} with `-DLENET_EXACT`. Made by `{command}` at commit {commit} ({machine}).",
    "zh": "网络 `{network}`，{compiler}。按[手写图片](handwriting.zh.md)各表的各种方式破坏的 {pictures:,} "
    "张图片中，标签、判定或原因与 Python 不同的：默认 {float} 张，加 `-DLENET_EXACT` {exact} 张。"
    "由 `{command}` 在提交 {commit} 得出（{machine}）。",
}


def draw_pictures(images: np.ndarray, each: int) -> list[np.ndarray]:
    """So many digits, spoilt in each way."""
    places = [index * len(images) // each for index in range(each)]
    return [read_picture(corrupt(name, images[place], place)) for name in CORRUPTIONS for place in places]


def compare(answers: list[Answer], readings: list[Reading]) -> dict[str, float]:
    """Count the answers whose label, verdict or reason differs, and find the largest gap of confidences."""
    pairs = list(zip(answers, readings, strict=True))
    gaps = [abs(reading.confidence - (answer.confidence or 0.0)) for answer, reading in pairs]
    return {
        "labels": sum(answer.label != reading.label for answer, reading in pairs),
        "answers": sum(not reading.tells(answer) for answer, reading in pairs),
        "confidence": float(f"{max(gaps):.1e}"),
    }


def format_table(report: dict[str, Any], language: str) -> str:
    """The table of the documents: sizes as it is and exact, and the answers that differ."""
    rows = [
        f"| {row} | {report['float']['size'][name]:,} | {report['exact']['size'][name]:,} |"
        for name, row in ROWS[language].items()
    ]
    counts = {name: report[name]["answers"] for name in ("float", "exact")}
    foot = FEET[language].format(**report | counts | {"commit": report["commit"][:7]})
    return "\n".join([HEADINGS[language], "|---|---|---|", *rows, "", foot])


def main() -> None:
    """Write the counts as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="a folder with MNIST's training images")
    parser.add_argument("--each", type=int, default=28, help="digits spoilt in each way")
    parser.add_argument("--network", default="best")
    parser.add_argument("--out", type=Path, default=RESULTS)
    arguments = parser.parse_args()
    network, command = lenet.load(arguments.network), list_compilers()[0]
    images = read_idx(arguments.data / "train-images-idx3-ubyte.gz")[-5000:]
    pictures = draw_pictures(images, arguments.each)
    answers = network.recognize(pictures)
    report: dict[str, Any] = {"network": arguments.network, "compiler": name_compiler(command)}
    report |= {"pictures": len(pictures)}
    with TemporaryDirectory() as folder:
        path = Path(folder, "lenet5.c")
        lenet.export_c(network, path, reader=True)
        for name, options in {"float": (), "exact": (EXACT,)}.items():
            readings = read_pictures(path, command, pictures, len(network.labels), *options)
            size = measure_c(path, command, True, *options)
            report[name] = compare(answers, readings) | {"size": asdict(size) if size else None}
    report = describe_run(sys.argv) | report
    write_text(arguments.out, json.dumps(report, indent=1) + "\n")
    if arguments.out == RESULTS:
        for language, path in DOCUMENTS.items():
            filled = fill_page(path.read_text("utf-8"), {"reader": format_table(report, language)})
            write_text(path, filled)


if __name__ == "__main__":
    main()
