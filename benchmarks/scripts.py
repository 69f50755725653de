"""Letters and digits of other scripts, signs, table corners and pairs of digits, as pens draw them; textures.

Two sets that share no script, no font and no random number: "tuning", from which the judge learns, and
"evaluation", on which nothing is decided. The glyphs are those of Debian's fonts-noto-core and
fonts-noto-cjk; each is redrawn with a pen of its own, bent and slanted, and laid on paper.

    python -m benchmarks.scripts --sheet tuning sheet.png
    python -m benchmarks.scripts [--network NAME]
"""

from __future__ import annotations

import argparse
import json
import sys
import tomllib
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from scipy import ndimage

import lenet
from benchmarks.corruptions import save
from benchmarks.handwriting import Read, read_back, show
from benchmarks.nondigits import count_verdicts, lay_on_paper
from benchmarks.provenance import describe_run, name_network
from lenet.images.geometry import crop
from lenet.images.hands import draw_digit
from lenet.images.read import read_picture
from lenet.images.strokes import change_width, measure_width
from lenet.storage import write_text

ROOT = Path(__file__).parents[1]
FONTS = Path("/usr/share/fonts")
EACH = 125  # pictures of each script in a set that is measured
SEEDS = {"tuning": 5, "evaluation": 6}
SIDE = 96  # pixels of a glyph

SCRIPTS: dict[str, dict[str, dict[str, str]]] = tomllib.loads(
    Path(__file__).with_suffix(".toml").read_text("utf-8")
)


@cache
def find_font(name: str, size: int) -> ImageFont.FreeTypeFont:
    """A font of Debian's packages.

    Raises:
        FileNotFoundError: the packages are not installed.
    """
    for path in sorted(FONTS.rglob(name)):
        return ImageFont.truetype(str(path), size)
    raise FileNotFoundError(f"{name} under {FONTS}: apt install fonts-noto-core fonts-noto-cjk")


def draw_glyph(part: str, script: str, random: np.random.Generator) -> np.ndarray:
    """A character of a script as a pen draws it: (H, W), 0 to 1."""
    characters = SCRIPTS[part][script]["characters"]
    page = Image.new("L", (3 * SIDE, 3 * SIDE))
    character = characters[int(random.integers(len(characters)))]
    font = find_font(SCRIPTS[part][script]["font"], SIDE)
    ImageDraw.Draw(page).text((SIDE, SIDE // 2), character, 255, font)
    return redraw(np.asarray(page, np.float32) / 255, random)


def redraw(ink: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Bend, slant and turn ink, and draw it with a pen of another width."""
    ink = np.pad(crop((ink > 0.5).astype(np.float32)), 16)
    angle, slant, wide = random.uniform(-0.2, 0.2), random.uniform(-0.3, 0.3), 2 ** random.uniform(-0.4, 0.4)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    matrix = np.linalg.inv(turn @ np.array([[1, 0], [slant, wide]]))
    out = [int(1.7 * side) for side in ink.shape]
    middle, centre = (np.array(shape) / 2 for shape in (ink.shape, out))
    grid = np.indices(out) - centre[:, None, None]
    bends = random.normal(size=(2, *out))
    bends = np.stack([ndimage.gaussian_filter(bend, 12) for bend in bends])
    bends *= random.uniform(1, 4) / bends.std()
    places = np.tensordot(matrix, grid, 1) + middle[:, None, None] + bends
    drawn = crop((ndimage.map_coordinates(ink, places, order=1) > 0.5).astype(np.float32))
    wanted = max(drawn.shape) * random.uniform(0.05, 0.13)
    change = wanted - measure_width(np.pad(drawn, 1), 1.0)
    return crop(change_width(np.pad(drawn, int(abs(change)) + 3), change, 1.0))


def draw_pair(_: str, __: str, random: np.random.Generator) -> np.ndarray:
    """Two digits that touch."""
    seed = int(random.integers(2**31))
    first, second = (crop(draw_digit(int(random.integers(10**6)), seed + k)[0]) / 255 for k in (0, 1))
    height = max(len(first), len(second))
    first, second = (
        np.pad(ink, ((height - len(ink) - (height - len(ink)) // 2, (height - len(ink)) // 2), (0, 0)))
        for ink in (first, second)
    )
    overlap = int(random.integers(1, 4))
    width = first.shape[1] + second.shape[1] - overlap
    both = np.zeros((height, width))
    both[:, : first.shape[1]] = first
    both[:, width - second.shape[1] :] = np.maximum(both[:, width - second.shape[1] :], second)
    return np.clip(ndimage.zoom(both, 4, order=1), 0, 1)


def draw_table(_: str, __: str, random: np.random.Generator) -> np.ndarray:
    """A corner, a tee, a cross or a ladder of a table's rules."""
    side = 90
    ink = np.zeros((side, side))
    thick = int(random.integers(3, 9))
    across, down = (int(value) for value in random.integers(0, side - thick, 2))
    ends = np.sort(random.integers(0, side, (2, 2)), axis=1)
    ink[across : across + thick, ends[0, 0] : max(ends[0, 1], ends[0, 0] + 40)] = 1
    ink[ends[1, 0] : max(ends[1, 1], ends[1, 0] + 40), down : down + thick] = 1
    if random.random() < 0.5:
        other = int(random.integers(0, side - thick))
        ink[other : other + thick, ends[0, 0] : max(ends[0, 1], ends[0, 0] + 40)] = 1
    return crop(ink)


def draw_texture(random: np.random.Generator) -> np.ndarray:
    """Something like a piece of a photograph: clouds of several sizes, edges between shades, and blur."""
    side = int(random.integers(28, 160))
    page = np.zeros((side, side))
    for width in (2, 5, 12, 30):
        cloud = ndimage.gaussian_filter(random.normal(size=page.shape), width, mode="wrap")
        page += random.uniform(0, 1) * cloud / cloud.std()
    ys, xs = np.indices(page.shape) / side - 0.5
    for _ in range(int(random.integers(0, 6))):
        angle, place = random.uniform(0, 2 * np.pi), random.uniform(-0.4, 0.4)
        if random.random() < 0.5:
            inside = np.cos(angle) * xs + np.sin(angle) * ys > place
        else:
            inside = np.hypot(xs - place, ys - random.uniform(-0.4, 0.4)) < random.uniform(0.05, 0.4)
        page += inside * random.normal(0, 1.5)
    page = ndimage.gaussian_filter(page, random.uniform(0.3, 2.5))
    low, high = np.sort(random.uniform(0, 255, 2))
    page = (page - page.min()) / max(float(np.ptp(page)), 1e-9)
    return low + page * max(high - low, 25)


TEXTURES = "textures"
OTHERS: dict[str, Callable[[str, str, np.random.Generator], np.ndarray]] = {
    "two digits": draw_pair,
    "table rules": draw_table,
}


def draw_picture(part: str, kind: str, index: int) -> bytes:
    """One picture of a set, as a file's content.

    Args:
        part: "tuning" or "evaluation".
        kind: a script of that part, one of `OTHERS`, or `TEXTURES`.
        index: its place, which decides everything random.
    """
    random = np.random.default_rng([SEEDS[part], *kind.encode(), index])
    if kind == TEXTURES:
        return save(draw_texture(random))
    ink = OTHERS[kind](part, kind, random) if kind in OTHERS else draw_glyph(part, kind, random)
    return lay_on_paper(ink, random)


def read_foreign(task: tuple[str, str, int]) -> Read:
    """One picture of a set, made and read."""
    return read_back(draw_picture(*task))


def measure_scripts(network: lenet.Network, part: str, processes: int) -> dict[str, dict[str, float]]:
    """The verdicts on each kind of a set, in percent."""
    with ProcessPoolExecutor(processes) as pool:
        return {
            kind: count_verdicts(
                network, list(pool.map(read_foreign, [(part, kind, index) for index in range(EACH)]))
            )
            for kind in [*SCRIPTS[part], *OTHERS, TEXTURES]
        }


def main() -> None:
    """Write a network's verdicts as JSON, or draw a sheet of a set, each kind in a row."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--network", default="best", help="a bundled network's name or a file")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--sheet", nargs=2, metavar=("PART", "PNG"), help="draw a set instead")
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks/results/scripts.json")
    arguments = parser.parse_args()
    if arguments.sheet:
        part, path = arguments.sheet
        rows = [
            np.concatenate([show(read_picture(draw_picture(part, kind, k))) for k in range(24)], axis=1)
            for kind in [*SCRIPTS[part], *OTHERS, TEXTURES]
        ]
        Image.fromarray(np.concatenate(rows)).save(path)
        return
    network = lenet.load(arguments.network)
    report = describe_run(sys.argv) | {
        "seeds": SEEDS,
        "network": arguments.network,
        "network_sha256": name_network(network),
        **{part: measure_scripts(network, part, arguments.processes) for part in SEEDS},
    }
    write_text(arguments.out, json.dumps(report, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
