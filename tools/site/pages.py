"""The documents of the repository as pages of the site, by language, with their links."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
LANGUAGES = ("en", "zh")
# documents outside of docs/
OUTSIDE = {
    "README.md": ("en", "index"),
    "README.zh-CN.md": ("zh", "index"),
    "CONTRIBUTING.md": ("en", "contributing"),
    "RELEASING.md": ("en", "releasing"),
    "CHANGELOG.md": ("en", "changes"),
}
FENCED = re.compile(r"(^```.*?^```$)", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"(!?)\[((?:[^\[\]]|\[[^\]]*\])*)\]\(([^)\s]+)\)")


@dataclass(frozen=True)
class Page:
    """A page of the site.

    Args:
        language: "en" or "zh".
        name: its path on the site, without a suffix.
    """

    language: str
    name: str


def list_documents() -> dict[str, Page]:
    """The page that each document becomes, by its path in the repository."""
    pages = {path: Page(*place) for path, place in OUTSIDE.items()}
    for path in sorted(DOCS.rglob("*.md")):
        name = path.relative_to(DOCS).with_suffix("").as_posix()
        language = "zh" if name.endswith(".zh") else "en"
        pages[path.relative_to(ROOT).as_posix()] = Page(language, name.removesuffix(".zh"))
    return pages


def rewrite_links(text: str, path: str, pages: dict[str, Page], repository: str) -> str:
    """A document whose links lead to pages of the site, and to the repository for all other files.

    Args:
        text: of the document.
        path: of the document in the repository.
        pages: of all documents.
        repository: the address of the repository.
    """

    def rewrite(match: re.Match[str]) -> str:
        mark, words, target = match.groups()
        if target.startswith(("http:", "https:", "#", "mailto:")):
            return match.group()
        return _link(mark, words, target, path, pages, repository)

    return _outside_code(text, lambda part: LINK.sub(rewrite, part))


def _outside_code(text: str, change: Callable[[str], str]) -> str:
    parts = FENCED.split(text)
    return "".join(part if part.startswith("```") else change(part) for part in parts)


def _link(mark: str, words: str, target: str, path: str, pages: dict[str, Page], repository: str) -> str:
    file, _, anchor = target.partition("#")
    place = os.path.normpath(PurePosixPath(path).parent / file)
    end = f"#{anchor}" if anchor else ""
    here = pages[path]
    if mark and place.startswith("docs/"):
        return f"![{words}]({_go(here.name, place.removeprefix('docs/'))})"
    if place not in pages:
        return f"{mark}[{words}]({repository}/blob/main/{place}{end})"
    there = pages[place]
    if there.language == here.language:
        return f"[{words}]({_go(here.name, there.name)}.md{end})"
    # Sphinx builds the languages apart and does not know each other's pages
    address = _go(f"{here.language}/{here.name}", f"{there.language}/{there.name}")
    return f'<a href="{address}.html{end}">{words}</a>'


def _go(start: str, end: str) -> str:
    return os.path.relpath(end, PurePosixPath(start).parent)
