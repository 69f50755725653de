"""Strokes on the page's board, as the mouse draws them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

SEVEN = ((0.3, 0.2), (0.7, 0.2), (0.5, 0.5), (0.45, 0.8))


# words that are wider than their place
CLIPPED = """() =>
  [...document.querySelectorAll("h1, h2, h3, p, button, label, legend, output, select, b, span, a, th, td")]
    .filter((one) => one.checkVisibility() && one.clientWidth > 1 && one.scrollWidth > one.clientWidth + 1)
    .map((one) => one.textContent)"""


def draw(page: Any, points: Sequence[tuple[float, float]] = SEVEN, size: float = 1.0) -> None:
    """Draw one stroke through points, in shares of the board's width and height; `size` shrinks it."""
    page.locator(".board").scroll_into_view_if_needed()
    box = page.locator(".board").bounding_box()
    places = [(box["x"] + size * x * box["width"], box["y"] + size * y * box["height"]) for x, y in points]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=10)
    page.mouse.up()
