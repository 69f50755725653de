"""The tables of the experiment in words, and its self-contained page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from pathlib import Path
from typing import Any

from lenet.drawing.page import render_page
from lenet.reproduction import published
from lenet.reproduction.results import name_key
from lenet.storage import write_text
from lenet.texts import get_language, load_texts

KINDS = ("1998", "1998-distorted", "1998-1/2", "1998-1/4", "1998-noise")
PUBLISHED = {
    "1998": (0.95, 0.35),
    "1998-distorted": (published.DISTORTED_ERROR, None),
    "1998-1/2": (published.TEST_ERRORS[30_000], published.TRAINING_ERRORS[30_000]),
    "1998-1/4": (published.TEST_ERRORS[15_000], published.TRAINING_ERRORS[15_000]),
}
ORDER = ("figure-5", "figure-6", "figure-8", "rejection", "robustness")
Table = tuple[list[str], list[list[str]]]


def tabulate_errors(results: Mapping[str, Any], texts: Mapping[str, str]) -> Table:
    """Heading and rows of the final errors of every kind of training, beside the published ones."""
    heading = ["kind", "images", "published_test", "our_test", "published_training", "our_training"]
    rows = []
    for kind in KINDS:
        if kind in results["kinds"]:
            entry, theirs = results["kinds"][kind], PUBLISHED.get(kind, (None, None))
            cells = [_format_published(theirs[0]), format_summary(entry["test"])]
            cells += [_format_published(theirs[1]), format_summary(entry["training"])]
            rows.append([texts[f"reproduce.kind_{name_key(kind)}"], f"{entry['images']:,}", *cells])
    return [texts[f"reproduce.{word}"] for word in heading], rows


def tabulate_curves(results: Mapping[str, Any], texts: Mapping[str, str]) -> Table:
    """Figure 5 as numbers: published, and the means of our seeds."""
    runs = {kind: results["kinds"][kind]["runs"] for kind in KINDS[:2] if kind in results["kinds"]}
    heading = [
        texts["reproduce.epochs"],
        texts["reproduce.published_test"],
        texts["reproduce.published_training"],
    ]
    heading += [
        texts[f"reproduce.curve_{part}_{name_key(kind)}"] for kind in runs for part in ("test", "training")
    ]
    rows = []
    for at in range(results["epochs"]):
        row = [str(at + 1)]
        row += [f"{curve[at]:.2f}" for curve in (published.TEST_CURVE, published.TRAINING_CURVE)]
        for several in runs.values():
            for part in ("test", "training"):
                values = [run[part][at] for run in several]
                row.append(f"{sum(values) / len(values):.2f} ({min(values):.2f} - {max(values):.2f})")
        rows.append(row)
    return heading, rows


def tabulate_rejection(results: Mapping[str, Any], texts: Mapping[str, str]) -> Table:
    """Percent refused for 0.5% error on the rest: the paper's networks, then ours."""
    rows = [[name, f"{refused:.1f}"] for name, refused in published.REJECTED.items()]
    for kind, found in results["rejection"].items():
        wanted = format_summary(found["wanted"]) if found["wanted"] else "-"
        rows.append([texts[f"reproduce.kind_{name_key(kind)}"], wanted])
    return [texts["reproduce.network"], texts["reproduce.refused"]], rows


def tabulate_labels(results: Mapping[str, Any], texts: Mapping[str, str]) -> Table:
    """The 15 doubtful labels: the answers of each network, one digit per seed."""
    heading = [texts[f"reproduce.{word}"] for word in ("index", "doubt", "label", "answer_1998")]
    heading += [texts[f"reproduce.kind_{name_key(kind)}"] for kind in results["labels"]]
    rows = []
    for entries in zip(*results["labels"].values(), strict=True):
        one = entries[0]
        said = str(one["label"]) if one["1998"] is None else str(one["1998"])
        row = [str(one["index"]), texts[f"reproduce.doubt_{one['doubt']}"], str(one["label"]), said]
        rows.append(row + [" ".join(map(str, entry["ours"])) for entry in entries])
    return heading, rows


def count_figure_8(results: Mapping[str, Any]) -> dict[str, Any]:
    """How many of the 82 digits our networks misread: each seed, all, none; and with the answer of 1998."""
    digits = results["figure_8"]
    wrong = [[answer != digit["label"] for answer in digit["ours"]] for digit in digits]
    same = [[answer == digit["1998"] for answer in digit["ours"]] for digit in digits]
    return {
        "by_seed": [sum(row) for row in zip(*wrong, strict=True)],
        "same": [sum(row) for row in zip(*same, strict=True)],
        "all": sum(all(row) for row in wrong),
        "none": sum(not any(row) for row in wrong),
        "digits": len(digits),
    }


def format_summary(summary: Mapping[str, Any]) -> str:
    """Mean and standard deviation over the seeds, as in 0.95 ± 0.06; the number alone for one seed."""
    spread = "" if summary["sd"] is None else f" ± {summary['sd']:.2f}"
    return f"{summary['mean']:.2f}{spread}"


def _format_published(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def write_page(results: Mapping[str, Any], pictures: Mapping[str, str], folder: Path) -> None:
    """Write `report.html`, self-contained, in the reader's language.

    Args:
        results: the result of `collect_results`.
        pictures: the result of `draw_pictures`.
        folder: the folder to write to.
    """
    texts = load_texts(get_language())
    sections = _render_sections(results, pictures, texts)
    write_text(folder / "report.html", render_page(texts["reproduce.title"], sections))


def _render_sections(
    results: Mapping[str, Any], pictures: Mapping[str, str], texts: Mapping[str, str]
) -> Iterator[str]:
    setting = {"seeds": len(results["seeds"]), "epochs": results["epochs"], "engine": results["engine"]}
    yield f"<p>{escape(texts['reproduce.setting'].format(**setting))}</p>"
    if results["epochs"] < published.EPOCHS:
        yield f'<p class="note">{escape(texts["reproduce.quick_note"])}</p>'
    yield _render_table(tabulate_errors(results, texts))
    tables = {"figure-5": tabulate_curves, "rejection": tabulate_rejection}
    for name in ORDER:
        if name not in pictures:
            continue
        words = texts[f"reproduce.caption_{name_key(name)}"]
        yield f"<h2>{escape(texts[f'reproduce.heading_{name_key(name)}'])}</h2><p>{escape(words)}</p>"
        if name == "figure-8":
            yield f"<p>{escape(say_figure_8(results, texts))}</p>"
        yield pictures[name][pictures[name].index("<svg") :]
        if name in tables:
            yield _render_table(tables[name](results, texts))
    if results["labels"]:
        yield f"<h2>{escape(texts['reproduce.heading_labels'])}</h2>"
        yield _render_table(tabulate_labels(results, texts))


def say_figure_8(results: Mapping[str, Any], texts: Mapping[str, str]) -> str:
    """A sentence: how many of the 82 digits our networks misread, too."""
    counts = count_figure_8(results)
    words = {name: ", ".join(map(str, counts[name])) for name in ("by_seed", "same")}
    return texts["reproduce.figure_8_counts"].format(**counts | words)


def _render_table(table: Table) -> str:
    heading, rows = table
    head = "".join(f"<th>{escape(word)}</th>" for word in heading)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
