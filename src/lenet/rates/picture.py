"""The same training at several rates as one picture: each loss beside the causes of its jumps."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lenet.drawing.fonts import find_chinese_font
from lenet.drawing.palette import LIGHT
from lenet.drawing.plots import prepare_drawing, render_svg
from lenet.rates.comparison import Comparison, Trial
from lenet.storage import write_bytes, write_text
from lenet.texts import get_language, load_texts

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH, HEAD, ROW, FOOT = 8.4, 0.25, 1.75, 0.55  # inches
LEFT, RIGHT, CAUSES = 0.075, 0.66, 0.79  # of the width: where the curve begins and ends, and the causes begin
WINDOWS = 20  # of the running mean beside each other
LOWEST, HIGHEST = 0.02, 30.0  # losses that the axis reaches at most
TICKS = (0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30)
SHARES = ("sampling_noise", "step_size", "too_few_points")


def write_picture(comparison: Comparison, path: Path) -> None:
    """Draw a comparison into one file; equal comparisons give equal bytes.

    Args:
        comparison: what to draw.
        path: ends in .svg, which is light or dark as its reader is, or in .png.
    Raises:
        FileError: it cannot be written.
    """
    language = get_language()
    with prepare_drawing():
        if path.suffix.lower() == ".svg":
            write_text(path, render_svg(draw_comparison(comparison, load_texts(language)), "rates"))
            return
        # a PNG is drawn with this machine's fonts: without a Chinese one, its words are English
        known = language if language == "en" or find_chinese_font() else "en"
        content = BytesIO()
        figure = draw_comparison(comparison, load_texts(known))
        figure.savefig(content, format="png", dpi=150, metadata={"Software": None})
    write_bytes(path, content.getvalue())


def draw_comparison(comparison: Comparison, texts: Mapping[str, str]) -> Figure:
    """A row for each rate: its loss and, beside it, what its jumps come from.

    Args:
        comparison: what to draw.
        texts: the sentences of one language.
    """
    from matplotlib.figure import Figure

    rows = len(comparison.trials)
    height = HEAD + rows * ROW + FOOT
    figure = Figure(figsize=(WIDTH, height), facecolor=LIGHT["paper"])
    low, high = _find_limits(comparison)
    for row, trial in enumerate(comparison.trials):
        bottom = (FOOT + (rows - 1 - row) * ROW + 0.12) / height
        tall = (ROW - 0.52) / height
        curve = figure.add_axes((LEFT, bottom, RIGHT - LEFT, tall), facecolor=LIGHT["paper"])
        _draw_curve(curve, trial, comparison.every, texts)
        curve.set_ylim(low, high)
        ticks = [tick for tick in TICKS if low <= tick <= high]
        curve.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
        curve.minorticks_off()
        causes = figure.add_axes((CAUSES, bottom, 0.97 - CAUSES, tall), facecolor=LIGHT["paper"])
        _draw_causes(causes, trial, texts)
        if row < rows - 1:
            curve.tick_params(labelbottom=False)
        else:
            curve.set_xlabel(texts["rates.steps_axis"], color=LIGHT["soft"])
    key = "rates.loss_axis" if comparison.every == 1 else "rates.loss_axis_every"
    words: dict[str, Any] = {"color": LIGHT["soft"], "va": "top"}
    figure.text(LEFT, 1 - 0.12 / height, texts[key].format(every=comparison.every), **words)
    figure.text(0.97, 1 - 0.12 / height, texts["rates.causes"], ha="right", **words)
    return figure


def _find_limits(comparison: Comparison) -> tuple[float, float]:
    losses = np.concatenate([trial.losses[np.isfinite(trial.losses)] for trial in comparison.trials])
    losses = losses[losses > 0]
    if not len(losses):
        return LOWEST, HIGHEST
    return max(LOWEST, float(losses.min()) / 1.3), min(HIGHEST, 1.3 * float(losses.max()))


def _draw_curve(axes: Axes, trial: Trial, every: int, texts: Mapping[str, str]) -> None:
    steps = np.arange(1, len(trial.losses) + 1)
    verdict = texts[f"verdict.{trial.judgement.verdict}"]
    title = texts["rates.trial"].format(rate=f"{trial.rate:g}", verdict=verdict)
    axes.text(0, 1.06, title, transform=axes.transAxes, fontsize=11, fontweight="bold")
    axes.set_yscale("log")
    axes.set_xlim(0, len(steps))
    axes.grid(axis="y")
    drawn = slice(every - 1, None, every)
    marker = "o" if every > 1 else ""
    axes.plot(
        steps[drawn],
        trial.losses[drawn],
        color=LIGHT["soft"],
        linewidth=0.8,
        alpha=0.8,
        marker=marker,
        markersize=3,
    )
    finite = int(np.isfinite(trial.losses).cumprod().sum())
    half = max(4, len(steps) // (2 * WINDOWS))
    means = [np.mean(trial.losses[max(0, at - half) : min(finite, at + half + 1)]) for at in range(finite)]
    fine = trial.judgement.verdict == "smooth"
    axes.plot(steps[:finite], means, color=LIGHT["ink" if fine else "accent"], linewidth=2)
    if finite < len(steps):
        words: dict[str, Any] = {
            "transform": axes.get_xaxis_transform(),
            "color": LIGHT["accent"],
            "fontsize": 9,
        }
        axes.text(finite + 2, 0.06, texts["rates.off"].format(step=finite + 1), **words)


def _draw_causes(axes: Axes, trial: Trial, texts: Mapping[str, str]) -> None:
    values = [100 * getattr(trial.shares, name) for name in SHARES]
    places = np.arange(len(SHARES))[::-1]
    colours = [LIGHT["accent"] if name == "step_size" else LIGHT["soft"] for name in SHARES]
    axes.barh(places, values, height=0.5, color=colours)
    axes.set_yticks(places, [texts[f"rates.{name}"] for name in SHARES], fontsize=9)
    axes.set_xticks([])
    axes.set_xlim(0, 130)
    axes.set_ylim(-0.6, 2.6)
    axes.spines["bottom"].set_visible(False)
    for place, value in zip(places, values, strict=True):
        axes.text(value + 3, place, f"{value:.0f}%", va="center", fontsize=9, color=LIGHT["ink"])
