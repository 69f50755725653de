"""The curves of a training as pictures: loss and error, and rejection against error; SVG and PNG."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lenet.evaluation import Evaluation
from lenet.explain.fonts import FAMILIES, find_chinese_font
from lenet.explain.palette import DARK, LIGHT
from lenet.storage import write_bytes, write_text
from lenet.texts import get_language, load_texts
from lenet.training.history import History

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLUMNS = 500  # of the faint line: more steps share a column, which runs from their least to their most
MEDIANS = 150  # points of the running median
WINDOWS = 40  # of the running median beside each other, over the whole training
SPREAD = 5  # how far below the least median the axis of the loss reaches
ERROR_TICKS = (0, 0.25, 0.5, 1, 2, 5, 10, 20, 50, 100)
WANTED_ERROR = 0.5  # percent, where figure 10 of the paper compares


def write_curves(history: History, passes: int, steps_a_pass: int, folder: Path) -> None:
    """Draw a training into `curve.svg` and `curve.png`; equal histories give equal bytes.

    Args:
        history: its losses and errors.
        passes: how many it was to have.
        steps_a_pass: how many steps a pass has.
        folder: where the two files go.
    Raises:
        FileError: they cannot be written.
    """
    language = get_language()
    with prepare_drawing():
        figure = draw_training(history, passes, steps_a_pass, load_texts(language))
        write_text(folder / "curve.svg", render_svg(figure, "curve"))
        # a PNG is drawn with this machine's fonts: without a Chinese one, its words are English
        if language == "zh" and find_chinese_font() is None:
            figure = draw_training(history, passes, steps_a_pass, load_texts("en"))
        content = BytesIO()
        figure.savefig(content, format="png", dpi=150, metadata={"Software": None})
    write_bytes(folder / "curve.png", content.getvalue())


@contextmanager
def prepare_drawing() -> Iterator[None]:
    """Set matplotlib to our ways as long as this lasts, whatever its user's settings are."""
    import matplotlib

    with matplotlib.rc_context(), warnings.catch_warnings():
        # in an SVG the reader's own fonts draw the text: that ours lack a character matters to nobody
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        matplotlib.rcdefaults()
        settings: dict[Any, Any] = {
            "font.family": _name_fonts(),
            "font.size": 10,
            "svg.fonttype": "none",
            "axes.unicode_minus": False,
            "axes.edgecolor": LIGHT["line"],
            "axes.labelcolor": LIGHT["ink"],
            "text.color": LIGHT["ink"],
            "grid.color": LIGHT["line"],
            "grid.alpha": 0.4,
            "grid.linewidth": 0.8,
            "lines.markeredgewidth": 0,
            "axes.axisbelow": True,
        }
        settings |= {f"axes.spines.{side}": False for side in ("top", "left", "right")}
        for axis in ("xtick", "ytick"):
            settings |= {f"{axis}.color": LIGHT["soft"], f"{axis}.major.size": 0, f"{axis}.minor.size": 0}
        matplotlib.rcParams.update(settings)
        yield


def _name_fonts() -> list[str]:
    """DejaVu Sans, which matplotlib brings, and a font with Chinese characters where one is installed."""
    from matplotlib.font_manager import FontProperties, fontManager

    path = find_chinese_font()
    if path is None:
        return ["DejaVu Sans"]
    fontManager.addfont(path)  # those of this process; its list on disk may be older than the font
    return ["DejaVu Sans", FontProperties(fname=path).get_name()]


def draw_training(history: History, passes: int, steps_a_pass: int, texts: Mapping[str, str]) -> Figure:
    """The loss of every step with its running median, above the errors after every pass.

    Args:
        history: losses and errors.
        passes: how far the axis reaches.
        steps_a_pass: how many steps a pass has.
        texts: the sentences of one language.
    """
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    figure = Figure(figsize=(8.4, 5.6), facecolor=LIGHT["paper"])
    # fixed places: nothing depends on how wide a font is
    upper, lower = (figure.add_axes((0.07, bottom, 0.74, 0.355)) for bottom in (0.565, 0.1))
    _draw_losses(upper, np.array(history.losses, float), steps_a_pass, texts)
    _draw_errors(lower, history, texts)
    for axes in (upper, lower):
        axes.set_facecolor(LIGHT["paper"])
        axes.set_xlim(0, passes)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
        axes.grid(axis="y")
        axes.minorticks_off()
    upper.tick_params(labelbottom=False)
    lower.set_xlabel(texts["report.passes_axis"], color=LIGHT["soft"])
    return figure


def _draw_losses(axes: Axes, losses: np.ndarray, steps_a_pass: int, texts: Mapping[str, str]) -> None:
    _write_title(axes, texts["report.loss_title"])
    positive = losses[losses > 0]
    if not len(positive):
        return
    losses = np.maximum(losses, positive.min())
    at, column = np.arange(1, len(losses) + 1) / steps_a_pass, losses
    if len(losses) > 2 * COLUMNS:
        parts = np.array_split(losses, COLUMNS)
        column = np.array([(part.min(), part.max()) for part in parts]).ravel()
        at = np.repeat([part.mean() for part in np.array_split(at, COLUMNS)], 2)
    axes.plot(at, column, color=LIGHT["soft"], linewidth=0.6, alpha=0.55)
    middles, medians = _take_medians(losses)
    middles /= steps_a_pass
    axes.plot(middles, medians, color=LIGHT["ink"], linewidth=1.8)
    _write_end(axes, middles[-1], medians[-1], texts["report.median"], LIGHT["ink"])
    axes.set_yscale("log")
    low, high = float(medians.min()) / SPREAD, float(losses.max()) * 1.15
    axes.set_ylim(max(low, float(losses.min()) / 1.15), high)
    _tick(axes, _choose_ticks(*axes.get_ylim()))


def _take_medians(losses: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Steps, and the median of the losses around each; at the ends of the training the window is cut."""
    half = max(len(losses) // (2 * WINDOWS), 5)
    middles = np.unique(np.linspace(0, len(losses) - 1, MEDIANS).astype(int))
    medians = [np.median(losses[max(at - half, 0) : at + half + 1]) for at in middles]
    return middles + 1.0, np.array(medians)


def _draw_errors(axes: Axes, history: History, texts: Mapping[str, str]) -> None:
    _write_title(axes, texts["report.error_title"])
    axes.set_yscale("symlog", linthresh=1, linscale=0.7)
    numbers = [record.number for record in history.passes]
    curves = [("training", LIGHT["ink"], "--", [record.training_error for record in history.passes])]
    validation = [record.validation_error for record in history.passes]
    measured = [error for error in validation if error is not None]
    if len(measured) == len(numbers):
        curves.append(("validation", LIGHT["accent"], "-", measured))
    most = max((max(errors) for *_, errors in curves if errors), default=100.0)
    axes.set_ylim(0, max(most * 1.25, 1))
    ticks = [tick for tick in ERROR_TICKS if tick <= axes.get_ylim()[1]]
    _tick(axes, ticks if most < 5 else [tick for tick in ticks if tick not in (0.25, 0.5)])
    if not numbers:
        axes.text(
            0.5, 0.5, texts["report.no_pass"], transform=axes.transAxes, ha="center", color=LIGHT["soft"]
        )
        return
    places = _spread_out([errors[-1] for *_, errors in curves], axes)
    for (name, colour, style, errors), place in zip(curves, places, strict=True):
        axes.plot(
            numbers, errors, style, color=colour, linewidth=1.8, marker="o", markersize=4.5, clip_on=False
        )
        words = texts[f"report.{name}_end"].format(error=f"{errors[-1]:.2f}")
        _write_end(axes, numbers[-1], place, words, colour)


def _spread_out(values: Sequence[float], axes: Axes, gap: float = 0.09) -> list[float]:
    """Where to write beside two ends, so that the words do not lie on each other."""
    scale = axes.get_yaxis_transform() - axes.transAxes
    heights = [float(scale.transform((0, value))[1]) for value in values]
    if len(heights) == 2 and abs(heights[0] - heights[1]) < gap:
        middle = sum(heights) / 2
        upper = 0 if heights[0] > heights[1] else 1
        heights[upper], heights[1 - upper] = middle + gap / 2, middle - gap / 2
    return [float(scale.inverted().transform((0, height))[1]) for height in heights]


def draw_rejection(evaluation: Evaluation, texts: Mapping[str, str]) -> Figure:
    """What is left of the error when the least certain answers are refused.

    Args:
        evaluation: what to draw.
        texts: the sentences of one language.
    Source:
        LeCun et al. 1998, figure 10.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8.4, 3.2), facecolor=LIGHT["paper"])
    axes = figure.add_axes((0.07, 0.18, 0.74, 0.7), facecolor=LIGHT["paper"])
    _write_title(axes, texts["report.rejection_title"])
    refused, error = evaluation.rejection_curve()
    wanted = evaluation.rejection_for(WANTED_ERROR)
    spotless = float(refused[np.flatnonzero(error > 0)[-1]]) if evaluation.wrong else 0.0
    reach = min(100.0, max(5.0, 1.1 * spotless))
    near = refused <= reach
    axes.plot(refused[near], error[near], color=LIGHT["ink"], linewidth=1.8, clip_on=False)
    axes.set_xlim(0, reach)
    axes.set_ylim(0, max(1.15 * float(error[near].max()), 2 * WANTED_ERROR))
    axes.grid(axis="y")
    axes.set_xlabel(texts["report.refused_axis"], color=LIGHT["soft"])
    if wanted is not None and wanted <= reach:
        axes.plot([wanted], [WANTED_ERROR], "o", color=LIGHT["accent"], markersize=6, clip_on=False)
        axes.axhline(WANTED_ERROR, color=LIGHT["accent"], linewidth=0.9, linestyle=":")
        words = texts["report.wanted_end"].format(error=f"{WANTED_ERROR:g}", refused=f"{wanted:.2f}")
        _write_end(axes, reach, WANTED_ERROR, words, LIGHT["accent"])
    return figure


def _write_title(axes: Axes, words: str) -> None:
    axes.text(0, 1.06, words, transform=axes.transAxes, fontsize=11, fontweight="bold")


def _write_end(axes: Axes, at: float, value: float, words: str, colour: str) -> None:
    place: dict[str, Any] = {"textcoords": "offset points", "va": "center", "annotation_clip": False}
    axes.annotate(words, (at, value), (8, 0), color=colour, **place)


def _tick(axes: Axes, ticks: Sequence[float]) -> None:
    axes.set_yticks(ticks, [f"{tick:g}" for tick in ticks])


def _choose_ticks(low: float, high: float) -> list[float]:
    """1, 2, 5, 10, ... between two limits; powers of ten alone where that would be too many."""
    powers = range(int(np.floor(np.log10(low))), int(np.ceil(np.log10(high))) + 1)
    ticks = [digit * 10.0**power for power in powers for digit in (1, 2, 5)]
    within = [tick for tick in ticks if low <= tick <= high]
    return within if len(within) <= 6 else [10.0**power for power in powers if low <= 10.0**power <= high]


def render_svg(figure: Figure, name: str) -> str:
    """A figure as SVG with real text, for light and dark, the same bytes every time.

    Args:
        figure: what `draw_training` or `draw_rejection` gave, inside `prepare_drawing`.
        name: makes the picture's identifiers its own, for pages that hold several.
    """
    import matplotlib

    content = BytesIO()
    with matplotlib.rc_context({"svg.hashsalt": name}):
        figure.savefig(content, format="svg", metadata={"Date": None, "Creator": None})
    text = content.getvalue().decode("utf-8")
    # nothing refers to the names of groups, and two pictures in a page would share them
    text = re.sub(r' id="[A-Za-z][\w.]*_\d+"', "", text)
    style = f"<style>svg text{{font-family:{FAMILIES}!important}}{_write_night_rules()}</style>"
    return re.sub(r"(<svg [^>]*>)", lambda match: match[1] + style, text, count=1)


def _write_night_rules() -> str:
    """CSS that turns the light colours of an SVG's inline styles into the dark ones.

    The picture itself keeps plain colours, so that programs without style sheets show it by day.
    """
    rules = "".join(
        f'[style*="{part}: {LIGHT[name]}"]{{{part}:{DARK[name]}!important}}'
        for name in LIGHT
        for part in ("fill", "stroke")
    )
    return f"@media (prefers-color-scheme:dark){{{rules}}}"
