"""The most doubtful labels as a page of pictures to look at."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from pathlib import Path

from lenet.doubt import format_confidence
from lenet.drawing.page import render_page
from lenet.drawing.tiles import draw_image
from lenet.storage import write_text
from lenet.texts import say
from lenet.training.audit import Audit, Suspect


def write_sheet(audit: Audit, count: int, path: Path) -> None:
    """Write an HTML page with the most doubtful labels, self-contained, for light and dark.

    Args:
        audit: of a data set.
        count: how many labels it shows.
        path: of the page.
    Raises:
        FileError: the page cannot be written.
    """
    title = say("audit.title", data=audit.dataset.name)
    write_text(path, render_page(title, _render_sections(audit, count)))


def _render_sections(audit: Audit, count: int) -> Iterator[str]:
    shown = audit.suspects[:count]
    misread = sum(suspect.doubt > 0 for suspect in audit.suspects)
    yield f'<p class="lede">{escape(say("audit.count", count=f"{misread:,}"))}</p>'
    yield f"<p>{escape(say('audit.method', folds=audit.folds))}</p>"
    yield f"<p>{escape(say('audit.advice'))}</p>"
    yield '<div class="digits">'
    yield from (_render_suspect(audit, suspect) for suspect in shown)
    yield "</div>"


def _render_suspect(audit: Audit, suspect: Suspect) -> str:
    names = audit.dataset.labels
    label, reading = escape(names[suspect.label]), escape(names[suspect.reading])
    place = escape(say(f"audit.{suspect.part}", index=suspect.index))
    sentence = say("audit.suspect", label=label, reading=reading, place=place)
    picture = f'<img src="{draw_image(audit.image(suspect))}" alt="{escape(sentence)}">'
    sure = format_confidence(suspect.other)
    return f"<figure>{picture}<figcaption><b>{label} → {reading}</b>{sure}<br>{place}</figcaption></figure>"
