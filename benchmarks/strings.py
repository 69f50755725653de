"""Numbers of two to six handwritten digits as pictures: spaced, touching, overlapping, on rough paper.

Each is made of MNIST's digits from a key alone: its kind, its length, its place. Committed before the reader
was tuned. What is decided is decided on digits of the validation part, the last 5,000 of MNIST's training
file; the test digits serve once, at the end. `draw_sheet` makes whole pages of such numbers, ruled, lit and
skewed.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.corruptions import save
from lenet.data.idx import read_idx
from lenet.images.read import read_picture

SEED = 18
LENGTHS = range(2, 7)
EACH = 100  # numbers of each kind and length in a whole set
HELD_OUT = 5000  # the last so many training images: the validation part
SOLID = 100  # MNIST's grey level from which ink counts where digits touch

# kind: the horizontal gap between neighbours, least and most, in MNIST's pixels, where they are nearest to
# each other; below 0 the second digit is pushed into the first by as many
GAPS = {
    "spaced": (4, 10),
    "tight": (1, 3),
    "touch": (0, 0),
    "over1": (-1, -1),
    "over2": (-2, -2),
    "over3": (-3, -3),
    "over4": (-4, -4),
    "noisy": (2, 8),
}
KINDS = tuple(GAPS)
MARGIN = 80  # pixels around a page before it is turned
RUN_IN = 2  # rows, up and down, within which two digits are as near as their ink is across


@dataclass(frozen=True)
class Digits:
    """Digits to write with.

    Args:
        images: (N, 28, 28) uint8, MNIST's.
        labels: (N,) uint8.
    """

    images: np.ndarray
    labels: np.ndarray

    def pick(self, random: np.random.Generator) -> tuple[str, np.ndarray]:
        """One of them: its label, and its ink cropped to its box, 0 to 255."""
        place = int(random.integers(len(self.images)))
        ink = self.images[place].astype(np.float64)
        rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
        return str(self.labels[place]), ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def read_digits(folder: Path, part: str) -> Digits:
    """The digits of a part of MNIST: "validation" or "test"."""
    file, rows = {"validation": ("train", slice(-HELD_OUT, None)), "test": ("t10k", slice(None))}[part]
    images, labels = (read_idx(folder / f"{file}-{name}-ubyte.gz") for name in ("images-idx3", "labels-idx1"))
    return Digits(images[rows], labels[rows])


def place_digits(glyphs: list[np.ndarray], gaps: list[int], drops: list[int]) -> np.ndarray:
    """Digits on one line, each as near to the one before as its gap says.

    Args:
        glyphs: (h, w) ink, 0 to 255.
        gaps: pixels between neighbours where they are nearest, for all but the first; below 0 they overlap.
        drops: pixels by which each stands lower than the line.
    Returns:
        (N, H, W) the ink of each alone, 0 to 255; their maximum is the line.
    """
    height = max(len(glyph) for glyph in glyphs) + 2 * max(map(abs, drops))
    width = sum(glyph.shape[1] for glyph in glyphs) + sum(max(0, gap) for gap in gaps)
    layers = np.zeros((len(glyphs), height, width))
    end = 0
    for number, (glyph, drop) in enumerate(zip(glyphs, drops, strict=True)):
        top = (height - len(glyph)) // 2 + drop
        left = _find_left(layers[:number].max(axis=0), glyph, top, gaps[number - 1]) if number else 0
        layers[number, top : top + len(glyph), left : left + glyph.shape[1]] = glyph
        end = max(end, left + glyph.shape[1])
    return layers[:, :, :end]


def _find_left(line: np.ndarray, glyph: np.ndarray, top: int, gap: int) -> int:
    """Where a glyph begins so that its ink is `gap` pixels from what stands on the line."""
    ends = np.full(len(line), -1)
    for row in range(len(line)):
        columns = np.flatnonzero(line[row] >= SOLID)
        ends[row] = columns[-1] if len(columns) else -1
    nearest = 0
    for row in range(len(glyph)):
        columns = np.flatnonzero(glyph[row] >= SOLID)
        around = ends[max(0, top + row - RUN_IN) : top + row + RUN_IN + 1]
        if len(columns) and len(around) and around.max() >= 0:
            nearest = max(nearest, int(around.max()) + 1 - int(columns[0]))
    # digits that share no row stand side by side all the same
    used = int(np.flatnonzero(line.any(axis=0))[-1]) + 1
    return max(nearest + gap, used - glyph.shape[1] // 2, 0)


def draw_ink(digits: Digits, kind: str, length: int, random: np.random.Generator) -> tuple[str, np.ndarray]:
    """A number and its ink, (H, W) of 0 to 255, in MNIST's size."""
    labels, glyphs = zip(*(digits.pick(random) for _ in range(length)), strict=True)
    least, most = GAPS[kind]
    gaps = random.integers(least, most + 1, length - 1).tolist()
    drops = random.integers(-2, 3, length).tolist()
    return "".join(labels), place_digits(list(glyphs), gaps, drops).max(axis=0)


def draw_number(digits: Digits, kind: str, length: int, index: int) -> tuple[str, bytes]:
    """One number of a set.

    Args:
        digits: to write with.
        kind: one of `KINDS`.
        length: how many digits, 2 to 6.
        index: its place, which with kind and length decides everything random; a set ends before `EACH`.
    Returns:
        The number, and a PNG file's content: dark ink on lighter paper, the digits 40 to 100 pixels tall.
    """
    random = np.random.default_rng([SEED, *kind.encode(), length, index])
    number, ink = draw_ink(digits, kind, length, random)
    ink = enlarge(ink, random.uniform(2, 5))
    page = np.pad(np.zeros_like(ink), int(random.integers(8, 40)))
    top, left = ((outer - inner) // 2 for outer, inner in zip(page.shape, ink.shape, strict=True))
    page[top : top + ink.shape[0], left : left + ink.shape[1]] = ink
    paper, depth = random.uniform(200, 250), random.uniform(0.6, 0.9)
    picture = paper * (1 - depth * page / 255)
    if kind == "noisy":
        picture = light(picture, random) + random.normal(0, random.uniform(4, 14), picture.shape)
    return number, save(picture)


def enlarge(ink: np.ndarray, scale: float) -> np.ndarray:
    """Ink of 0 to 255 at another size."""
    size = (max(1, round(ink.shape[1] * scale)), max(1, round(ink.shape[0] * scale)))
    return np.clip(
        np.asarray(Image.fromarray(ink.astype(np.float32)).resize(size, Image.Resampling.BICUBIC)), 0, 255
    )


def light(picture: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """The picture under a lamp at one side: down to about two thirds of its light at the other."""
    angle, fall = random.uniform(0, 2 * np.pi), random.uniform(0.1, 0.35)
    y, x = (np.linspace(-1, 1, side) for side in picture.shape)
    slope = (np.cos(angle) * x[None] + np.sin(angle) * y[:, None]) / 2**0.5
    return picture * (1 - fall * (slope + 1) / 2)


def draw_sheet(
    digits: Digits, index: int, rows: int, length: int = 6, *, ruled: bool = True, skew: float | None = None
) -> tuple[list[str], bytes]:
    """A page of numbers, one a line, photographed.

    Args:
        digits: to write with.
        index: decides everything random.
        rows: how many numbers.
        length: digits in each.
        ruled: whether lines are printed under the numbers.
        skew: degrees by which the page is turned, 0 to 5 either way; random up to 5 if None.
    Returns:
        The numbers from top to bottom, and a PNG file's content.
    """
    random = np.random.default_rng([SEED, *b"sheet", rows, length, index])
    scale, pitch = 2.0, 64
    # the margin is cut off after the turn, so that lines run from edge to edge
    page = np.zeros((rows * pitch + 2 * (60 + MARGIN), 480 + 2 * MARGIN))
    numbers = []
    for row in range(rows):
        number, ink = draw_ink(digits, "tight" if random.random() < 0.5 else "spaced", length, random)
        ink = enlarge(ink, scale)
        base = MARGIN + 60 + row * pitch + 50
        top = base - len(ink) + int(random.integers(-2, 3))
        left = MARGIN + 50 + int(random.integers(0, 30))
        page[top : top + len(ink), left : left + ink.shape[1]] = ink
        numbers.append(number)
    lines = np.zeros_like(page)
    if ruled:
        for row in range(rows + 1):
            lines[MARGIN + 50 + row * pitch : MARGIN + 52 + row * pitch] = 90
    page = np.maximum(page, lines)
    turn = random.uniform(-5, 5) if skew is None else skew
    turned = Image.fromarray(page.astype(np.float32)).rotate(turn, Image.Resampling.BICUBIC)
    ink = np.clip(np.asarray(turned)[MARGIN:-MARGIN, MARGIN:-MARGIN], 0, 255) / 255
    picture = random.uniform(205, 240) * (1 - 0.75 * ink)
    return numbers, save(light(picture, random) + random.normal(0, 4, picture.shape))


def main() -> None:
    """Draw some numbers of every kind, one kind a row, to be looked at."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the folder of MNIST's files")
    parser.add_argument("--sheet", type=Path, required=True, help="the PNG to write")
    arguments = parser.parse_args()
    digits = read_digits(arguments.data, "validation")
    rows = []
    for kind in KINDS:
        row = np.full((70, 1200), 255, np.uint8)
        for column, length in enumerate(LENGTHS):
            tile = Image.fromarray(read_picture(draw_number(digits, kind, length, column)[1]))
            tile.thumbnail((230, 66))
            row[: tile.height, 240 * column : 240 * column + tile.width] = np.asarray(tile)
        rows.append(row)
    Image.fromarray(np.concatenate(rows)).save(arguments.sheet)


if __name__ == "__main__":
    main()
