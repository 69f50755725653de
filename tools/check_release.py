"""Refuse a release that is not ready: python -m tools.check_release v1.2.3."""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
NOBODYS = "https://example.org/"  # reserved for examples (RFC 2606)


def find_faults(tag: str, root: Path = ROOT) -> Iterator[str]:
    """What has to be changed before the tag can be published.

    Args:
        tag: such as v1.2.3.
        root: of the checkout.
    """
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
    version = project["version"]
    if tag != f"v{version}":
        yield f"The tag is {tag}, and pyproject.toml has version {version}: make them equal."
    if f"version: {version}\n" not in (root / "CITATION.cff").read_text("utf-8"):
        yield f"CITATION.cff does not have version: {version}."
    heading = f"## [{version}] - "
    lines = [
        line for line in (root / "CHANGELOG.md").read_text("utf-8").splitlines() if line.startswith(heading)
    ]
    if not lines or lines[0].endswith("unreleased"):
        yield f"CHANGELOG.md has no dated section: {heading}YYYY-MM-DD"
    if project["urls"]["Repository"].startswith(NOBODYS):
        yield f"pyproject.toml still has {NOBODYS}: write the address of the repository."


def main(tag: str) -> int:
    """Print every fault; 1 where there is one."""
    faults = list(find_faults(tag))
    print("\n".join(faults) or f"{tag} is ready.")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
