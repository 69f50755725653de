"""Every sentence that a user reads, in English and Chinese: `say("shape.field", height=30)`."""

from __future__ import annotations

import os
import string
import sys
import tomllib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from importlib.resources import files
from typing import Any

LANGUAGES = ("en", "zh")

LOCALE_VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")  # in the order in which POSIX asks them
WINDOWS_CHINESE = 0x04  # the primary language of all Chinese locales

# None: as the environment says. One value per process, because a process talks to one reader ...
_chosen: str | None = None
# ... but a server, which answers each request in its own language
_asked: ContextVar[str | None] = ContextVar("language", default=None)


def set_language(language: str | None) -> None:
    """Choose the language of all sentences from now on.

    Args:
        language: "en" or "zh"; None for that of the environment.
    Raises:
        ValueError: the language is not one of `LANGUAGES`.
    """
    global _chosen  # noqa: PLW0603 - the one piece of state of this package, a reader's language
    if language is not None and language not in LANGUAGES:
        raise ValueError(f"language {language!r}: expected one of {', '.join(LANGUAGES)}")
    _chosen = language


@contextmanager
def answer_in(language: str | None) -> Iterator[None]:
    """Say sentences in a language while the block runs, in this thread or task alone.

    Args:
        language: one of `LANGUAGES`; None for that of the process.
    """
    before = _asked.set(language)
    try:
        yield
    finally:
        _asked.reset(before)


def get_language() -> str:
    """The language: the chosen one, else that of `$LENET_LANG`, else that of the locale, else English.

    Inside `answer_in`, its language comes before all of them.

    The locale is the first of LC_ALL, LC_MESSAGES and LANG that is set; where none is, Windows is asked for
    the language of its user interface. "zh_CN.UTF-8" counts as "zh".
    """
    chosen = _asked.get() or _chosen
    if chosen is not None:
        return chosen
    wanted = os.environ.get("LENET_LANG") or _find_locale()
    return wanted[:2].lower() if wanted[:2].lower() in LANGUAGES else "en"


def _find_locale() -> str:
    found = next(filter(None, map(os.environ.get, LOCALE_VARIABLES)), None)
    return found or (_find_windows_language() if sys.platform == "win32" else "")


@cache
def _find_windows_language() -> str:
    import ctypes

    # its lowest ten bits are the primary language
    language = ctypes.windll.kernel32.GetUserDefaultUILanguage() & 0x3FF  # type: ignore[attr-defined,unused-ignore]
    return "zh" if language == WINDOWS_CHINESE else ""


@cache
def load_texts(language: str) -> dict[str, str]:
    """The sentences of one language, by dotted key.

    Args:
        language: one of `LANGUAGES`.
    Returns:
        {"shape.field": "expected ...", ...}.
    """
    tables = tomllib.loads(files(__package__).joinpath(f"{language}.toml").read_text("utf-8"))
    return {f"{table}.{key}": text for table, sentences in tables.items() for key, text in sentences.items()}


def say(key: str, /, **values: Any) -> str:
    """One sentence in the reader's language, with its braces filled.

    Args:
        key: "table.name" in `en.toml` and `zh.toml`.
        values: what the sentence's braces name.
    Raises:
        KeyError: no such sentence, or a brace without a value: a bug, never a user's mistake.
    """
    return _FORMATTER.vformat(load_texts(get_language())[key], (), values)


def enclose_negative(number: str) -> str:
    """A number as a term of a sum: a negative one in parentheses."""
    return f"({number})" if number.startswith("-") else number


def quote_words(words: Sequence[str]) -> str:
    """Words as one command line, quoted for this system's shell."""
    # imported here, because hardly any command quotes
    if os.name == "nt":
        from subprocess import list2cmdline

        return list2cmdline(words)
    from shlex import join

    return join(words)


class _Formatter(string.Formatter):
    """Braces as in `str.format`, and `{path!q}`: quoted, as a word of a command."""

    def convert_field(self, value: Any, conversion: str | None) -> Any:
        if conversion == "q":
            return quote_words([str(value)])
        return super().convert_field(value, conversion)


_FORMATTER = _Formatter()
