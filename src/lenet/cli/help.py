"""What typer says by itself, in the reader's language: titles of the help, mistakes on the command line."""

from __future__ import annotations

import re
from typing import Any

import typer

from lenet.texts import say

# as click says it: "Got unexpected extra argument (c3)", "... arguments (a b)"
EXTRA = re.compile(r"Got unexpected extra argument\S* \((.*)\)\.?", re.DOTALL)
HELP_NAMES = ["--help", "-h"]


def needs_help(words: list[str]) -> bool:
    """Whether a command line will print a help; what draws it takes longer to import than NumPy."""
    return not words or not {*HELP_NAMES}.isdisjoint(words)


def translate_help(command: Any) -> None:
    """Replace typer's own words in the help of a command and of those below it.

    Args:
        command: a typer command or group. Its type is click's, and newer typers bring their own click.
    """
    from typer import rich_utils

    rich_utils.ARGUMENTS_PANEL_TITLE = say("cli.arguments")
    rich_utils.OPTIONS_PANEL_TITLE = say("cli.options")
    rich_utils.COMMANDS_PANEL_TITLE = say("cli.commands")
    rich_utils.DEFAULT_STRING = f"[{say('cli.default')}]"
    rich_utils.REQUIRED_LONG_STRING = f"[{say('cli.required')}]"
    _translate_command(command)


def _translate_command(command: Any) -> None:
    usage = command.get_usage
    command.get_usage = lambda context: usage(context).replace("Usage:", say("cli.usage"), 1)
    option = command.get_help_option(typer.Context(command, help_option_names=HELP_NAMES))
    if option is not None:
        option.help = say("cli.help_option")
    for below in getattr(command, "commands", {}).values():
        _translate_command(below)


def translate_mistake(mistake: Any) -> str:
    """One line for a mistake on the command line: what is wrong, and where the help is.

    Args:
        mistake: click's UsageError, which newer typers keep to themselves.
    """
    command = mistake.ctx.command_path if mistake.ctx else "lenet"
    return f"{_name_mistake(mistake)} {say('cli.see_help', command=command)}"


def _name_mistake(mistake: Any) -> str:
    kind, parameter = type(mistake).__name__, getattr(mistake, "param", None)
    if kind == "NoSuchOption":
        near = ", ".join(sorted(mistake.possibilities or ()))
        return say("cli.near_option" if near else "cli.no_option", option=mistake.option_name, near=near)
    words = EXTRA.fullmatch(mistake.message)
    if words:
        return say("cli.extra_words", words=words[1])
    if kind == "BadOptionUsage":
        return say("cli.no_value", option=mistake.option_name)
    if parameter is None:
        return say("cli.mistake", message=mistake.format_message().rstrip("."))
    option = parameter.param_type_name == "option"
    name = "/".join(parameter.opts) if option else (parameter.metavar or parameter.name).upper()
    if kind == "MissingParameter":
        return say("cli.missing", name=name)
    # the wording differs from typer to typer, the type's name does not
    for word, key in (("integer", "cli.whole_number"), ("number", "cli.number"), ("float", "cli.number")):
        if word in mistake.message:
            return say(key, name=name)
    return say("cli.invalid", name=name, message=mistake.message.rstrip("."))
