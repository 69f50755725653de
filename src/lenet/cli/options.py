"""Options that several verbs share, each with its help in the reader's language."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import typer

from lenet.texts import say

if TYPE_CHECKING:
    from lenet.architecture import Architecture


def json_option() -> Any:
    """`--json`: one JSON object on standard output and nothing else there."""
    return typer.Option("--json", help=say("options.json"))


def architecture_option() -> Any:
    """`--architecture original|modern`."""
    from lenet.architecture import PRESETS

    return typer.Option("--architecture", metavar="|".join(PRESETS), help=say("options.architecture"))


def variant_option(field: str) -> Any:
    """`--activation`, `--pooling`, `--connections` or `--output`: one field other than the preset's."""
    from lenet.architecture import CHOICES

    metavar = "|".join(CHOICES[field])
    return typer.Option(f"--{field}", metavar=metavar, help=say(f"options.{field}"), show_default=False)


def choose_architecture(preset: str, **fields: str | None) -> Architecture:
    """A preset with some of its fields replaced.

    Args:
        preset: "original" or "modern".
        fields: activation, pooling, connections or output; None keeps the preset's.
    Raises:
        ArchitectureError: an unknown preset or value.
    """
    from lenet.architecture import get_preset

    chosen: dict[str, Any] = {name: value for name, value in fields.items() if value is not None}
    return replace(get_preset(preset), **chosen)
