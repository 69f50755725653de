"""A mistake on the command line in one line of the reader's language: click says it in English only."""

from __future__ import annotations

import re
from typing import Any

from lenet.texts import say

# as click says it: "Got unexpected extra argument (c3)", "... arguments (a b)"
EXTRA = re.compile(r"Got unexpected extra argument\S* \((.*)\)\.?", re.DOTALL)


def translate_mistake(mistake: Any) -> str:
    """What is wrong with a command line, and where the help is.

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
    name = "/".join(parameter.opts) if option else parameter.metavar or parameter.name.upper()
    if kind == "MissingParameter":
        return say("cli.missing", name=name)
    # the wording differs from typer to typer, the type's name does not
    kinds = {"integer": "whole_number", "valid int": "whole_number", "number": "number", "float": "number"}
    for word, key in kinds.items():
        if word in mistake.message:
            return say(f"cli.{key}", name=name)
    return say("cli.invalid", name=name, message=mistake.message.rstrip("."))
