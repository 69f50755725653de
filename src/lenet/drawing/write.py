"""A picture as a file, SVG or PNG by its suffix, in the reader's language where a font allows it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from lenet.drawing.drawing import PNG_SCALE, Drawing, draw_png, render_svg
from lenet.drawing.fonts import find_chinese_font
from lenet.errors import UsageError
from lenet.storage import open_whole, write_text
from lenet.texts import get_language

DRAWING_SUFFIXES = (".svg", ".png")


def check_drawing_suffix(path: Path) -> None:
    """Refuse a file that is neither SVG nor PNG.

    Raises:
        UsageError: another suffix.
    """
    suffix = path.suffix.lower()
    if suffix not in DRAWING_SUFFIXES:
        raise UsageError("pictures.suffix", path=path, suffix=suffix, choices=", ".join(DRAWING_SUFFIXES))


def save_picture(
    compose: Callable[[str], Drawing], path: Path, language: str | None = None, scale: float = PNG_SCALE
) -> str:
    """Draw a picture into a file; equal drawings give equal bytes.

    Args:
        compose: gives the drawing in a language, "en" or "zh".
        path: a file ending in .svg (light or dark, as its reader is) or .png (light).
        language: of the words; the reader's by default.
        scale: pixels of a PNG for each unit of the drawing.
    Returns:
        The language of its words: English in a PNG where no font with Chinese characters is installed.
    Raises:
        UsageError: another suffix.
        FileError: the file cannot be written.
    """
    check_drawing_suffix(path)
    language = language or get_language()
    if path.suffix.lower() == ".svg":
        write_text(path, render_svg(compose(language)))
        return language
    if language == "zh" and find_chinese_font() is None:
        language = "en"
    with open_whole(path) as part:
        draw_png(compose(language), scale).save(part, "PNG")
    return language
