"""A measurement of speed as bars: for each figure the kernels and every framework at its fastest."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

from lenet.bench.speed import FIGURES
from lenet.drawing.drawing import Box, Drawing, Words, draw_png, render_svg
from lenet.drawing.fonts import find_chinese_font
from lenet.storage import write_bytes, write_text
from lenet.texts import get_language, load_texts

WIDTH, LEFT, RIGHT = 760.0, 150.0, 600.0  # where bars begin, and where the longest ends
TOP, ROW, BAR, GAP = 66.0, 24.0, 14.0, 42.0
NAMES = {
    "native": "lenet",
    "reference": "NumPy",
    "pytorch": "PyTorch",
    "onnxruntime": "ONNX Runtime",
    "keras": "Keras",
}


def write_picture(found: Mapping[str, Any], path: Path) -> None:
    """Draw a measurement into one file, in the reader's language.

    Args:
        found: what `measure` gave.
        path: ends in .svg, which is light or dark as its reader is, or in .png.
    Raises:
        FileError: it cannot be written.
    """
    language = get_language()
    if path.suffix.lower() == ".svg":
        write_text(path, render_svg(draw_speed(found, load_texts(language))))
        return
    # a PNG is drawn with this machine's fonts: without a Chinese one, its words are English
    known = language if language == "en" or find_chinese_font() else "en"
    content = BytesIO()
    draw_png(draw_speed(found, load_texts(known))).save(content, format="png")
    write_bytes(path, content.getvalue())


def choose_fastest(timings: Mapping[str, Any]) -> dict[str, tuple[str, float]]:
    """Each framework at its fastest.

    Args:
        timings: of one figure.
    Returns:
        By framework, its fastest way and that one's median, the fastest framework first.
    """
    fastest: dict[str, tuple[str, float]] = {}
    higher = any(timing["unit"] == "images/s" for timing in timings.values())
    for name, timing in sorted(timings.items(), key=lambda item: item[1]["median"], reverse=higher):
        fastest.setdefault(name.partition(" ")[0], (name, timing["median"]))
    return fastest


def draw_speed(found: Mapping[str, Any], texts: Mapping[str, str]) -> Drawing:
    """A group of bars for each figure, each as long as the time of the same work.

    Args:
        found: what `measure` gave.
        texts: the sentences of one language.
    """
    figures = [figure for figure in FIGURES if figure in found]
    chosen = {figure: choose_fastest(found[figure]) for figure in figures}
    height = TOP + sum(GAP + ROW * len(each) for each in chosen.values())
    title = texts["bench.title"].format(threads=found["threads"])
    drawing = Drawing(WIDTH, height, title)
    drawing.add(
        Words(24, 32, title, 17, "ink", "start", bold=True),
        Words(24, 52, texts["bench.subtitle"], 12, "soft", "start"),
    )
    top = TOP
    for figure in figures:
        top += 24
        drawing.add(Words(24, top, texts[f"bench.{figure}"], 13, "ink", "start", bold=True))
        top += GAP - 24
        _draw_group(drawing, chosen[figure], figure, top, texts)
        top += ROW * len(chosen[figure])
    return drawing


def _draw_group(
    drawing: Drawing,
    chosen: Mapping[str, tuple[str, float]],
    figure: str,
    top: float,
    texts: Mapping[str, str],
) -> None:
    """One bar for each framework; speeds become times, so that shorter is better everywhere."""
    rate = figure == "batch_recognition"
    times = {family: 1 / median if rate else median for family, (_, median) in chosen.items()}
    longest = max(times.values())
    for row, (family, (_, median)) in enumerate(chosen.items()):
        own = family == "native"
        middle = top + ROW * row
        width = max((RIGHT - LEFT) * times[family] / longest, 1.5)
        bar = Box(LEFT, middle - BAR / 2, width, BAR, "accent" if own else "soft")
        name = Words(LEFT - 8, middle + 4, NAMES[family], 12, "ink", "end", bold=own)
        words = texts[f"bench.value_{figure}"].format(value=format_value(median))
        if not own and "native" in times:
            words += "  " + texts["bench.times"].format(ratio=f"{times[family] / times['native']:.1f}")
        colour = "accent" if own else "ink"
        drawing.add(bar, name, Words(LEFT + width + 8, middle + 4, words, 12, colour, "start", bold=own))


def format_value(value: float) -> str:
    """A measured number in three figures, or whole with separators from 100 on."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
