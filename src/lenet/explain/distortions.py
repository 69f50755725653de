"""Figure 7 of the paper beside ours: digits under its distortions, as recovered and as we draw them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files

import numpy as np

from lenet.architecture import FIELD, ORIGINAL, PIXEL_OFFSET
from lenet.drawing.drawing import Drawing, Words
from lenet.drawing.sentences import Sentences
from lenet.explain.panels import BRIGHTEST, draw_map
from lenet.images.distort import distort_images, draw_maps
from lenet.training.recipe import load_recipe

ROWS = COLUMNS = 10  # of figure 7: a row for each digit
RECIPE = "1998-distorted"

UNIT, GAP = 1.5, 5.0  # of the drawing
STEP = FIELD * UNIT + GAP
LEFT, TOP, BETWEEN = 24.0, 84.0, 44.0


@dataclass(frozen=True, eq=False)
class Distortions:
    """The same digits, moved by two sets of maps.

    Args:
        digits: (100, 28, 28) uint8, ten rows of ten.
        published: (100, 2, 3) the maps recovered from figure 7.
        ours: (100, 2, 3) drawn from the ranges of a recipe.
    """

    digits: np.ndarray
    published: np.ndarray
    ours: np.ndarray

    @cached_property
    def ranges(self) -> dict[str, tuple[tuple[float, float], tuple[float, float]]]:
        """Least and greatest of each amount: in figure 7, and in ours."""
        pairs = zip(measure_amounts(self.published), measure_amounts(self.ours), strict=True)
        return {
            name: ((float(theirs.min()), float(theirs.max())), (float(own.min()), float(own.max())))
            for (name, theirs), (_, own) in pairs
        }


def read_figure_7() -> np.ndarray:
    """The maps of figure 7, row by row.

    Returns:
        (100, 2, 3) float64 as `draw_maps` gives them.
    Source:
        LeCun et al. 1998, figure 7: fitted to the printed samples, see `figure7.csv`.
    """
    text = files("lenet.explain").joinpath("figure7.csv").read_text("utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    table = np.array([line.split(",") for line in lines[1:]], float)
    assert table.shape == (ROWS * COLUMNS, len(lines[0].split(",")))
    maps = np.empty((len(table), 2, 3))
    maps[:, :, :2] = table[:, 4:8].reshape(-1, 2, 2)
    maps[:, :, 2] = table[:, 8:]
    return maps


def compare_distortions(digits: np.ndarray, seed: int = 0) -> Distortions:
    """Set figure 7's maps beside 100 of our own.

    Args:
        digits: (10, 28, 28) uint8, one for each row.
        seed: of ours.
    """
    distortion = load_recipe(RECIPE, ORIGINAL).distortion
    ours = draw_maps(distortion, seed, 0, np.arange(ROWS * COLUMNS))
    return Distortions(np.repeat(digits, COLUMNS, axis=0), read_figure_7(), ours)


def measure_amounts(maps: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    """Take maps apart: shear first, then size and squeeze, then shift.

    Args:
        maps: (N, 2, 3), without rotation.
    Yields:
        scale (factor of size), squeeze (factor of width, the inverse of that of height), shear (pixels to
        the side for each pixel down), right and down (shift of the field's middle in pixels); (N,) each.
    """
    width, height = maps[:, 0, 0], maps[:, 1, 1]
    yield "scale", np.sqrt(width * height)
    yield "squeeze", np.sqrt(width / height)
    yield "shear", maps[:, 0, 1] / width
    yield "right", maps[:, 0, 2]
    yield "down", maps[:, 1, 2]


def compose_distortions(distortions: Distortions, language: str) -> Drawing:
    """Draw both sets side by side, ten rows of ten digits each.

    Args:
        distortions: what to draw.
        language: "en" or "zh".
    """
    words = Sentences(language)
    side = COLUMNS * STEP - GAP
    drawing = Drawing(2 * LEFT + 2 * side + BETWEEN, TOP + side + 24, words("explain.distortions_title"))
    sets = (("distortions_published", distortions.published), ("distortions_ours", distortions.ours))
    for number, (key, maps) in enumerate(sets):
        left = LEFT + number * (side + BETWEEN)
        title, note = words(f"explain.{key}", recipe=RECIPE).split("\n")
        drawing.add(
            Words(left, TOP - 46, title, 16, anchor="start", bold=True),
            Words(left, TOP - 24, note, 12.5, "soft", "start"),
        )
        fields = distort_images(distortions.digits, maps)[:, 0]
        ink = (fields - PIXEL_OFFSET) / (BRIGHTEST - PIXEL_OFFSET)
        for place, values in enumerate(ink):
            row, column = divmod(place, COLUMNS)
            draw_map(drawing, (left + column * STEP, TOP + row * STEP), UNIT, values)
    return drawing
