"""What verbs print: results on standard output, everything else on standard error."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from lenet.counts import Count
from lenet.texts import say

# a word or a Chinese character, with the brackets and marks that may not be parted from it; compiled when
# it is needed, which takes 4 ms
PIECES = (
    r"[\uff08\u201c\u300a]*(?:[^\s\u2e80-\uffef\u201c\u201d]+|[\u2e80-\uffef])"
    r"[\uff0c\u3002\uff1b\uff1a\u3001\uff01\uff1f\uff09\u300b\u201d]*\s*"
)

# What could move a terminal's cursor, change its colours or turn its text around, and bytes of a file's name
# that are no text: all control characters but tab and line feed, marks of direction, lone surrogates.
CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text


def print_json(result: dict[str, Any]) -> None:
    """Print one JSON object, and nothing else, on standard output.

    Args:
        result: what JSON can hold; NumPy's numbers and arrays and paths, too.
    """
    sys.stdout.write(json.dumps(result, ensure_ascii=False, indent=2, default=_simplify) + "\n")


def _simplify(value: Any) -> Any:
    if hasattr(value, "tolist"):  # NumPy's, without importing it for verbs that need none
        return value.tolist()
    return str(value)


def make_console(*, stderr: bool = False) -> Console:
    """A rich console that adds nothing to what it is given: no markup, no emoji, no guessed colours.

    Control characters, which a file's name or a foreign network's label may hold, are shown as �.

    Args:
        stderr: write to standard error, for progress and messages.
    """
    from rich.console import Console
    from rich.segment import Segment

    class SafeConsole(Console):
        def render_str(self, text: str, **options: Any) -> Text:
            return super().render_str(replace_controls(text), **options)

        def render(self, *arguments: Any, **options: Any) -> Iterator[Segment]:
            for segment in super().render(*arguments, **options):
                # rich's own, which move the cursor for a live line, are marked as such
                yield segment if segment.control else Segment(replace_controls(segment.text), segment.style)

    return SafeConsole(stderr=stderr, highlight=False, markup=False, emoji=False)


def replace_controls(text: str) -> str:
    """A text that is safe to print: each control character in it becomes �."""
    return CONTROLS.sub("\ufffd", text)


def print_paragraph(text: str) -> None:
    """Print text on standard output, its lines broken to the width of the terminal."""
    console = make_console()
    for line in text.split("\n"):
        console.print("\n".join(wrap_line(line, console.width)), soft_wrap=True)


def wrap_line(text: str, width: int) -> list[str]:
    """Break one line at spaces and between Chinese characters, never before a closing mark.

    Args:
        text: one paragraph.
        width: columns; a Chinese character takes two.
    """
    from rich.cells import cell_len

    lines, line = list[str](), ""
    for piece in re.findall(PIECES, text):
        if line and cell_len(line + piece.rstrip()) > width:
            lines.append(line.rstrip())
            line = ""
        line += piece
    return [*lines, line.rstrip()]


def print_error(message: str) -> None:
    """Print one line on standard error, its "error:" red on terminals."""
    from rich.text import Text

    line = Text.assemble((say("cli.error"), "bold red"), " ".join(replace_controls(message).split()))
    make_console(stderr=True).print(line, soft_wrap=True)


def format_count(count: Count) -> str:
    """A count after the computation that gives it: "6 x 2 = 12", or "0" where there is nothing to compute."""
    total = f"{count:,}"
    return total if count.formula == str(int(count)) else f"{count.formula} = {total}"
