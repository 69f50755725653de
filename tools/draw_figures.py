"""Draw the pictures of the documentation, in English and in Chinese: python -m tools.draw_figures."""

from __future__ import annotations

import sys
from pathlib import Path

from lenet.cli.main import run

RATES = ("rates", "--data", "digits", "--engine", "reference", "--rates")
FOLDER = Path(__file__).parents[1] / "docs" / "figures"

# picture: the command that draws it, without the name of its file
COMMANDS = {
    "network": ("summary", "--picture"),
    "three": ("explain", "--sample", "3", "-o"),
    "unit-s2": ("explain", "--sample", "3", "--unit", "s2:2:4,5", "-o"),
    "unit-c3": ("explain", "--sample", "3", "--unit", "c3:5:2,7", "-o"),
    "unit-output": ("explain", "--sample", "3", "--unit", "output:3", "-o"),
    "learn": ("explain", "--sample", "3", "--learn", "-o"),
    "steps": ("recognize", str(FOLDER / "page.jpg"), "--steps"),
    "reading": ("read", str(FOLDER / "numbers.png"), "--boxes"),
    "rates": (*RATES, "0.5,0.1,0.02,0.0001", "--seeds", "3", "-o"),
    "rates-noise": (*RATES, "0.01", "--batch", "4", "--epochs", "1", "--seeds", "1", "-o"),
    "rates-every": (*RATES, "0.01", "--batch", "4", "--epochs", "1", "--every", "10", "--seeds", "1", "-o"),
}
FIGURE_SUFFIXES = {"en": ".svg", "zh": ".zh.svg"}


def main() -> int:
    """Draw every picture; the exit code of the first command that fails."""
    for name, words in COMMANDS.items():
        for language, suffix in FIGURE_SUFFIXES.items():
            code = run([*words, str(FOLDER / f"{name}{suffix}"), "--lang", language, "--json"])
            if code:
                return code
    return 0


if __name__ == "__main__":
    sys.exit(main())
