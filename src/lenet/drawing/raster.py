"""A grey picture inside of a drawing, as the camera or a step of its clean-up made it."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass, field
from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from PIL.Image import Image


@dataclass(frozen=True)
class Raster:
    """Grey pixels, scaled to a width; the same in light and dark.

    Args:
        x: left edge.
        y: upper edge.
        width: in units of the drawing; the height follows.
        pixels: (h, w) uint8, 0 black to 255 white.
    """

    x: float
    y: float
    width: float
    pixels: np.ndarray = field(compare=False)

    @property
    def height(self) -> float:
        """In units of the drawing."""
        return self.width * self.pixels.shape[0] / self.pixels.shape[1]


def render_raster(raster: Raster) -> str:
    """The pixels as an SVG image with its content inside."""
    from PIL import Image

    content = BytesIO()
    Image.fromarray(raster.pixels).save(content, "PNG", optimize=True)
    place = f'x="{raster.x:.5g}" y="{raster.y:.5g}" width="{raster.width:.5g}" height="{raster.height:.5g}"'
    source = f"data:image/png;base64,{b64encode(content.getvalue()).decode()}"
    return f'<image {place} preserveAspectRatio="none" style="image-rendering:pixelated" href="{source}"/>'


def draw_raster(image: Image, raster: Raster, scale: float) -> None:
    """Put the pixels into a picture, each as a square.

    Args:
        image: RGB.
        raster: what to draw.
        scale: pixels of the picture for one unit of the drawing.
    """
    from PIL import Image

    size = (max(1, round(raster.width * scale)), max(1, round(raster.height * scale)))
    shown = Image.fromarray(raster.pixels).resize(size, Image.Resampling.NEAREST)
    image.paste(shown.convert("RGB"), (round(raster.x * scale), round(raster.y * scale)))
