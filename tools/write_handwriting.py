"""Write the tables of docs/handwriting.md and its Chinese page from benchmarks/results."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from benchmarks.corruptions28 import CORRUPTIONS28
from benchmarks.pages import fill_page

ROOT = Path(__file__).parents[1]
PAGES = {"en": ROOT / "docs" / "handwriting.md", "zh": ROOT / "docs" / "handwriting.zh.md"}
RESULTS = ROOT / "benchmarks" / "results"

HEADINGS = {
    "en": {
        "corruptions": "| picture | error | more than clean | refused | error of the rest |",
        "nondigits": "| picture | no digit found | not certain | taken for a digit | misread |",
        "validation": "| digits | error | refused | error of the rest | calibration error |",
        "scripts": "| picture | no digit found | not certain | taken for a digit |",
        "confidence": "| digits | number | error | calibration error | 99% sure | wrong of these |",
        "people": "| picture | number | wrong | wrong, no doubt shown | refused |",
        "count": "{pictures:,} digits each. ",
        "photograph": "`lenet recognize` on a photo of {pixels} pixels ({megabytes:.1f} MB of JPEG),\n"
        "the whole process, from an installed wheel, nothing else running: {seconds:.2f} s (median of\n"
        "{processes}; {least:.2f} to {most:.2f}), and at most {memory} MiB of memory.\n"
        "Made by `{command}` at {commit} ({machine}).",
        "comma": ", ",
        "clean_up": "| picture | NumPy | kernels, {variant} | times as fast |",
        "clean_up_made": "Milliseconds of processor time, medians of {times}.\n"
        "Of {pictures:,} pictures spoilt in the ways of the first two tables, {equal:,} give the same\n"
        "28x28 bytes, {one_level} differ by one grey level, {more} by more, and {answers} in their\n"
        "label or verdict. Made by `{command}`\n"
        "at {commit} ({machine}).",
        "made": "Made by `{command}` at {commit} ({machine}); network `{network}`, SHA-256 {network_sha256}.",
    },
    "zh": {
        "corruptions": "| 图片 | 错误率 | 比原样多 | 拒识 | 其余的错误率 |",
        "nondigits": "| 图片 | 没有找到数字 | 不确定 | 当成了数字 | 误识 |",
        "validation": "| 图像 | 错误率 | 拒识 | 其余的错误率 | 校准误差 |",
        "scripts": "| 图片 | 没有找到数字 | 不确定 | 当成了数字 |",
        "confidence": "| 数字 | 张数 | 错误率 | 校准误差 | 置信度 99% 以上 | 其中的错误 |",
        "people": "| 图片 | 张数 | 错 | 错而确定 | 拒识 |",
        "count": "每种 {pictures:,} 张。",
        "photograph": "`lenet recognize` 识别一张 {pixels} 像素的照片（JPEG，{megabytes:.1f} MB），"
        "从安装好的 wheel 运行，机器上没有别的工作：整个进程 {seconds:.2f} 秒"
        "（{processes} 次的中位数；{least:.2f} 到 {most:.2f}），内存最多 {memory} MiB。"
        "由 `{command}` 在提交 {commit} 得出（{machine}）。",
        "comma": "，",
        "clean_up": "| 图片 | NumPy | C++ 内核，{variant} | 快几倍 |",
        "clean_up_made": "处理器时间，毫秒，{times} 次的中位数。"
        "按前两张表的各种方式破坏的 {pictures:,} 张图片中，"
        "{equal:,} 张得到相同的 28x28 字节，{one_level} 张差一个灰度级，{more} 张差得更多，"
        "{answers} 张的标签或判断不同。由 `{command}` 在提交 {commit} 得出（{machine}）。",
        "made": "由 `{command}` 在提交 {commit} 得出（{machine}）；`{network}` 的 SHA-256：{network_sha256}",
    },
}
CHINESE = {
    "as stored": "MNIST 原文件",
    "clean": "存成 PNG",
    "inverted": "黑白反转",
    "pasted 0.5x": "缩小到 0.5 倍，放进大图",
    "pasted 1x": "原大小，放进大图",
    "pasted 2x": "放大到 2 倍，放进大图",
    "pasted 4x": "放大到 4 倍，放进大图",
    "pasted 8x": "放大到 8 倍，放进大图",
    "gradient lighting": "光照渐变",
    "paper noise": "纸面噪声",
    "ruled lines": "横格线",
    "JPEG quality 40": "JPEG 质量 40",
    "EXIF rotation": "EXIF 旋转",
    "pen of half thickness": "笔画细一半",
    "pen of double thickness": "笔画粗一倍",
    "slant and rotation": "倾斜与旋转",
    "everything together": "全部一起",
    "tight crop": "紧贴数字裁切",
    "drawing": "手绘",
    "photograph": "照片",
    "tight crop, 5%": "裁切，留 5% 的边",
    "tight crop, 20%": "裁切，留 20% 的边",
    "cell of a table": "表格的一格",
    "paper on a dark table": "深色桌面上的纸",
    "pencil": "铅笔",
    "shot noise": "散粒噪声",
    "impulse noise": "脉冲噪声",
    "glass blur": "毛玻璃模糊",
    "motion blur": "运动模糊",
    "shear": "错切",
    "scale": "缩小",
    "rotate": "旋转",
    "brightness": "变亮",
    "translate": "平移",
    "stripe": "反色条纹",
    "fog": "雾",
    "spatter": "溅点",
    "dotted line": "虚线穿过",
    "zigzag": "折线穿过",
    "canny edges": "只剩轮廓",
    "drawn by ourselves": "我们自己画的",
    "people, drawn": "陌生人手绘",
    "people, paper": "陌生人写在纸上",
    "cells, inside": "表格的格子，框线之内",
    "cells, rules": "表格的格子，连同框线",
    "all 500": "全部 500 张",
    "letters of the 7x12 codes": "7x12 编码中的字母",
    "letters of fonts": "字体中的字母",
    "scribbles": "涂鸦",
    "crops of photographs": "照片的局部",
    "OoIl of the 7x12 codes": "7x12 编码中的 O o I l",
    "OoIl of fonts": "字体中的 O o I l",
    "digits of the 7x12 codes": "数字：7x12 编码中的",
    "digits of fonts": "数字：字体中的",
    "Kannada": "卡纳达文",
    "Arabic": "阿拉伯文",
    "Malayalam": "马拉雅拉姆文",
    "Gurmukhi": "古木基文",
    "Hangul": "谚文",
    "Armenian": "亚美尼亚文",
    "two digits": "两个相连的数字",
    "table rules": "表格线",
    "textures": "纹理",
    "validation digits": "验证集的数字",
    "damaged digits": "损坏的数字",
    "scikit-learn's digits": "scikit-learn 的数字",
    "spoilt pages": "破坏过的页面",
    "corruptions of 28x28": "损坏的 28x28 小图",
    "strangers' pictures": "陌生人的图片",
    "all": "全部 5,000 张",
    "half 1": "前一半，用后一半校准",
    "half 2": "后一半，用前一半校准",
}
ENGLISH = {
    "clean": "clean, as PNG",
    "as stored": "MNIST's own file",
    "all": "all 5,000",
    "half 1": "the first half, calibrated on the second",
    "half 2": "the second half, calibrated on the first",
    "people, drawn": "drawn by strangers",
    "people, paper": "written on paper by strangers",
    "cells, inside": "cells of forms, inside of their rules",
    "cells, rules": "cells of forms, with their rules",
}


def read_results() -> dict[str, Any]:
    """What the benchmarks wrote."""
    names = ("handwriting", "nondigits", "scripts", "confidence", "people", "photograph", "clean_up")
    return {name: json.loads((RESULTS / f"{name}.json").read_text()) for name in names}


def format_tables(results: dict[str, Any], language: str) -> dict[str, str]:
    """Every table of a page, by its name.

    Args:
        results: from `read_results`.
        language: "en" or "zh".
    """
    headings = HEADINGS[language]
    names = CHINESE if language == "zh" else ENGLISH
    handwriting, nondigits = results["handwriting"], results["nondigits"]
    clean = handwriting["results"]["clean"]["error"]
    spoilt = {
        name: (
            names.get(name, name),
            f"{row['error']:.2f}%",
            "" if name in ("as stored", "drawn by ourselves") else f"{row['error'] - clean:+.2f}",
            f"{row['refused']:.2f}%",
            f"{row['error_left']:.2f}%",
        )
        for name, row in handwriting["results"].items()
    }
    rows = {
        "corruptions": [row for name, row in spoilt.items() if name not in CORRUPTIONS28],
        "corruptions28": [row for name, row in spoilt.items() if name in CORRUPTIONS28],
        "people": [
            (names.get(name, name), *(str(row[key]) for key in ("pictures", "wrong", "undoubted", "refused")))
            for name, row in results["people"]["results"].items()
        ],
        "scripts": [
            (names.get(name, name), *(f"{row[verdict]:.1f}%" for verdict in ("none", "unsure", "digit")))
            for name, row in results["scripts"]["evaluation"].items()
        ],
        "confidence": [
            (
                names.get(name, name),
                f"{row['images']:,}",
                f"{row['error']:.2f}%",
                f"{row['calibration_error']:.2f}",
                f"{row['high']:.1f}%",
                f"{row['high_wrong']:.2f}%",
            )
            for name, row in results["confidence"]["results"].items()
        ],
        "nondigits": [
            (
                names.get(name, name),
                *(f"{row[verdict]:.1f}%" for verdict in ("none", "unsure", "digit")),
                f"{row['error']:.1f}%" if "error" in row else "",
            )
            for name, row in nondigits["evaluation"].items()
        ],
        "validation": [
            (
                names[name],
                *(f"{row[key]:.2f}%" for key in ("error", "refused", "error_left")),
                f"{row['calibration_error']:.2f}",
            )
            for name, row in zip(
                ("all", "half 1", "half 2"), [nondigits["validation"], *nondigits["halves"]], strict=True
            )
        ],
    }
    tables = {}
    for name, lines in rows.items():
        heading = headings["corruptions" if name == "corruptions28" else name]
        rule = "|---" * (heading.count("|") - 1) + "|"
        made = handwriting if name.startswith("corruptions") else results.get(name, nondigits)
        foot = headings["made"].format(**made | {"commit": made["commit"][:7]})
        if name.startswith("corruptions"):
            foot = headings["count"].format(**handwriting["results"]["clean"]) + foot
        body = [f"| {' | '.join(line)} |" for line in lines]
        tables[name] = "\n".join([heading, rule, *body, "", foot])
    photograph = results["photograph"]
    values = photograph | {"commit": photograph["commit"][:7], "megabytes": photograph["bytes"] / 1e6}
    tables["photograph"] = headings["photograph"].format(**values)
    return tables | {"clean_up": _format_clean_up(results["clean_up"], headings, names)}


def _format_clean_up(report: dict[str, Any], headings: dict[str, str], names: dict[str, str]) -> str:
    drawing = report["drawing"]
    variant = next(name for name in drawing if name not in ("pixels", "numpy"))  # the fastest comes first
    head = headings["clean_up"].format(variant=variant)
    lines = [head, "|---" * (head.count("|") - 1) + "|"]
    for name in ("drawing", "photograph"):
        row = report[name]
        slow, fast = row["numpy"], row[variant]
        picture = f"{names.get(name, name)}{headings['comma']}{row['pixels']}"
        lines.append(f"| {picture} | {slow:.1f} | {fast:.1f} | {slow / fast:.0f} |")
    foot = headings["clean_up_made"].format(**report | report["parity"] | {"commit": report["commit"][:7]})
    return "\n".join([*lines, "", foot])


if __name__ == "__main__":
    measured = read_results()
    for code, page in PAGES.items():
        page.write_text(fill_page(page.read_text("utf-8"), format_tables(measured, code)), "utf-8")
