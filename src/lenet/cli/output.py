"""What commands print: results on standard output, everything else on standard error."""

from __future__ import annotations

import json
import math
import os
import re
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from lenet.counts import Count
from lenet.errors import UsageError
from lenet.texts import get_language, say
from lenet.texts.controls import escape_controls, replace_controls

# A word or a Chinese character, with the brackets and marks that may not be parted from it. Compiled when it
# is needed, which takes 4 ms.
PIECES = (
    r"[\uff08\u201c\u300a]*(?:[^\s\u2e80-\uffef\u201c\u201d]+|[\u2e80-\uffef])"
    r"[\uff0c\u3002\uff1b\uff1a\u3001\uff01\uff1f\uff09\u300b\u201d]*\s*"
)

# What could move the cursor of a terminal, change its colours or reverse its text, and bytes of file names

UNLIMITED = 10_000  # columns of a table in an output that is no terminal

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import Console, JustifyMethod
    from rich.table import Table
    from rich.text import Text

    from lenet.drawing.drawing import Drawing


def print_json(result: dict[str, Any]) -> None:
    """Print one JSON object, and nothing else, on standard output.

    Args:
        result: may contain NumPy's numbers and arrays, and paths.
    """
    text = json.dumps(_name_numbers(result), ensure_ascii=False, indent=2, allow_nan=False)
    print_output(escape_controls(text) + "\n")


def print_output(text: str) -> None:
    """Write a text on standard output as it is; nothing where the shell has closed it."""
    if sys.stdout:
        sys.stdout.write(text)


def _name_numbers(value: Any) -> Any:
    """Make of a value what JSON has: null for what is no finite number, text for paths, lists for arrays."""
    if hasattr(value, "tolist"):  # NumPy's, without importing it for commands that do not need it
        value = value.tolist()
    if isinstance(value, dict):
        return {str(name): _name_numbers(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_name_numbers(each) for each in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if value is None or isinstance(value, str | int) else str(value)


def make_console(*, stderr: bool = False, width: int | None = None) -> Console:
    """A rich console that adds nothing to the text: no markup, no emoji, no guessed colours.

    Control characters, which the name of a file or a label of a foreign network may contain, become �. A text
    printed with `soft_wrap=True` stays whole, so that a program finds it; on a terminal its lines are broken
    between words, but for indented ones, which are drawings and commands.

    Args:
        stderr: write to standard error: progress and messages.
        width: columns; None for those of the terminal.
    """
    from rich.console import Console
    from rich.segment import Segment

    if width is None and os.environ.get("COLUMNS", "").strip("0") == "" and "COLUMNS" in os.environ:
        width = shutil.get_terminal_size().columns  # rich would print lines of no width

    class SafeConsole(Console):
        def print(self, *objects: Any, soft_wrap: bool | None = None, **options: Any) -> None:
            if soft_wrap and self.is_terminal:
                objects = tuple(
                    _wrap(each, self.width) if isinstance(each, str) else each for each in objects
                )
            super().print(*objects, soft_wrap=soft_wrap, **options)

        def render_str(self, text: str, **options: Any) -> Text:
            return super().render_str(replace_controls(text), **options)

        def render(self, *arguments: Any, **options: Any) -> Iterator[Segment]:
            for segment in super().render(*arguments, **options):
                # rich's own control codes, which move the cursor for a live line, are marked as such
                yield segment if segment.control else Segment(replace_controls(segment.text), segment.style)

    messages: Any = _Messages() if stderr else None
    return SafeConsole(file=messages, stderr=stderr, width=width, highlight=False, markup=False, emoji=False)


class _Messages:
    """Standard error, which may be closed or full: what cannot be said there never ends the work."""

    def write(self, text: str) -> int:
        """Write a text, or nothing."""
        with suppress(OSError, ValueError):  # ValueError: closed by this process
            if sys.stderr:
                sys.stderr.write(text)
        return len(text)

    def flush(self) -> None:
        """Write what is still held back."""
        with suppress(OSError, ValueError):
            if sys.stderr:
                sys.stderr.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(sys.stderr, name)


def _wrap(text: str, width: int) -> str:
    lines = (
        [line] if line.startswith(" ") else wrap_line(line, width, break_words=False)
        for line in text.split("\n")
    )
    return "\n".join(part for parts in lines for part in parts)


def check_picture(path: Path, sources: Sequence[str], option: str) -> None:
    """Refuse a picture that could not be drawn, before anything is read.

    Args:
        path: the file to draw.
        sources: the pictures that the command was given; only one file can be drawn.
        option: that asks for it, such as "--steps".
    """
    from lenet.drawing.write import check_drawing_suffix
    from lenet.reading.recognize import STANDARD_INPUT

    check_drawing_suffix(path)
    if len(sources) != 1:
        raise UsageError("pictures.one", option=option, count=len(sources))
    if sources[0] == STANDARD_INPUT:
        raise UsageError("pictures.no_file", option=option)


def draw_picture(compose: Callable[[str], Drawing], path: Path) -> None:
    """Draw a picture into a file, and say so on standard error.

    Args:
        compose: gives the drawing in a language.
        path: a file ending in .svg or .png.
    """
    from lenet.drawing.write import save_picture

    language = save_picture(compose, path)
    message = say("pictures.drawn", path=path)
    if language != get_language():
        message += f"\n{say('pictures.no_chinese_font')}"
    make_console(stderr=True).print(message, soft_wrap=True)


def print_paragraph(text: str) -> None:
    """Print text on standard output, wrapped to the width of the terminal."""
    console = make_console()
    for line in text.split("\n"):
        console.print("\n".join(wrap_line(line, console.width)), soft_wrap=True)


def print_lines(lines: Iterable[str]) -> None:
    """Print lines on standard output: sentences, indented drawings, and "" for an empty line."""
    console = make_console()
    for line in lines:
        console.print(line, soft_wrap=True)


def make_table(columns: Mapping[str, JustifyMethod], *, footer: bool = False) -> Table:
    """An empty table, whose cells are wrapped where the terminal is too narrow, never cut.

    Args:
        columns: the title of each column, and "left" for words or "right" for numbers.
        footer: whether the columns have footers.
    """
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, collapse_padding=True, show_footer=footer)
    for title, justify in columns.items():
        table.add_column(title, justify=justify, overflow="fold")
    return table


def print_table(table: Table, *, fit: bool = True) -> None:
    """Print a table on standard output, no wider than the terminal; elsewhere as wide as it needs to be.

    Args:
        table: from `make_table`.
        fit: whether it may be wrapped to fit a terminal.
    """
    fits = fit and make_console().is_terminal
    make_console(width=None if fits else UNLIMITED).print(table)


def wrap_line(text: str, width: int, *, break_words: bool = True) -> list[str]:
    """Break one line at spaces and between Chinese characters, never before a closing mark.

    Args:
        text: one paragraph.
        width: columns; a Chinese character takes two.
        break_words: whether a word longer than a line is broken, after a bar, a slash, a comma or an equals
            sign, otherwise anywhere.
    """
    from rich.cells import cell_len

    lines, line = list[str](), ""
    for word in re.findall(PIECES, text):
        broken = break_words and cell_len(word.rstrip()) > width
        for piece in _break_word(word, width) if broken else [word]:
            if line and cell_len(line + piece.rstrip()) > width:
                lines.append(line.rstrip())
                line = ""
            line += piece
    return [*lines, line.rstrip()]


def _break_word(word: str, width: int) -> Iterator[str]:
    from rich.cells import chop_cells

    for part in re.findall(r"[^|/\\,=]*(?:[|/\\,=]+\s*|$)", word):
        yield from chop_cells(part, width)


def print_error(message: str) -> None:
    """Print one line on standard error; "error:" is red on terminals."""
    from rich.text import Text

    line = Text.assemble((say("cli.error"), "bold red"), " ".join(replace_controls(message).split()))
    make_console(stderr=True).print(line, soft_wrap=True)


def format_count(count: Count) -> str:
    """A count after the computation that gives it: "6 x 2 = 12", or "0" where there is nothing to compute."""
    total = f"{count:,}"
    return total if count.formula == str(int(count)) else f"{count.formula} = {total}"
