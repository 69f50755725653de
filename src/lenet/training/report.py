"""`report.html`: the result of a training as one self-contained page."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any

import numpy as np

from lenet.architecture import name_preset
from lenet.drawing.drawing import render_svg
from lenet.drawing.page import render_page
from lenet.drawing.tiles import draw_image, draw_kernel
from lenet.evaluation import Evaluation
from lenet.storage import write_text
from lenet.texts import get_language, say
from lenet.training.change import Change, Comparison
from lenet.training.command import format_command, format_resume
from lenet.training.curve import draw_rejection, draw_training
from lenet.training.result import Result


def write_report(result: Result, folder: Path) -> None:
    """Write `report.html`, self-contained, in the reader's language, for light and dark.

    The page depends neither on the time nor on the duration: equal trainings give equal bytes.

    Args:
        result: of a training, finished or stopped.
        folder: the folder to write to.
    Raises:
        FileError: the page cannot be written.
    """
    title = say("report.title", data=result.network.card["data"])
    write_text(folder / "report.html", render_page(title, _render_sections(result)))


def _say(key: str, **values: Any) -> str:
    """A sentence of [report], escaped for HTML."""
    return escape(say(f"report.{key}", **values))


def _render_sections(result: Result) -> Iterator[str]:
    evaluation = result.evaluation
    yield from _render_error(evaluation) if evaluation else _render_stop(result)
    if result.change:
        yield from _render_change(result.change)
    yield from _render_settings(result)
    yield from _render_curve(result)
    if evaluation:
        yield from _render_confusion(evaluation)
        yield from _render_misread(evaluation, result)
        yield from _render_rejection(evaluation)
    yield from _render_kernels(result)
    yield f"<h2>{_say('command_title')}</h2>"
    command = format_command(result.settings)
    if command is None:
        yield f"<p>{_say('command_by_hand')}</p>"
    else:
        yield f"<p>{_say('command_caption')}</p><pre><code>{escape(command)}</code></pre>"


def _render_error(evaluation: Evaluation) -> Iterator[str]:
    low, high = evaluation.interval
    yield f'<p class="lede">{_say("error", error=f"{evaluation.error:.2f}")}</p>'
    counts = {"wrong": f"{evaluation.wrong:,}", "count": f"{len(evaluation):,}"}
    limits = {"low": f"{low:.2f}", "high": f"{high:.2f}"}
    yield f"<p>{_say('counts', **counts, accuracy=f'{evaluation.accuracy:.2f}')}</p>"
    yield f'<p class="note">{_say("interval", **limits)}</p>'


def _render_change(change: Change) -> Iterator[str]:
    yield f"<h2>{escape(say('further.title'))}</h2><table><thead><tr><td></td>"
    yield "".join(
        f'<th scope="col">{escape(say(f"further.{key}"))}</th>' for key in ("images", *Comparison._fields)
    )
    yield "</tr></thead><tbody>"
    for name, comparison in (("own_row", change.own), ("mnist_row", change.mnist)):
        if comparison:
            cells = [f"{found.error:.2f}% ({found.wrong:,})" for found in comparison]
            row = "".join(f"<td>{cell}</td>" for cell in (f"{len(comparison.before):,}", *cells))
            yield f'<tr><th scope="row">{escape(say(f"further.{name}"))}</th>{row}</tr>'
    yield "</tbody></table>"
    if change.why:
        yield f'<p class="note">{escape(say("further.not_measured", reason=change.why))}</p>'


def _render_stop(result: Result) -> Iterator[str]:
    recipe, done = result.settings.recipe, result.history
    steps = result.steps_per_epoch * recipe.epochs
    yield f'<p class="lede">{_say("stopped", steps=f"{len(done.losses):,}", total=f"{steps:,}")}</p>'
    yield f"<p>{_say('stopped_note', epochs=len(done.epochs), all=recipe.epochs)}</p>"
    if result.folder:
        yield f"<pre><code>{escape(format_resume(result.folder))}</code></pre>"


def _render_settings(result: Result) -> Iterator[str]:
    settings, splits = result.settings, result.splits
    parts = {name: f"{len(part):,}" for name, part in splits._asdict().items()}
    recipe = settings.recipe.to_dict()
    name = recipe.pop("name")
    recipe = _drop_unused(recipe)
    rows = {
        "network": _say(
            "network_value",
            count=f"{result.start.count:,}",
            preset=name_preset(settings.architecture) or say("report.variant"),
        )
        + _format_values(settings.architecture.to_dict()),
        "data": escape(result.seen),
        "parts": _say("parts_value", **parts),
        "recipe": escape(f"{name} ({settings.recipe.hash})") + _format_values(recipe),
        **({} if settings.start is None else {"start": escape(Path(settings.start).name)}),
        "engine": escape(settings.engine),
        "seed": str(settings.seed),
        "fingerprint": f"<code>{escape(settings.fingerprint)}</code>",
    }
    yield f"<h2>{_say('settings_title')}</h2><dl>"
    yield from (f"<dt>{_say(key)}</dt><dd>{value}</dd>" for key, value in rows.items())
    yield "</dl>"


def _drop_unused(recipe: dict[str, Any]) -> dict[str, Any]:
    """The recipe without what its loss and its method do not read."""
    unused = {"scale": recipe["loss"] != "cross-entropy", "j": recipe["loss"] != "map"}
    unused |= dict.fromkeys(("mu", "curvature", "curvature_samples"), recipe["method"] != "diagonal-lm")
    return {key: value for key, value in recipe.items() if not unused.get(key)}


def _format_values(values: dict[str, Any]) -> str:
    """Settings in one line, written as in the recipe's file; tables whose numbers are all 0 are left out."""
    flat: dict[str, Any] = {}
    for key, value in values.items():
        if not isinstance(value, dict):
            flat[key] = value
        elif any(value.values()):
            flat |= {f"{key}.{name}": each for name, each in value.items()}
    flat = {key: str(value).lower() if isinstance(value, bool) else value for key, value in flat.items()}
    # a no-break space: a name and its value stay on one line
    words = (f"{key}\u00a0{value}" for key, value in flat.items())
    return f'<br><code class="soft">{escape(", ".join(words))}</code>'


def _render_curve(result: Result) -> Iterator[str]:
    sample = min(result.settings.recipe.training_sample, len(result.splits.train))
    epochs = result.settings.recipe.epochs
    drawing = draw_training(result.history, epochs, result.steps_per_epoch, get_language())
    yield f"<h2>{_say('curve_title')}</h2>"
    yield render_svg(drawing)
    yield f'<p class="note">{_say("curve_caption", sample=f"{sample:,}")}</p>'


def _render_confusion(evaluation: Evaluation) -> Iterator[str]:
    table, names = evaluation.confusion, [escape(name) for name in evaluation.names]
    most = max(int((table - np.diag(table.diagonal())).max()), 1)
    yield f"<h2>{_say('confusion_title')}</h2><p>{_say('confusion_caption')}</p>"
    yield '<div class="wide"><table><thead><tr><td></td>'
    yield "".join(f'<th scope="col">{name}</th>' for name in names)
    yield "".join(f'<th scope="col">{_say(key)}</th>' for key in ("class_count", "class_error"))
    yield "</tr></thead><tbody>"
    for row, name in enumerate(names):
        cells = [_render_cell(int(count), row == column, most) for column, count in enumerate(table[row])]
        total = int(table[row].sum())
        error = f"{100 * (1 - table[row, row] / total):.2f}%" if total else ""
        cells.append(f'<td class="sum">{total:,}</td><td>{error}</td>')
        yield f'<tr><th scope="row">{name}</th>{"".join(cells)}</tr>'
    yield "</tbody></table></div>"


def _render_cell(count: int, right: bool, most: int) -> str:
    if right:
        return f'<td class="right">{count:,}</td>'
    return f'<td class="wrong" style="--share:{count / most:.3f}">{count:,}</td>' if count else "<td></td>"


def _render_misread(evaluation: Evaluation, result: Result) -> Iterator[str]:
    shown = evaluation.misread[: evaluation.most_misread]
    key = "misread_all" if len(shown) == evaluation.wrong else "misread_some"
    yield f"<h2>{_say('misread_title')}</h2>"
    if not len(shown):
        yield f"<p>{_say('misread_none')}</p>"
        return
    yield f"<p>{_say(key, shown=len(shown), wrong=f'{evaluation.wrong:,}')}</p>"
    yield f'<p class="note">{_say("misread_caption")}</p>'
    yield '<div class="digits">'
    for index in shown:
        label = evaluation.names[evaluation.labels[index]]
        answer = evaluation.names[evaluation.answers[index]]
        words = _say("misread_alt", index=index, label=label, answer=answer)
        place = _say("misread_place", index=index, margin=f"{evaluation.margins[index]:.2f}")
        picture = draw_image(result.splits.test.images[index])
        yield (
            f'<figure><img alt="{words}" title="{words}" src="{picture}">'
            f"<figcaption><b>{escape(label)} → {escape(answer)}</b>{place}</figcaption></figure>"
        )
    yield "</div>"


def _render_rejection(evaluation: Evaluation) -> Iterator[str]:
    refused = evaluation.rejection_for(evaluation.wanted_error)
    yield f"<h2>{_say('rejection_heading')}</h2>"
    yield f"<p>{_say_refused(refused)}</p>"
    yield render_svg(draw_rejection(evaluation, get_language()))
    yield f'<p class="note">{_say("rejection_caption")}</p>'


def _say_refused(refused: float | None) -> str:
    error = f"{Evaluation.wanted_error:g}"
    if refused is None:
        return _say("rejection_never", error=error)
    return _say("rejection_wanted" if refused else "rejection_none", error=error, refused=f"{refused:.2f}")


def _render_kernels(result: Result) -> Iterator[str]:
    rows = {"before": result.start["c1.weight"][:, 0], "after": result.network.parameters["c1.weight"][:, 0]}
    most = max(float(abs(kernels).max()) for kernels in rows.values()) or 1.0
    yield f"<h2>{_say('kernels_title')}</h2><p>{_say('kernels_caption')}</p>"
    yield '<div class="kernels">'
    for row, kernels in rows.items():
        yield f"<span>{_say(row)}</span>"
        for number, kernel in enumerate(kernels):
            yield draw_kernel(kernel / most, _say("kernel_alt", number=number, when=say(f"report.{row}")))
    yield "</div>"
