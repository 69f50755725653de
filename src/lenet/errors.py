"""Every error that `lenet` raises on purpose, and the exit code of the command line for each.

    LenetError                a mistake or a fault that we can name
    +-- UsageError            the caller asked for something that cannot be: exit code 2
    |   +-- ShapeError        an array of the wrong shape or type (also a ValueError)
    |   +-- ArchitectureError a network that cannot be built from these values (also a ValueError)
    |   +-- RecipeError       a setting of a training that is unknown or out of range (also a ValueError)
    |   +-- EngineError       an engine that does not exist or refuses this network
    |   +-- MissingExtra      a package that is not installed (also an ImportError)
    +-- FileError             a file that cannot be used: exit code 1
    |   +-- DataError         a data set: an IDX file, a folder of images, a checksum
    |   +-- PictureError      a person's picture
    |   +-- NetworkFileError  a file of weights or a checkpoint
    |   +-- RunError          a run's folder that cannot be written or resumed
    +-- DownloadError         a download that failed everywhere: exit code 1
    +-- Diverged              a training whose loss is no longer a number: exit code 1

A message is a key of `texts/*.toml` with its values, so that it can be shown in the reader's language.
"""

from __future__ import annotations

from typing import Any, ClassVar

from lenet.texts import say

LONGEST = 1_500  # characters of a message


class LenetError(Exception):
    """A mistake or a fault that we can name: what was given, what is allowed, what to do.

    Args:
        key: the sentence's key in `texts/*.toml`.
        values: what fills its braces.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, key: str, /, **values: Any) -> None:
        super().__init__(key, values)
        self.key = key
        self.values = values

    def __str__(self) -> str:
        text = say(self.key, **self.values)
        # a damaged file may hold a value of thousands of characters: the fault and the remedy stay in sight
        return text if len(text) <= LONGEST else f"{text[: LONGEST // 2]} ... {text[-LONGEST // 2 :]}"

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.key, self.values)


def _rebuild(kind: type[LenetError], key: str, values: dict[str, Any]) -> LenetError:
    return kind(key, **values)


class UsageError(LenetError):
    """The caller asked for something that cannot be."""

    exit_code = 2


class ShapeError(UsageError, ValueError):
    """An array of the wrong shape or type."""


class ArchitectureError(UsageError, ValueError):
    """A network that cannot be built from these values."""


class RecipeError(UsageError, ValueError):
    """A setting of a training that is unknown or out of range."""


class EngineError(UsageError):
    """An engine that does not exist, or that refuses this network or recipe."""


class MissingExtra(UsageError, ImportError):
    """A package that is not installed; the message names the extra that brings it."""


class FileError(LenetError):
    """A file that cannot be used."""


class DataError(FileError):
    """A data set that cannot be read: an IDX file, a folder of images, a checksum."""


class PictureError(FileError):
    """A person's picture that cannot be read."""


class NetworkFileError(FileError):
    """A file of weights, or a checkpoint, that cannot be used."""


class RunError(FileError):
    """A run's folder that cannot be written, or resumed."""


class DownloadError(LenetError):
    """A download that failed at every mirror."""


class Diverged(LenetError):
    """A training whose loss is no longer a number."""
