"""Documents whose tables are made from results: each table stands between two marks."""

from __future__ import annotations

import re
from collections.abc import Mapping


def fill_page(page: str, parts: Mapping[str, str]) -> str:
    """Replace what stands between the marks of a document.

    Args:
        page: the document's text; a place begins with `<!-- NAME -->` on a line of its own and ends with
            `<!-- /NAME -->` or `<!-- end -->`.
        parts: the new text of each place, by name.
    Returns:
        The document with every part in its place; blank lines beside the marks stay.
    Raises:
        ValueError: a name without a place, or with several.
    """
    for name, part in parts.items():
        mark = re.escape(name)
        place = re.compile(rf"(<!-- {mark} -->\n+).*?(\n+<!-- (?:/{mark}|end) -->)", re.DOTALL)
        page, count = place.subn(lambda found, part=part: f"{found[1]}{part}{found[2]}", page)  # type: ignore[misc]
        if count != 1:
            raise ValueError(f"no place for {name}" if not count else f"{count} places for {name}")
    return page
