"""`lenet completion`: what a shell needs to complete verbs and options, and the completions themselves."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Annotated, Any

import typer

from lenet.cli.output import print_output
from lenet.errors import UsageError
from lenet.texts import say

SHELLS = ("bash", "zsh", "fish", "powershell")
COMPLETE = "_LENET_COMPLETE"  # set by a shell that asks what may follow
# where it passes the words so far: bash one a line, the others as they were typed
TYPED = ("COMP_WORDS", "_TYPER_COMPLETE_ARGS")


def completion(
    shell: Annotated[
        str, typer.Argument(metavar="|".join(SHELLS), help=say("completion.shell"), show_default=False)
    ],
) -> None:
    """Print the script that a shell has to run once in each session."""
    from typer.completion import get_completion_script  # type: ignore[attr-defined]

    if shell not in SHELLS:
        raise UsageError("completion.unknown", shell=shell, shells=", ".join(SHELLS))
    print_output(get_completion_script(prog_name="lenet", complete_var=COMPLETE, shell=shell) + "\n")


def find_verb(verbs: Sequence[str]) -> str | None:
    """The verb on the command line that a shell is asking about.

    Args:
        verbs: all of them.
    """
    typed = next((os.environ[name] for name in TYPED if name in os.environ), "")
    words = typed.split()[1:]
    return next((word for word in words if word in verbs), None)


def complete(command: Any) -> None:
    """Answer a shell: print what may follow the words so far.

    Args:
        command: all of `lenet`, as click has it.
    """
    from typer.completion import completion_init, shell_complete  # type: ignore[attr-defined]

    completion_init()
    shell_complete(command, {}, "lenet", COMPLETE, os.environ[COMPLETE])
