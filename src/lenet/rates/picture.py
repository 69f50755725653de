"""The same training at several rates as one picture: each loss beside the causes of its jumps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

from lenet.drawing.axes import (
    SIZE,
    Axes,
    Axis,
    Bend,
    Style,
    choose_powers,
    choose_steps,
    draw_bar,
    draw_title,
    split_width,
)
from lenet.drawing.drawing import Drawing, Words
from lenet.rates.comparison import Comparison, Trial
from lenet.texts import load_texts

WIDTH, TOP, ROW, FOOT = 840.0, 76.0, 156.0, 26.0
LEFT, RIGHT, GAP = 50.0, 560.0, 60.0  # of the losses; between two views of them
CAUSES, CAUSES_RIGHT = 690.0, 785.0  # where the bars of the causes begin, and where 100% ends
TALL = 108.0
WINDOWS = 20  # of the running mean beside each other
LOWEST, HIGHEST = 0.02, 30.0  # losses that the axis reaches at most
SHARES = ("sampling_noise", "step_size", "too_few_points")


class View(NamedTuple):
    """A column of panels: the losses of every trial on one scale.

    Args:
        bend: of the axis.
        limits: its ends, given all finite losses above 0.
        ticks: the numbers at it, between its ends.
    """

    bend: Bend
    limits: Callable[[np.ndarray], tuple[float, float]]
    ticks: Callable[[float, float], list[float]]


def limit_powers(losses: np.ndarray) -> tuple[float, float]:
    """The ends of a logarithmic axis for some losses."""
    if not len(losses):
        return LOWEST, HIGHEST
    least, most = np.clip([losses.min(), losses.max()], LOWEST, HIGHEST).tolist()
    return max(LOWEST, least / 1.3), min(HIGHEST, 1.3 * most)


VIEWS = (View(np.log10, limit_powers, choose_powers),)


def draw_comparison(comparison: Comparison, language: str) -> Drawing:
    """A row for each rate: its loss and, beside it, what its jumps come from.

    Args:
        comparison: what to draw.
        language: of the words, "en" or "zh".
    """
    texts, trials = load_texts(language), comparison.trials
    drawing = Drawing(WIDTH, TOP + len(trials) * ROW + FOOT, texts["rates.title"])
    key = "rates.loss_axis" if comparison.every == 1 else "rates.loss_axis_every"
    draw_title(drawing, LEFT, texts[key].format(every=comparison.every))
    drawing.add(Words(WIDTH - 20, 52, texts["rates.causes"], 12, "soft", "end"))
    losses = np.concatenate([trial.losses for trial in trials])
    losses = losses[np.isfinite(losses) & (losses > 0)]
    columns = list(zip(VIEWS, split_width(LEFT, RIGHT, len(VIEWS), GAP), strict=True))
    for row, trial in enumerate(trials):
        bottom, last = TOP + (row + 1) * ROW - (ROW - TALL) / 2, row == len(trials) - 1
        for number, (view, (left, right)) in enumerate(columns):
            across = Axis(0, len(trial.losses), left, right)
            axes = Axes(drawing, across, Axis(*view.limits(losses), bottom, bottom - TALL, view.bend))
            title = "" if number else _name_trial(trial, texts)
            _draw_frame(axes, title, view, texts["rates.steps_axis"] if last else None)
            _draw_losses(axes, trial, comparison.every, texts)
        _draw_causes(drawing, trial, bottom - TALL, texts)
    return drawing


def _name_trial(trial: Trial, texts: Mapping[str, str]) -> str:
    verdict = texts[f"verdict.{trial.judgement.verdict}"]
    return texts["rates.trial"].format(rate=f"{trial.rate:g}", verdict=verdict)


def _draw_frame(axes: Axes, title: str, view: View, label: str | None) -> None:
    numbers = choose_steps(axes.x.high, least=1) if label else []
    axes.draw_frame(title, view.ticks(axes.y.low, axes.y.high), label, numbers)


def _draw_losses(axes: Axes, trial: Trial, every: int, texts: Mapping[str, str]) -> None:
    """The losses that are drawn (thin), the running mean of all (thick), and where they end too early."""
    steps = np.arange(1, len(trial.losses) + 1)
    finite = int(np.isfinite(trial.losses).cumprod().sum())
    drawn = slice(every - 1, finite, every)
    mark = "dot" if every > 1 else ""
    axes.draw_curve(steps[drawn], trial.losses[drawn], Style("soft", 1.1, strength=0.8, mark=mark, reach=2.2))
    half = max(4, len(steps) // (2 * WINDOWS))
    means = [np.mean(trial.losses[max(0, at - half) : min(finite, at + half + 1)]) for at in range(finite)]
    smooth = trial.judgement.verdict == "smooth"
    axes.draw_curve(steps[:finite], means, Style("ink" if smooth else "accent"))
    if finite < len(steps):
        end = float(axes.x.place(finite))
        early = finite < len(steps) / 2
        words = texts["rates.off"].format(step=finite + 1)
        place = (end + 6 if early else end - 6, axes.y.first - 8)
        axes.drawing.add(Words(*place, words, SIZE, "accent", "start" if early else "end"))


def _draw_causes(drawing: Drawing, trial: Trial, top: float, texts: Mapping[str, str]) -> None:
    along = Axis(0, 1, CAUSES, CAUSES_RIGHT)
    for number, name in enumerate(SHARES):
        share = getattr(trial.shares, name)
        middle = top + (number + 0.5) * TALL / len(SHARES)
        fill = "accent" if name == "step_size" else "soft"
        draw_bar(drawing, along, middle, share, texts[f"rates.{name}"], f"{100 * share:.0f}%", fill, False)
