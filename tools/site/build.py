"""Build the documents as a site in both languages: python -m tools.site.build FOLDER."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tomllib
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

from lenet.cli.main import run
from tools.site.pages import DOCS, LANGUAGES, ROOT, list_documents, rewrite_links
from tools.site.reference import write_commands, write_python

HERE = Path(__file__).parent
SPHINX = {"en": "en", "zh": "zh_CN"}
TITLES = {"en": "LeNet-5", "zh": "LeNet-5"}
LEARN, USE, MEASURE, REFERENCE = range(4)
GROUPS = {
    "en": ("Learn", "Use", "Measurements", "Reference"),
    "zh": ("学习", "使用", "测量", "参考"),
}
# pages in their order; a document that is not named here is a lesson
NAMES: dict[int, tuple[str, ...]] = {
    LEARN: ("walk", "live", "rates", "notes-corrected", "questions", "from-scratch"),
    USE: ("handwriting", "reading", "bulk", "frameworks", "wasm"),
    MEASURE: ("reproduction", "1998", "variants", "speed", "lab-book"),
    REFERENCE: ("python", "commands", "glossary", "architecture", "contributing", "releasing", "changes"),
}
LIVE = {
    "en": "# The network, live\n\nDraw a digit. It is recognized in this page; no picture is sent anywhere.",
    "zh": "# 动手试一试\n\n写一个数字。一切都在本页中计算，不会发送任何图片。",
}
FRAME = """```{{raw}} html
<iframe class="live" src="../live/index.html#see?lang={0}" title="LeNet-5"></iframe>
```
"""


def write_sources(language: str, folder: Path) -> None:
    """Write what Sphinx reads for one language.

    Args:
        language: "en" or "zh".
        folder: to write to; it is made anew.
    """
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(DOCS / "figures", folder / "figures")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    pages = list_documents()
    own = {path: page.name for path, page in pages.items() if page.language == language}
    for path, name in own.items():
        text = rewrite_links((ROOT / path).read_text("utf-8"), path, pages, project["urls"]["Repository"])
        if name == "index":
            text += _list_contents(language, {*own.values(), "live", "python", "commands"})
        target = folder / f"{name}.md"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, "utf-8")
    (folder / "live.md").write_text(f"{LIVE[language]}\n\n{FRAME.format(language)}", "utf-8")
    (folder / "commands.md").write_text(write_commands(language), "utf-8")
    (folder / "python.rst").write_text(write_python(language), "utf-8")


def _list_contents(language: str, names: set[str]) -> str:
    known = {name for group in NAMES.values() for name in group}
    lines = [""]
    for group, title in enumerate(GROUPS[language]):
        chosen = [name for name in NAMES[group] if name in names]
        if group == LEARN:
            chosen += sorted(names - known - {"index"})
        lines += ["```{toctree}", ":hidden:", f":caption: {title}", "", *chosen, "```", ""]
    return "\n".join(lines)


def build_site(folder: Path) -> int:
    """Build everything; the number of faults, which have been printed.

    Args:
        folder: of the site.
    """
    from sphinx.cmd.build import build_main

    os.environ["COLUMNS"] = "80"
    os.environ["NO_COLOR"] = "1"
    faults = 0
    for language in LANGUAGES:
        sources = folder.with_name(f"{folder.name}-sources") / language
        write_sources(language, sources)
        words = ["-W", "--keep-going", "-q", "-E", "-b", "html", "-c", str(HERE)]
        words += ["-D", f"language={SPHINX[language]}", "-D", f"html_title={TITLES[language]}"]
        shutil.rmtree(folder / language, ignore_errors=True)
        faults += build_main([*words, str(sources), str(folder / language)])
    shutil.rmtree(folder / "live", ignore_errors=True)
    faults += run(["page", "--static", str(folder / "live")])
    shutil.copy(HERE / "index.html", folder / "index.html")
    (folder / ".nojekyll").touch()
    broken = sorted(find_broken(folder))
    print("\n".join(broken), file=sys.stderr)
    return faults + len(broken)


class _Document(HTMLParser):
    """The links and the anchors of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: set[str] = set()
        self.anchors: set[str] = set()
        self.feed(text)

    def handle_starttag(self, _: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.links |= {values[name] or "" for name in ("href", "src") if name in values}
        self.anchors |= {values[name] or "" for name in ("id", "name") if name in values}


def find_broken(folder: Path) -> Iterator[str]:
    """Links within the site that lead nowhere, to a file or to a place in a page."""
    paths = [path for language in LANGUAGES for path in (folder / language).rglob("*.html")]
    documents = {path.resolve(): _Document(path.read_text("utf-8")) for path in paths}
    for path, document in documents.items():
        for link in document.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            there = documents.get(target)
            if not target.exists() or (
                there and parts.fragment and unquote(parts.fragment) not in there.anchors
            ):
                yield f"{path.relative_to(folder.resolve())}: {link} leads nowhere"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    sys.exit(1 if build_site(parser.parse_args().folder) else 0)
