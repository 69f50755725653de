"""Photograph the page while a 7 becomes a 9, for the READMEs: docs/figures/browser.png and browser.zh.png.

python -m tools.photograph_page        needs playwright, and Chromium at /usr/bin/chromium or in $CHROMIUM
"""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

from PIL import Image

from lenet.page.server import PageServer
from lenet.page.site import build_site

FIGURES = Path(__file__).parents[1] / "docs" / "figures"
WIDTH, HEIGHT = 1440, 840
COLOURS = 48
SETTLED = 2500  # milliseconds until the page has answered and has its judge
DRAWN = 120  # milliseconds after a piece of a stroke
STROKES = [
    [(0.30, 0.20), (0.50, 0.19), (0.70, 0.18), (0.64, 0.34), (0.58, 0.50), (0.53, 0.66), (0.48, 0.84)],
    [(0.31, 0.20), (0.30, 0.32), (0.33, 0.42), (0.43, 0.46), (0.54, 0.43), (0.62, 0.36)],
]
FRAME, LAST = 220, 2200  # milliseconds that a frame is shown; that the end of a stroke is


def main() -> None:
    """Draw stroke by stroke, and photograph each piece."""
    from playwright.sync_api import sync_playwright

    server = PageServer(build_site(), 0)
    with server.running(), sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"),
            args=["--no-sandbox", "--disable-gpu"],
        )
        for locale, name in (("en-US", "browser.png"), ("zh-CN", "browser.zh.png")):
            page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, locale=locale)
            page.goto(server.address)
            page.wait_for_timeout(SETTLED)
            write_animation(FIGURES / name, draw_digit(page))
            page.close()
        browser.close()


def draw_digit(page: Any) -> list[tuple[Image.Image, int]]:
    """Draw all strokes; gives the frames and how long each is shown."""
    box = page.locator(".board").bounding_box()
    frames = []
    for stroke in STROKES:
        for number, (x, y) in enumerate(stroke):
            page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"], steps=6)
            if number == 0:
                page.mouse.down()
            page.wait_for_timeout(DRAWN)
            picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
            frames.append((picture, LAST if number == len(stroke) - 1 else FRAME))
        page.mouse.up()
    return frames


def write_animation(path: Path, frames: list[tuple[Image.Image, int]]) -> None:
    """Write an animated PNG; all frames have the colours of the last."""
    palette = frames[-1][0].quantize(COLOURS)
    pictures = [picture.quantize(palette=palette, dither=Image.Dither.NONE) for picture, _ in frames]
    durations = [duration for _, duration in frames]
    pictures[0].save(
        path, save_all=True, append_images=pictures[1:], duration=durations, loop=0, optimize=True
    )


if __name__ == "__main__":
    main()
