"""Pictures of a training: loss and error over the steps, and error against rejection; SVG and PNG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from lenet.drawing.axes import Axes, Axis, Style, bend_near_zero, choose_powers, choose_steps
from lenet.drawing.drawing import Drawing, Line, Words
from lenet.drawing.polyline import DASHED, SOLID, Dot
from lenet.drawing.write import save_picture
from lenet.evaluation import Evaluation
from lenet.texts import load_texts
from lenet.training.history import History

WIDTH, LEFT, RIGHT = 840.0, 59.0, 680.0  # of the paper, and where the axes begin and end on it
PNG_SCALE = 1.5  # pixels for a unit
COLUMNS = 500  # of the faint lines: more steps share a column, which runs from their least to their most
MIDDLE = (10, 90)  # percentiles between which most steps of a column lie
MEDIANS = 150  # points of the running median
WINDOWS = 40  # of the running median beside each other, over the whole training
SPREAD = 5  # how far below the least median the axis of the loss reaches
ERROR_TICKS = (0, 0.25, 0.5, 1, 2, 5, 10, 20, 50, 100)
GAP = 18.0  # from the words at the end of a curve to those of the other one


def write_curves(history: History, epochs: int, steps_per_epoch: int, folder: Path) -> None:
    """Draw a training into `curve.svg` and `curve.png`; equal histories give equal bytes.

    Args:
        history: losses and errors.
        epochs: number of epochs of the whole training.
        steps_per_epoch: number of steps in an epoch.
        folder: the folder to write to.
    Raises:
        FileError: a file cannot be written.
    """
    compose = partial(draw_training, history, epochs, steps_per_epoch)
    for name in ("curve.svg", "curve.png"):
        save_picture(compose, folder / name, scale=PNG_SCALE)


def draw_training(
    history: History, epochs: int, steps_per_epoch: int, language: str, test: float | None = None
) -> Drawing:
    """The loss of every step with its running median, above the errors after every epoch.

    Args:
        history: losses and errors.
        epochs: how far the axis reaches.
        steps_per_epoch: how many steps an epoch has.
        language: of the words, "en" or "zh".
        test: the test error after the last epoch, in percent, where it is to be shown.
    """
    texts = load_texts(language)
    drawing = Drawing(WIDTH, 560, texts["report.curve_title"])
    across = Axis(0, epochs, LEFT, RIGHT)
    _draw_losses(drawing, across, np.array(history.losses, float), steps_per_epoch, texts)
    _draw_errors(drawing, across, history, test, texts)
    return drawing


def _draw_losses(
    drawing: Drawing, across: Axis, losses: np.ndarray, steps_per_epoch: int, texts: Mapping[str, str]
) -> None:
    crowded = len(losses) > 2 * COLUMNS
    title, bottom, top = texts["report.loss_spread" if crowded else "report.loss_title"], 244.0, 45.0
    positive = losses[losses > 0]
    if not len(positive):
        Axes(drawing, across, Axis(0, 1, bottom, top)).draw_frame(title, [])
        return
    losses = np.maximum(losses, positive.min())
    middles, medians = _take_medians(losses)
    low, high = float(medians.min()) / SPREAD, float(losses.max()) * 1.15
    up = Axis(max(low, float(losses.min()) / 1.15), high, bottom, top, np.log10)
    axes = Axes(drawing, across, up)
    axes.draw_frame(title, choose_powers(up.low, up.high))
    at = np.arange(1, len(losses) + 1) / steps_per_epoch
    if crowded:
        parts = np.array_split(losses, COLUMNS)
        at = np.repeat([part.mean() for part in np.array_split(at, COLUMNS)], 2)
        for limits, strength in (((0, 100), 0.2), (MIDDLE, 0.6)):
            column = np.array([np.percentile(part, limits) for part in parts]).ravel()
            axes.draw_curve(at, column, Style("soft", 0.8, strength=strength))
    else:
        axes.draw_curve(at, losses, Style("soft", 0.8, strength=0.55))
    axes.draw_curve(middles / steps_per_epoch, medians, Style())
    axes.draw_end(float(up.place(medians[-1])), texts["report.median"], "ink")


def _take_medians(losses: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Steps, and the median of the losses around each; the window is cut at both ends of the training."""
    half = max(len(losses) // (2 * WINDOWS), 5)
    middles = np.unique(np.linspace(0, len(losses) - 1, MEDIANS).astype(int))
    medians = [np.median(losses[max(at - half, 0) : at + half + 1]) for at in middles]
    return middles + 1.0, np.array(medians)


def _draw_errors(
    drawing: Drawing, across: Axis, history: History, test: float | None, texts: Mapping[str, str]
) -> None:
    numbers = [record.number for record in history.epochs]
    curves = [("training", "ink", [record.training_error for record in history.epochs])]
    validation = [record.validation_error for record in history.epochs]
    measured = [error for error in validation if error is not None]
    if len(measured) == len(numbers):
        curves.append(("validation", "accent", measured))
    if test is not None:
        curves.append(("test", "accent", [test]))
    most = max((max(errors) for *_, errors in curves if errors), default=100.0)
    axes = Axes(drawing, across, Axis(0, max(most * 1.25, 1), 504, 305, bend_near_zero))
    ticks = [tick for tick in ERROR_TICKS if tick <= axes.y.high and (most < 5 or tick not in (0.25, 0.5))]
    axes.draw_frame(
        texts["report.error_title"], ticks, texts["report.epochs_axis"], choose_steps(across.high, least=1)
    )
    if not numbers:
        drawing.add(Words((LEFT + RIGHT) / 2, 410, texts["report.no_epoch"], 14, "soft"))
        return
    ends = _spread_out([float(axes.y.place(errors[-1])) for *_, errors in curves])
    for (name, colour, errors), end in zip(curves, ends, strict=True):
        dashes = DASHED if name == "training" else SOLID
        axes.draw_curve(numbers[-len(errors) :], errors, Style(colour, dashes=dashes, mark="dot"))
        axes.draw_end(end, texts[f"report.{name}_end"].format(error=f"{errors[-1]:.2f}"), colour)


def _spread_out(places: Sequence[float]) -> list[float]:
    """Positions of the labels beside the ends of curves, moved apart so that they do not overlap."""
    apart = np.array(places, float)
    order = np.argsort(-apart, kind="stable")
    for above, below in zip(order[::-1][:-1], order[::-1][1:], strict=True):
        apart[below] = max(apart[below], apart[above] + GAP)
    return (apart - (apart - places).mean()).tolist() if len(places) else []


def draw_rejection(evaluation: Evaluation, language: str) -> Drawing:
    """What is left of the error when the least certain answers are refused.

    Args:
        evaluation: what to draw.
        language: of the words, "en" or "zh".
    Source:
        LeCun et al. 1998, figure 10.
    """
    texts = load_texts(language)
    refused, error = evaluation.rejection_curve()
    wanted = evaluation.rejection_for(evaluation.wanted_error)
    spotless = float(refused[np.flatnonzero(error > 0)[-1]]) if evaluation.wrong else 0.0
    reach = min(100.0, max(5.0, 1.1 * spotless))
    near = refused <= reach
    drawing = Drawing(WIDTH, 320, texts["report.rejection_heading"])
    up = Axis(0, max(1.15 * float(error[near].max()), 2 * evaluation.wanted_error), 262, 38)
    axes = Axes(drawing, Axis(0, reach, LEFT, RIGHT), up)
    words, label = texts["report.rejection_title"], texts["report.refused_axis"]
    axes.draw_frame(words, choose_steps(up.high, 7), label, choose_steps(reach))
    axes.draw_curve(refused[near], error[near], Style())
    if wanted is not None and wanted <= reach:
        at, across = float(up.place(evaluation.wanted_error)), float(axes.x.place(wanted))
        drawing.add(Line((LEFT, at), (RIGHT, at), "accent", dashed=True))
        drawing.add(Dot(across, at, 4.2, "accent"))
        limit = f"{evaluation.wanted_error:g}"
        words = texts["report.wanted_end"].format(error=limit, refused=f"{wanted:.2f}")
        axes.draw_end(at, words, "accent")
    return drawing
