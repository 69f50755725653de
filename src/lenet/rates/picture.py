"""The same training at several rates as one picture: each loss beside the causes of its jumps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from lenet.drawing.axes import (
    SIZE,
    Axes,
    Axis,
    Bend,
    Style,
    bend_near_zero,
    bend_nothing,
    choose_powers,
    choose_steps,
    draw_bar,
    draw_title,
    split_width,
)
from lenet.drawing.drawing import Drawing, Line, Words
from lenet.drawing.polyline import Dot
from lenet.rates.comparison import Comparison
from lenet.rates.trial import Trial
from lenet.texts import load_texts

WIDTH, TOP, ROW, FOOT = 980.0, 82.0, 178.0, 26.0
LEFT, RIGHT, GAP = 50.0, 660.0, 54.0  # of the losses; between two views of them
ERRORS, ERRORS_RIGHT = 705.0, 940.0  # the errors of the seeds, from 0 to `chance`
CAUSES, CAUSES_RIGHT = 805.0, 895.0  # where the bars of the causes begin, and where 100% ends
TALL = 120.0
DOTS, BARS = 22.0, 52.0  # how far below the top of a row the errors lie, and where the bars begin
PALE = 0.35  # how strong the losses of the other seeds are
WINDOWS = 20  # of the running mean beside each other
LOWEST, HIGHEST = 0.02, 30.0  # losses that the axis reaches at most
SHARES = ("sampling_noise", "step_size", "too_few_points")


class View(NamedTuple):
    """A column of panels: the losses of every trial on one scale.

    Args:
        name: key of what it is called.
        bend: of the axis.
        limits: its ends, given all finite losses above 0.
        ticks: the numbers at it, between its ends.
    """

    name: str
    bend: Bend
    limits: Callable[[np.ndarray], tuple[float, float]]
    ticks: Callable[[float, float], list[float]]


def limit_powers(losses: np.ndarray) -> tuple[float, float]:
    """The ends of a logarithmic axis for some losses."""
    if not len(losses):
        return LOWEST, HIGHEST
    least, most = np.clip([losses.min(), losses.max()], LOWEST, HIGHEST).tolist()
    return max(LOWEST, least / 1.3), min(HIGHEST, 1.3 * most)


def limit_evenly(losses: np.ndarray) -> tuple[float, float]:
    """The ends of a linear axis for some losses, which begins at 0."""
    return 0.0, float(np.clip(losses.max(initial=0.0), LOWEST, HIGHEST)) or HIGHEST


# a logarithmic axis shows how far the loss falls and hides how high it jumps; a linear one the reverse
VIEWS = (
    View("rates.logarithmic", np.log10, limit_powers, choose_powers),
    View("rates.linear", bend_nothing, limit_evenly, lambda _low, high: choose_steps(high, 6)),
)


def draw_comparison(comparison: Comparison, language: str) -> Drawing:
    """A row for each rate: its loss in both views and, beside it, its errors and what its jumps come from.

    Args:
        comparison: what to draw.
        language: of the words, "en" or "zh".
    """
    texts, trials = load_texts(language), comparison.trials
    drawing = Drawing(WIDTH, TOP + len(trials) * ROW + FOOT, texts["rates.title"])
    key = "rates.loss_axis" if comparison.every == 1 else "rates.loss_axis_every"
    draw_title(drawing, LEFT, texts[key].format(every=comparison.every))
    held = texts["rates.held_axis"].format(held=f"{comparison.held:,}")
    drawing.add(Words(ERRORS, 52, held, 12, "soft", "start"))
    drawing.add(Words(ERRORS, 70, texts["rates.causes"], 12, "soft", "start"))
    losses = np.concatenate([trial.first.losses for trial in trials])
    losses = losses[np.isfinite(losses) & (losses > 0)]
    columns = list(zip(VIEWS, split_width(LEFT, RIGHT, len(VIEWS), GAP), strict=True))
    for row, trial in enumerate(trials):
        bottom, last = TOP + (row + 1) * ROW - (ROW - TALL) / 2, row == len(trials) - 1
        for number, (view, (left, right)) in enumerate(columns):
            across = Axis(0, len(trial.first.losses), left, right)
            axes = Axes(drawing, across, Axis(*view.limits(losses), bottom, bottom - TALL, view.bend))
            title = "" if number else _name_trial(trial, texts)
            _draw_frame(axes, title, view, texts["rates.steps_axis"] if last else None)
            if not row:
                drawing.add(Words(right, 70, texts[view.name], 12, "soft", "end"))
            _draw_losses(axes, trial, comparison, texts)
        _draw_errors(drawing, trial, bottom - TALL, comparison, texts)
        _draw_causes(drawing, trial, bottom - TALL + BARS, texts)
    return drawing


def _name_trial(trial: Trial, texts: Mapping[str, str]) -> str:
    verdict = texts[f"verdict.{trial.first.judgement.verdict}"]
    return texts["rates.trial"].format(rate=f"{trial.rate:g}", verdict=verdict)


def _draw_frame(axes: Axes, title: str, view: View, label: str | None) -> None:
    numbers = choose_steps(axes.x.high, least=1) if label else []
    axes.draw_frame(title, view.ticks(axes.y.low, axes.y.high), label, numbers)


def _draw_losses(axes: Axes, trial: Trial, comparison: Comparison, texts: Mapping[str, str]) -> None:
    """The losses that are drawn (thin), the running mean of all (thick), those of the other seeds (pale)."""
    first, every = trial.first, comparison.every
    steps = np.arange(1, len(first.losses) + 1)
    finite = int(np.isfinite(first.losses).cumprod().sum())
    drawn = slice(every - 1, finite, every)
    mark = "dot" if every > 1 else ""
    axes.draw_curve(steps[drawn], first.losses[drawn], Style("soft", 1.1, strength=0.8, mark=mark, reach=2.2))
    for training in reversed(trial.trainings):  # the drawn one on top
        means = _average(training.losses)
        smooth = training.judgement.verdict == "smooth"
        drawn_one = training is first
        style = Style("ink" if smooth else "accent", *(() if drawn_one else (1.4,)))
        axes.draw_curve(steps[: len(means)], means, style if drawn_one else replace(style, strength=PALE))
    if comparison.then is not None:
        half = float(axes.x.place(len(steps) // 2))
        axes.drawing.add(Line((half, axes.y.first), (half, axes.y.last), "line", 1.1))
        words = texts["rates.then_mark"].format(rate=f"{comparison.then:g}")
        axes.drawing.add(Words(half + 5, axes.y.last + 12, words, 12, "soft", "start"))
    if finite < len(steps):
        end = float(axes.x.place(finite))
        early = finite < len(steps) / 2
        words = texts["rates.off"].format(step=finite + 1)
        place = (end + 6 if early else end - 6, axes.y.first - 8)
        axes.drawing.add(Words(*place, words, SIZE, "accent", "start" if early else "end"))


def _average(losses: np.ndarray) -> list[float]:
    """The running mean of the losses up to the first that is not finite."""
    finite = int(np.isfinite(losses).cumprod().sum())
    half = max(4, len(losses) // (2 * WINDOWS))
    return [float(np.mean(losses[max(0, at - half) : min(finite, at + half + 1)])) for at in range(finite)]


def _draw_errors(
    drawing: Drawing, trial: Trial, top: float, comparison: Comparison, texts: Mapping[str, str]
) -> None:
    """The error of each seed as a dot on a line from 0 to 100%, and their mean and range in numbers."""
    along, middle = Axis(0, 100, ERRORS, ERRORS_RIGHT, bend_near_zero), top + DOTS
    best = trial in comparison.good[:1]
    drawing.add(
        Words(ERRORS, top + 4, trial.describe_errors(texts), SIZE, "ink", "start", bold=best),
        Line((along.first, middle), (along.last, middle), "line", 1.1),
    )
    for number in (0, 1, 10, 100):
        at = float(along.place(number))
        drawing.add(Line((at, middle - 4), (at, middle + 4), "line", 1.1))
        drawing.add(Words(at, middle + 17, f"{number}%", 11, "soft"))
    for error in trial.errors:
        drawing.add(Dot(float(along.place(error)), middle, 3.1, "ink" if best else "soft"))


def _draw_causes(drawing: Drawing, trial: Trial, top: float, texts: Mapping[str, str]) -> None:
    along = Axis(0, 1, CAUSES, CAUSES_RIGHT)
    for number, name in enumerate(SHARES):
        share = getattr(trial.first.shares, name)
        middle = top + (number + 0.5) * (TALL - BARS) / len(SHARES)
        fill = "accent" if name == "step_size" else "soft"
        draw_bar(drawing, along, middle, share, texts[f"rates.{name}"], f"{100 * share:.0f}%", fill, False)
