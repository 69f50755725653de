"""A report as one page of HTML that needs nothing else: for light and dark, in the reader's language."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from importlib.metadata import version
from importlib.resources import files
from string import Template

from lenet.drawing.fonts import FAMILIES
from lenet.drawing.palette import DARK, LIGHT
from lenet.texts import get_language, say

LANGUAGE_TAGS = {"en": "en", "zh": "zh-CN"}


def render_page(title: str, sections: Iterable[str]) -> str:
    """A page with the house's style, a title and a footer.

    Args:
        title: plain text.
        sections: HTML, one below the other.
    """
    page = Template(files(__package__).joinpath("page.html").read_text("utf-8"))
    return page.substitute(
        language=LANGUAGE_TAGS[get_language()],
        title=escape(title),
        colours=render_palette(),
        families=FAMILIES,
        sections="\n".join(sections),
        footer=escape(say("report.footer", version=version("lenet"))),
    )


def render_palette() -> str:
    """The palette as CSS variables."""
    rules = []
    for palette in (LIGHT, DARK):
        rgb = " ".join(str(int(palette["accent"][at : at + 2], 16)) for at in (1, 3, 5))
        colours = "".join(f" --{name}: {colour};" for name, colour in palette.items())
        rules.append(f":root {{{colours} --accent-rgb: {rgb}; --rule: {palette['line']}66; }}")
    return f"{rules[0]}\n@media (prefers-color-scheme: dark) {{ {rules[1]} }}"
