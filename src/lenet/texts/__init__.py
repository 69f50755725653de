"""Every sentence that a user reads, in English and in Chinese: `say("shape.field", height=30)`."""

from __future__ import annotations

import os
import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

LANGUAGES = ("en", "zh")

# None: $LENET_LANG, or else English. One value a process, because a process talks to one reader.
_chosen: str | None = None


def set_language(language: str | None) -> None:
    """Choose the language of all sentences from now on.

    Args:
        language: "en" or "zh"; None goes back to `$LENET_LANG`, or English.
    Raises:
        ValueError: the language is not one of `LANGUAGES`.
    """
    global _chosen  # noqa: PLW0603 - the one piece of state of this package, a reader's language
    if language is not None and language not in LANGUAGES:
        raise ValueError(f"language {language!r}: expected one of {', '.join(LANGUAGES)}")
    _chosen = language


def get_language() -> str:
    """The language in force: the one chosen, else `$LENET_LANG` (zh_CN counts as zh), else English."""
    if _chosen is not None:
        return _chosen
    wanted = os.environ.get("LENET_LANG", "")[:2].lower()
    return wanted if wanted in LANGUAGES else "en"


@cache
def load_texts(language: str) -> dict[str, str]:
    """All sentences of one language, by dotted key.

    Args:
        language: one of `LANGUAGES`.
    Returns:
        {"shape.field": "expected ...", ...}.
    """
    tables = tomllib.loads(files(__package__).joinpath(f"{language}.toml").read_text("utf-8"))
    return {f"{table}.{key}": text for table, sentences in tables.items() for key, text in sentences.items()}


def say(key: str, /, **values: Any) -> str:
    """One sentence in the reader's language, its braces filled.

    Args:
        key: "table.name" in `en.toml` and `zh.toml`.
        values: what the sentence's braces name.
    Raises:
        KeyError: no such sentence, or a brace without a value: a fault of ours, never of the user.
    """
    return load_texts(get_language())[key].format(**values)
