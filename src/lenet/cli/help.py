"""The help of `lenet` and of each command, wrapped to the terminal; typer's own cuts Chinese lines.

An option stands on a line with its text beside or below it. Nothing is cut: what does not fit is wrapped by
display width, in which a Chinese character takes two columns.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from typing import Any

import typer

from lenet.cli.output import wrap_line
from lenet.texts import say

HELP_NAMES = ["--help", "-h"]
WIDEST, NARROWEST = 100, 40  # columns; longer lines are hard to read
WIDEST_NAME = 22  # columns; a longer name has its text on the lines below


def set_help(command: Any) -> None:
    """Let a command, and those below it, print the help of this module.

    Args:
        command: a typer command or group. Its type is click's, and newer typers bring their own click.
    """
    command.get_help = lambda context: format_help(command, context)
    for below in getattr(command, "commands", {}).values():
        set_help(below)


def format_help(command: Any, context: Any) -> str:
    """The help of a command as lines of at most the terminal's width.

    Args:
        command: a typer command or group.
        context: click's context of it, which knows the words before it.
    """
    width = max(NARROWEST, min(WIDEST, shutil.get_terminal_size().columns))
    return "\n".join(_format_sections(command, context, width))


def _format_sections(command: Any, context: Any, width: int) -> Iterator[str]:
    parameters = command.get_params(context)
    arguments = [each for each in parameters if each.param_type_name == "argument"]
    options = [each for each in parameters if each.param_type_name == "option"]
    yield from _indent(_format_usage(context, command, arguments, options), width, 0, 4)
    yield ""
    yield from wrap_line(command.help or "", width)
    if arguments:
        rows = [(_name_argument(each).strip("[]"), _describe(each)) for each in arguments]
        yield from _format_section(say("cli.arguments"), rows, width)
    sections = _group_commands(command)
    names = [name for rows in sections.values() for name, _ in rows]
    for title, rows in sections.items():
        yield from _format_section(title, rows, width, names)
    rows = [(_name_option(each), _describe(each)) for each in options]
    yield from _format_section(say("cli.options"), rows, width)
    if command.epilog:
        yield ""
        yield _make_bold(say("cli.example"))
        yield from _indent(command.epilog, width, 2, 4)
    if context.parent is None:
        yield ""
        for line in ("cli.help_of_command", "cli.glossary"):
            yield from wrap_line(say(line), width)


def _format_usage(context: Any, command: Any, arguments: list[Any], options: list[Any]) -> str:
    words = [say("cli.usage") + context.command_path]
    words += [_name_argument(each) if each.required else _bracket(_name_argument(each)) for each in arguments]
    words += [f"{max(each.opts, key=len)} {each.metavar}" for each in options if each.required]
    words += [say("cli.command_word")] if hasattr(command, "commands") else []
    return " ".join([*words, f"[{say('cli.options_word')}]"])


def _bracket(name: str) -> str:
    return name if name.startswith("[") else f"[{name}]"


def _group_commands(group: Any) -> dict[str, list[tuple[str, str]]]:
    """(name, what it does) of the commands below a group, by the title of their section."""
    sections = dict[str, list[tuple[str, str]]]()
    for name, command in getattr(group, "commands", {}).items():
        panel = getattr(command, "rich_help_panel", None)
        title = panel if isinstance(panel, str) else say("cli.commands")
        sections.setdefault(title, []).append((name, command.help or ""))
    return sections


def _name_argument(argument: Any) -> str:
    return str(argument.metavar or argument.name.upper())


def _name_option(option: Any) -> str:
    names = ", ".join(sorted(option.opts, key=len))
    return names if option.is_flag else f"{names} {option.metavar}"


def _describe(parameter: Any) -> str:
    if not {*HELP_NAMES}.isdisjoint(parameter.opts):
        return say("cli.help_option")
    text, default = parameter.help or "", parameter.default
    if isinstance(parameter.show_default, str):
        text += say("cli.default", value=parameter.show_default)
    elif parameter.required:
        text += say("cli.required") if parameter.param_type_name == "option" else ""
    elif isinstance(default, str | int | float) and not isinstance(default, bool) and default != "":
        text += say("cli.default", value=default) if parameter.show_default else ""
    return text


def _format_section(
    title: str, rows: list[tuple[str, str]], width: int, names: list[str] | None = None
) -> Iterator[str]:
    """Names in one column, their texts in another; a long name has its text below it.

    Args:
        title: the heading.
        rows: (name, text).
        width: columns of the lines.
        names: those that the first column has room for, where other sections share it.
    """
    from rich.cells import cell_len

    limit = min(WIDEST_NAME, width // 3)
    widths = map(cell_len, names or [name for name, _ in rows])
    column = max((wide for wide in widths if wide <= limit), default=4) + 4
    yield ""
    yield _make_bold(title)
    for name, text in rows:
        lines = wrap_line(text, width - column)
        if cell_len(name) + 4 <= column:
            yield f"  {name}{' ' * (column - 2 - cell_len(name))}{lines.pop(0)}".rstrip()
        else:
            yield from _indent(name, width, 2, 4)
        yield from (f"{' ' * column}{line}".rstrip() for line in lines)


def _indent(text: str, width: int, first: int, later: int) -> Iterator[str]:
    """A text in lines, the first and the later ones indented by so many columns."""
    for number, line in enumerate(wrap_line(text, width - later)):
        yield " " * (later if number else first) + line


def _make_bold(text: str) -> str:
    # where the output is no terminal, click takes the style away
    return text if os.environ.get("NO_COLOR") else typer.style(text, bold=True)
