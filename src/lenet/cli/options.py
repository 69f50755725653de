"""Options that several verbs share: their help in the user's language, and the checks of their values."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from lenet.errors import FileError, UsageError
from lenet.texts import say

if TYPE_CHECKING:
    from lenet.architecture import Architecture


def json_option() -> Any:
    """`--json`: print one JSON object on standard output, and nothing else there."""
    return typer.Option("--json", help=say("options.json"))


def architecture_option() -> Any:
    """`--architecture original|modern`."""
    from lenet.architecture import PRESETS

    return typer.Option("--architecture", metavar="|".join(PRESETS), help=say("options.architecture"))


def variant_option(field: str) -> Any:
    """`--activation`, `--pooling`, `--connections` or `--output`: one field that differs from the preset."""
    from lenet.architecture import CHOICES

    default = say("options.of_architecture")
    return typer.Option(
        f"--{field}", metavar="|".join(CHOICES[field]), help=say(f"options.{field}"), show_default=default
    )


def recipe_option(metavar: str, key: str) -> Any:
    """An option that replaces a setting of the recipe; the key is that of its help."""
    return typer.Option(metavar=metavar, help=say(key), show_default=say("train.of_recipe"))


def threads_option(default: str) -> Any:
    """`--threads N`; the default as the help shows it."""
    return typer.Option(metavar="N", help=say("train.threads"), show_default=default)


def out_option() -> Any:
    """`--out DIR`: the folder of a run."""
    return typer.Option(metavar="DIR", help=say("train.out"), show_default=say("train.out_default"))


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


def check_threads(threads: int | None) -> None:
    """Check `--threads`; `main` has passed the number on to the engine.

    Raises:
        UsageError: below 1 or above 1024.
    """
    if threads is not None and not 1 <= threads <= 1024:
        raise UsageError("train.threads_range", threads=threads)


@contextmanager
def choose_folder(given: Path | None, name: str) -> Iterator[Path]:
    """The folder of a run: that of `--out`, or the first of `runs/NAME-1`, `runs/NAME-2`, ... that is free.

    A free one is made at once, so that no other process takes it, and goes again if nothing is written there.

    Args:
        given: with `--out`; None without.
        name: of the recipe.
    Raises:
        FileError: no folder can be made.
    """
    if given:
        yield given
        return
    folder = _claim_folder(name)
    try:
        yield folder
    finally:
        with suppress(OSError):  # the run is in it
            folder.rmdir()


def _claim_folder(name: str) -> Path:
    number = 1
    while True:
        folder = Path("runs") / f"{name}-{number}"
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            number += 1
        except OSError as error:
            raise FileError("file.unwritable", path=folder, reason=error.strerror or error) from error
        else:
            return folder
