"""What verbs print: results on standard output, everything else on standard error."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from lenet.counts import Count
from lenet.texts import say

if TYPE_CHECKING:
    from rich.console import Console


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

    Args:
        stderr: write to standard error, for progress and messages.
    """
    from rich.console import Console

    return Console(stderr=stderr, highlight=False, markup=False, emoji=False)


def print_error(message: str) -> None:
    """Print one line on standard error, its "error:" red on terminals."""
    from rich.text import Text

    line = Text.assemble((say("cli.error"), "bold red"), " ", " ".join(message.split()))
    make_console(stderr=True).print(line, soft_wrap=True)


def write_count(count: Count) -> str:
    """A count after the computation that gives it: "6 x 2 = 12", or "0" where there is nothing to compute."""
    total = f"{count:,}"
    return total if count.formula == str(int(count)) else f"{count.formula} = {total}"
