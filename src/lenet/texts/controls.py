"""Characters that nobody should print: they move the cursor, turn the line, or are no text at all."""

from __future__ import annotations

import re

# Control characters but tab and line feed, direction marks, lone surrogates, and what XML 1.0 refuses.
CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")


def replace_controls(text: str) -> str:
    """Make a text safe to print or to put into a picture: each such character becomes �."""
    return CONTROLS.sub("\ufffd", text)


def escape_controls(text: str) -> str:
    r"""Make the text of a JSON document safe to print: each such character becomes `\uXXXX`."""
    return CONTROLS.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
