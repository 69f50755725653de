"""A measurement of speed as bars: for each figure the kernels and every framework at its fastest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lenet.bench.speed import FIGURES, IMAGES
from lenet.drawing.axes import Axis, draw_bar, draw_title
from lenet.drawing.drawing import Drawing, Words
from lenet.texts import load_texts

WIDTH, LEFT, RIGHT = 760.0, 150.0, 600.0  # where bars begin, and where the longest ends
TOP, ROW, GAP = 66.0, 24.0, 42.0
NAMES = {
    "native": "lenet",
    "reference": "NumPy",
    "pytorch": "PyTorch",
    "onnxruntime": "ONNX Runtime",
    "keras": "Keras",
}


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


def draw_speed(found: Mapping[str, Any], language: str) -> Drawing:
    """A group of bars for each figure, each as long as the time of the same work.

    Args:
        found: what `measure` gave.
        language: of the words, "en" or "zh".
    """
    texts = load_texts(language)
    figures = [figure for figure in FIGURES if figure in found]
    chosen = {figure: choose_fastest(found[figure]) for figure in figures}
    height = TOP + sum(GAP + ROW * len(each) for each in chosen.values())
    drawing = Drawing(WIDTH, height, texts["bench.title"].format(threads=found["threads"]))
    draw_title(drawing, 24, texts["bench.subtitle"])
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
    along = Axis(0, max(times.values()), LEFT, RIGHT)
    for row, (family, (_, median)) in enumerate(chosen.items()):
        own = family == "native"
        shown = 1000 * times[family] * IMAGES if rate else median
        words = texts[f"bench.value_{figure}"].format(value=format_value(shown))
        if not own and "native" in times:
            words += "  " + texts["bench.times"].format(ratio=f"{times[family] / times['native']:.1f}")
        fill = "accent" if own else "soft"
        draw_bar(drawing, along, top + ROW * row, times[family], NAMES[family], words, fill, own)


def format_value(value: float) -> str:
    """A measured number in three figures, or whole with separators from 100 on."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
