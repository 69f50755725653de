"""The pictures of the experiment: figures 5, 6, 8 and 10 of the paper with ours, and robustness."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from lenet.drawing.palette import LIGHT
from lenet.drawing.plots import prepare_drawing, render_svg
from lenet.reproduction import published
from lenet.reproduction.results import ESTIMATED, name_key

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLUMNS = 12  # of figure 8's digits
PANELS = ("scale", "shift", "rotation", "noise")
STYLES = {"1998": "-", "1998-distorted": "--", "1998-noise": ":"}
Texts = Mapping[str, str]


def draw_pictures(results: Mapping[str, Any], images: np.ndarray, texts: Texts) -> dict[str, str]:
    """Every picture as SVG, by its name.

    Args:
        results: what `collect_results` gave.
        images: (N, 28, 28) uint8, the test digits.
        texts: the sentences of one language.
    """
    pictures: dict[str, Callable[[], Figure]] = {
        "figure-5": lambda: draw_figure_5(results, texts),
        "figure-6": lambda: draw_figure_6(results, texts),
        "rejection": lambda: draw_rejections(results, texts),
        "robustness": lambda: draw_robustness(results, texts),
    }
    if results["figure_8"]:
        pictures["figure-8"] = lambda: draw_figure_8(results, images, texts)
    with prepare_drawing():
        return {name: render_svg(draw(), f"reproduction-{name}") for name, draw in pictures.items()}


def draw_figure_5(results: Mapping[str, Any], texts: Texts) -> Figure:
    """Both curves over the epochs: the paper's as dots, ours as a line for each seed."""
    figure, (left, right) = _make_panels(texts["reproduce.test_title"], texts["reproduce.training_title"])
    for axes, part, curve in (
        (left, "test", published.TEST_CURVE),
        (right, "training", published.TRAINING_CURVE),
    ):
        for kind, colour in (("1998-distorted", LIGHT["soft"]), ("1998", LIGHT["accent"])):
            for number, run in enumerate(results["kinds"].get(kind, {"runs": []})["runs"]):
                label = texts[f"reproduce.line_{name_key(kind)}"] if number == 0 else None
                _plot(axes, np.arange(1, len(run[part]) + 1), run[part], STYLES[kind], colour, label=label)
        numbers = np.arange(1, len(curve) + 1)
        axes.plot(numbers, curve, "o", color=LIGHT["ink"], markersize=5, label=texts["reproduce.line_paper"])
        axes.set_ylim(0, 5.2)
        axes.set_xlim(0.5, len(curve) + 0.5)
        axes.set_xticks([1, 5, 10, 15, 20])
        axes.set_xlabel(texts["reproduce.epochs"], color=LIGHT["soft"])
    right.legend(frameon=False, loc="upper right")
    return figure


def draw_figure_6(results: Mapping[str, Any], texts: Texts) -> Figure:
    """Error against the number of training images, published beside ours."""
    figure, (left, right) = _make_panels(texts["reproduce.test_title"], texts["reproduce.training_title"])
    parts = (("test", published.TEST_ERRORS), ("training", published.TRAINING_ERRORS))
    for axes, (part, theirs) in zip((left, right), parts, strict=True):
        entries = [entry for name, entry in results["kinds"].items() if name[:6] in ("1998", "1998-1")]
        for entry in entries:
            values = entry[part]["values"]
            _scatter(axes, entry["images"], values, LIGHT["accent"], texts["reproduce.line_1998"])
        axes.plot(
            list(theirs), list(theirs.values()), "o-", color=LIGHT["ink"], label=texts["reproduce.line_paper"]
        )
        distorted = results["kinds"].get("1998-distorted")
        if part == "test" and distorted:
            axes.plot(
                [distorted["images"]], [published.DISTORTED_ERROR], "D", color=LIGHT["ink"], markersize=6
            )
            values = distorted["test"]["values"]
            words = texts["reproduce.line_1998_distorted"]
            _scatter(axes, distorted["images"], values, LIGHT["soft"], words, "x")
        axes.set_xlim(8_000, 68_000)
        axes.set_xticks(list(theirs), [f"{size:,}" for size in theirs])
        axes.set_ylim(0, None)
        axes.set_xlabel(texts["reproduce.sizes"], color=LIGHT["soft"])
    _add_legend(left)
    return figure


def draw_rejections(results: Mapping[str, Any], texts: Texts) -> Figure:
    """What is left of the error when the least certain answers are refused; the paper's three others."""
    figure, (axes,) = _make_panels(texts["reproduce.rejection_title"])
    for kind, found in results["rejection"].items():
        colour = LIGHT["accent"] if kind == "1998" else LIGHT["soft"]
        for number, errors in enumerate(found["errors"]):
            label = texts[f"reproduce.line_{name_key(kind)}"] if number == 0 else None
            _plot(axes, found["refused"], errors, STYLES[kind], colour, label=label)
    places = {"LeNet-1": (3, 9), "LeNet-4": (3, 9), "boosted LeNet-4": (3, -15)}
    for name, refused in published.REJECTED.items():
        axes.plot([refused], [published.REJECTION_ERROR], "o", color=LIGHT["ink"], markersize=5)
        axes.annotate(name, (refused, published.REJECTION_ERROR), places[name], textcoords="offset points")
    axes.set_xlim(0, 6)
    axes.set_ylim(0, 1.4)
    axes.set_xlabel(texts["reproduce.refused"], color=LIGHT["soft"])
    axes.legend(frameon=False, loc="upper right")
    return figure


def draw_robustness(results: Mapping[str, Any], texts: Texts) -> Figure:
    """Error on test digits that were scaled, shifted, turned or inverted in part."""
    from matplotlib.figure import Figure

    found = results["robustness"]
    figure = Figure(figsize=(8.4, 6.4), facecolor=LIGHT["paper"])
    colours = {"1998": LIGHT["accent"], "1998-distorted": LIGHT["soft"], "1998-noise": LIGHT["ink"]}
    for number, kind in enumerate(PANELS):
        axes = _place_axes(figure, (0.07 + 0.49 * (number % 2), 0.57 - 0.48 * (number // 2), 0.41, 0.33))
        axes.set_title(texts[f"reproduce.change_{kind}"], loc="left", fontsize=10, fontweight="bold")
        low, high = ESTIMATED[kind]
        axes.axvspan(low, high, color=LIGHT["line"], alpha=0.18, linewidth=0)
        for name, errors in found["errors"].items():
            words = texts[f"reproduce.line_{name_key(name)}"]
            _plot(axes, found["amounts"][kind], errors[kind], STYLES[name], colours[name], label=words)
        axes.set_ylim(0, 100)
        axes.set_xlim(min(found["amounts"][kind]), max(found["amounts"][kind]))
        if number == 0:
            axes.legend(frameon=False, loc="upper center")
    return figure


def draw_figure_8(results: Mapping[str, Any], images: np.ndarray, texts: Texts) -> Figure:
    """The 82 digits: label, the answer of 1998, and in how many of ours the digit is misread."""
    from matplotlib.figure import Figure

    digits = results["figure_8"]
    rows = -(-len(digits) // COLUMNS)
    figure = Figure(figsize=(9.6, 1.02 * rows + 0.5), facecolor=LIGHT["paper"])
    top = 1 - 0.35 / (1.02 * rows + 0.5)
    figure.text(0.01, 1 - 0.1 / (rows + 0.5), texts["reproduce.figure_8_key"], fontsize=9, va="top")
    for number, digit in enumerate(digits):
        row, column = divmod(number, COLUMNS)
        height = top / rows
        place = ((column + 0.14) / COLUMNS, top - (row + 0.78) * height, 0.72 / COLUMNS, 0.7 * height)
        axes = figure.add_axes(place)
        axes.imshow(255 - images[digit["index"]], cmap="gray", vmin=0, vmax=255)
        axes.set_axis_off()
        wrong = sum(answer != digit["label"] for answer in digit["ours"])
        said = "".join(map(str, digit["ours"]))
        words = f"{digit['label']}→{digit['1998']}  {said}"
        colour = LIGHT["accent"] if 2 * wrong > len(digit["ours"]) else LIGHT["ink"]
        axes.text(
            0.5, -0.06, words, transform=axes.transAxes, fontsize=7.5, ha="center", va="top", color=colour
        )
    return figure


def _make_panels(*titles: str) -> tuple[Figure, list[Axes]]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8.4, 3.6), facecolor=LIGHT["paper"])
    width = 0.92 / len(titles)
    panels = []
    for number, title in enumerate(titles):
        axes = _place_axes(figure, (0.06 + number * width, 0.16, width - 0.06, 0.7))
        axes.set_title(title, loc="left", fontsize=11, fontweight="bold")
        panels.append(axes)
    return figure, panels


def _place_axes(figure: Figure, place: tuple[float, float, float, float]) -> Axes:
    axes = figure.add_axes(place)
    axes.set_facecolor(LIGHT["paper"])
    axes.grid(axis="y")
    return axes


def _plot(axes: Axes, at: Any, values: Any, style: str, colour: str, label: str | None) -> None:
    axes.plot(at, values, style, color=colour, linewidth=1.3, label=label)


def _scatter(axes: Axes, at: int, values: list[float], colour: str, label: str, marker: str = "_") -> None:
    places = np.full(len(values), at)
    axes.plot(places, values, marker, color=colour, markersize=9, markeredgewidth=1.6, label=label)


def _add_legend(axes: Axes) -> None:
    """One entry for each word, however often it was drawn."""
    handles, labels = axes.get_legend_handles_labels()
    once = dict(zip(labels, handles, strict=True))
    axes.legend(once.values(), once.keys(), frameon=False, loc="lower left")
