"""The reference of the command line, from the program itself, and of Python, from the docstrings."""

from __future__ import annotations

import inspect
from contextlib import redirect_stdout
from io import StringIO

import lenet
from lenet.cli.main import VERBS, run
from lenet.texts import load_texts

COMMANDS = {"en": "The command line", "zh": "命令行"}
PYTHON = {"en": "Python", "zh": "Python"}
NOTE = {
    "en": "What ``lenet VERB --help`` prints.",
    "zh": "即 ``lenet --lang zh VERB --help`` 的输出。",
}


def write_commands(language: str) -> str:
    """A page in Markdown: the help of every verb."""
    texts = load_texts(language)
    parts = [f"# {COMMANDS[language]}", NOTE[language].replace("``", "`")]
    for verb in VERBS:
        parts += [f"## lenet {verb}", texts[f"verbs.{verb}"], f"```text\n{_print_help(verb, language)}\n```"]
    return "\n\n".join(parts) + "\n"


def _print_help(verb: str, language: str) -> str:
    printed = StringIO()
    with redirect_stdout(printed):
        run(["--lang", language, verb, "--help"])
    return printed.getvalue().strip("\n")


def write_python(language: str) -> str:
    """A page in reStructuredText: every public name of `lenet`, for autodoc."""
    lines = [PYTHON[language], "=" * 6, "", ".. currentmodule:: lenet", ""]
    for name in lenet.__all__:
        value = getattr(lenet, name)
        if inspect.isclass(value):
            lines += [f".. autoclass:: lenet.{name}", "   :members:", ""]
        elif inspect.isfunction(value):
            lines += [f".. autofunction:: lenet.{name}", ""]
    return "\n".join(lines)
