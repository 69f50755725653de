"""The words of a picture, in a language that need not be the reader's: a PNG may lack a Chinese font."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lenet.texts import load_texts


@dataclass(frozen=True)
class Sentences:
    """Sentences of `texts/*.toml` in one language: `words("explain.sum", value=3)`."""

    language: str

    def __call__(self, key: str, **values: Any) -> str:
        """One sentence, its braces filled."""
        return load_texts(self.language)[key].format(**values)
