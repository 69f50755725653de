"""Pictures that show no digit: letters, scribbles, crops of photographs. How many does a network refuse?

Two sets that share no font, no photograph and no random number: "tuning", on which refusal may be decided,
and "evaluation", on which nothing is. Both were committed before refusal was tuned. Every picture is a file's
content and goes the whole way of a person's picture.
"""

from __future__ import annotations

import argparse
import json
import string
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

import lenet
from benchmarks.corruptions import save
from benchmarks.handwriting import Read, read_back, show
from benchmarks.provenance import describe_run, name_network
from lenet.calibration import calibrate, measure_calibration
from lenet.codes import code
from lenet.data.idx import read_idx
from lenet.images.hands import follow
from lenet.images.read import read_picture
from lenet.storage import write_text
from tools.draw_samples import PLACES, cover

ROOT = Path(__file__).parents[1]

EACH = 125  # pictures of each kind in a set: 500 in all
SEEDS = {"tuning": 3, "evaluation": 4}
FONT_FOLDER = ROOT / "build" / "fonts"  # `make build/fonts/cmr10.ttf`: the same on every machine
FONTS = {
    "tuning": ("DejaVuSans", "DejaVuSerif-Italic", "STIXGeneral", "cmtt10"),
    "evaluation": ("DejaVuSansMono-Bold", "DejaVuSerif", "STIXGeneralItalic", "cmss10", "cmr10"),
}
PHOTOGRAPHS = {"tuning": "china.jpg", "evaluation": "flower.jpg"}  # scikit-learn's
# Source: LeCun et al. 1998, section II.B names the characters that look like 0 and 1, and that only context
# can tell from them: they are drawn and reported, but apart.
ALIKE = "OoIl"
LETTERS = "".join(letter for letter in string.ascii_letters if letter not in ALIKE)


def lay_on_paper(ink: np.ndarray, random: np.random.Generator) -> bytes:
    """Ink, (H, W) of 0 to 1, dark on light paper with some margin and grain."""
    sides = [round(side * random.uniform(1.3, 2)) for side in ink.shape]
    top, left = (int(random.integers(0, side - own + 1)) for side, own in zip(sides, ink.shape, strict=True))
    page = random.normal(random.uniform(190, 240), random.uniform(0, 5), sides)
    page[top : top + ink.shape[0], left : left + ink.shape[1]] *= 1 - ink * random.uniform(0.6, 0.95)
    return save(page)


def resize(ink: np.ndarray, width: int, height: int, filter_: Image.Resampling) -> np.ndarray:
    """Ink of 0 to 1 at another size."""
    scaled = Image.fromarray(ink.astype(np.float32)).resize((width, height), filter_)
    return np.clip(np.asarray(scaled), 0, 1)


def draw_code(letters: str, random: np.random.Generator, _: str) -> bytes:
    """A letter as its 7x12 code: blocks, or smoothed."""
    ink = np.pad(code(random.choice(list(letters))).reshape(12, 7) > 0, 1)
    scale = int(random.integers(5, 16))
    smooth = random.random() < 0.5
    filter_ = Image.Resampling.BICUBIC if smooth else Image.Resampling.NEAREST
    return lay_on_paper(resize(ink, 9 * scale, 14 * scale, filter_), random)


def draw_letter(letters: str, random: np.random.Generator, part: str) -> bytes:
    """A letter of a font."""
    path = FONT_FOLDER / f"{random.choice(FONTS[part])}.ttf"
    size = int(random.integers(40, 160))
    page = Image.new("L", (2 * size, 2 * size))
    font = ImageFont.truetype(str(path), size)
    ImageDraw.Draw(page).text((size // 2, size // 3), str(random.choice(list(letters))), 255, font)
    box = page.getbbox()
    assert box, "every letter has ink"
    rows, columns = (slice(*side) for side in zip(*np.reshape(box, (2, 2))[:, ::-1].tolist(), strict=True))
    return lay_on_paper(np.asarray(page)[rows, columns] / 255, random)


def draw_scribble(_: str, random: np.random.Generator, __: str) -> bytes:
    """Strokes that mean nothing: a tangle, a zigzag, a hatching, a spiral, a star, or a knot of arcs."""
    side = int(random.integers(60, 180))
    ink = np.zeros((side, side))
    for points in SCRIBBLES[int(random.integers(len(SCRIBBLES)))](random):
        path = follow(np.clip(np.asarray(points, float), 8, 92) * side / 100, PLACES)
        radii = np.full(len(path), side * random.uniform(0.012, 0.04))
        ink = np.maximum(ink, cover(path, radii, side))
    return lay_on_paper(ink, random)


def _tangle(random: np.random.Generator) -> list[np.ndarray]:
    return [random.uniform(10, 90, (int(random.integers(8, 16)), 2))]


def _zigzag(random: np.random.Generator) -> list[np.ndarray]:
    turns = int(random.integers(6, 12))
    up = np.where(np.arange(turns) % 2, 15, 85) + random.normal(0, 6, turns)
    points = np.stack([np.linspace(12, 88, turns) + random.normal(0, 2, turns), up], axis=1)
    return [points if random.random() < 0.5 else points[:, ::-1]]


def _hatching(random: np.random.Generator) -> list[np.ndarray]:
    lines = int(random.integers(4, 8))
    slope = random.uniform(-25, 25)
    ends = [
        (np.array([[x - slope, 12], [x, 50], [x + slope, 88]]) + random.normal(0, 3, (3, 2)))
        for x in np.linspace(15, 85, lines)
    ]
    bar = np.array([[10, random.uniform(30, 70)], [50, random.uniform(30, 70)], [90, random.uniform(30, 70)]])
    return [*ends, bar]


def _spiral(random: np.random.Generator) -> list[np.ndarray]:
    angles = np.linspace(0, random.uniform(2.5, 4) * 2 * np.pi, 40)
    radii = np.linspace(3, 40, 40) + random.normal(0, 0.7, 40)
    return [50 + np.stack([np.cos(angles) * radii, np.sin(angles) * radii * random.uniform(0.7, 1)], axis=1)]


def _star(random: np.random.Generator) -> list[np.ndarray]:
    strokes = int(random.integers(3, 6))
    angles = np.arange(strokes) * np.pi / strokes + random.uniform(0, np.pi)
    reach = np.stack([np.cos(angles), np.sin(angles)], axis=1) * random.uniform(28, 42, (strokes, 1))
    return [np.array([50 - end, [50 + random.normal(0, 3), 50], 50 + end], float) for end in reach]


def _knot(random: np.random.Generator) -> list[np.ndarray]:
    return [
        random.uniform(10, 90, (int(random.integers(3, 6)), 2)) for _ in range(int(random.integers(3, 6)))
    ]


SCRIBBLES: list[Callable[[np.random.Generator], list[np.ndarray]]] = [
    *(_tangle, _zigzag, _hatching, _spiral, _star, _knot),
]


def crop_photograph(_: str, random: np.random.Generator, part: str) -> bytes:
    """A square of a photograph, in grey."""
    import sklearn

    path = Path(sklearn.__file__).parent / "datasets" / "images" / PHOTOGRAPHS[part]
    with Image.open(path) as photograph:
        page = np.asarray(photograph.convert("L"))
    side = int(random.integers(28, 240))
    top, left = (int(random.integers(0, length - side + 1)) for length in page.shape)
    return save(page[top : top + side, left : left + side])


KINDS: dict[str, tuple[Callable[[str, np.random.Generator, str], bytes], str]] = {
    "letters of the 7x12 codes": (draw_code, LETTERS),
    "letters of fonts": (draw_letter, LETTERS),
    "scribbles": (draw_scribble, ""),
    "crops of photographs": (crop_photograph, ""),
}
APART: dict[str, tuple[Callable[[str, np.random.Generator, str], bytes], str]] = {
    f"{ALIKE} of the 7x12 codes": (draw_code, ALIKE),
    f"{ALIKE} of fonts": (draw_letter, ALIKE),
}


# digits all the same, though nobody's hand wrote them: how many of these are refused?
PRINTED: dict[str, Callable[[str, np.random.Generator, str], bytes]] = {
    "digits of the 7x12 codes": draw_code,
    "digits of fonts": draw_letter,
}


def draw_picture(part: str, kind: str, index: int) -> bytes:
    """One picture of a set.

    Args:
        part: "tuning" or "evaluation".
        kind: one of `KINDS`, `APART` or `PRINTED`; of the last it shows the digit `index % 10`.
        index: its place, which decides everything random; a set ends before `EACH`.
    """
    random = np.random.default_rng([SEEDS[part], *kind.encode(), index])
    if kind in PRINTED:
        return PRINTED[kind](str(index % 10), random, part)
    draw, letters = (KINDS | APART)[kind]
    return draw(letters, random, part)


def read_part(part: str, processes: int) -> dict[str, list[Read]]:
    """Every picture of a set, read as a person's: what was found, and seconds, by kind."""
    read = {}
    with ProcessPoolExecutor(processes) as pool:
        for kind in [*KINDS, *APART, *PRINTED]:
            read[kind] = list(pool.map(read_nondigit, [(part, kind, index) for index in range(EACH)]))
    return read


def read_nondigit(task: tuple[str, str, int]) -> Read:
    """One picture of a set, made and read."""
    return read_back(draw_picture(*task))


def count_verdicts(network: lenet.Network, read: list[Read]) -> dict[str, float]:
    """How often a network says each of its verdicts, in percent."""
    answers = network.choose([finds for finds, _ in read])
    verdicts = [answer.verdict for answer in answers]
    return {
        name: round(100 * verdicts.count(name) / len(verdicts), 2) for name in ("none", "unsure", "digit")
    }


def measure_nondigits(network: lenet.Network, part: str, processes: int) -> dict[str, dict[str, float]]:
    """The verdicts on each kind of a set, and on its 500 pictures that no reader takes for a digit."""
    read = read_part(part, processes)
    results = {kind: count_verdicts(network, pictures) for kind, pictures in read.items()}
    for kind in PRINTED:
        answers = network.choose([finds for finds, _ in read[kind]])
        wrong = [answer.label != str(index % 10) for index, answer in enumerate(answers)]
        results[kind]["error"] = round(100 * sum(wrong) / len(wrong), 2)
    everything = [picture for kind in KINDS for picture in read[kind]]
    return {"all 500": count_verdicts(network, everything)} | results


def measure_digits(network: lenet.Network, images: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    """Error, refusals and the calibration error of answers to digits, in percent and points."""
    answers = network.answer(images)
    right = np.array([answer.label == str(label) for answer, label in zip(answers, labels, strict=True)])
    stands = np.array([answer.verdict == "digit" for answer in answers])
    confidences = np.array([answer.confidence for answer in answers])
    return {
        "error": round(100 * float(1 - right.mean()), 2),
        "refused": round(100 * float(1 - stands.mean()), 2),
        "error_left": round(100 * float(1 - right[stands].mean()), 2),
        "calibration_error": round(measure_calibration(confidences, right), 2),
        "images": len(images),
    }


def measure_halves(network: lenet.Network, images: np.ndarray, labels: np.ndarray) -> list[dict[str, float]]:
    """The same of either half of the images, with the calibration that the other half gives."""
    halves = [slice(0, len(images) // 2), slice(len(images) // 2, None)]
    return [
        measure_digits(calibrate(network, images[other], labels[other]), images[own], labels[own])
        for own, other in (halves, halves[::-1])
    ]


def main() -> None:
    """Write a network's refusals as JSON, or draw a sheet of a set, each kind in two rows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="the folder of MNIST's files")
    parser.add_argument("--network", default="best", help="a bundled network's name or a file")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--sheet", nargs=2, metavar=("PART", "PNG"), help="draw a set instead")
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks/results/nondigits.json")
    arguments = parser.parse_args()
    if arguments.sheet:
        part, path = arguments.sheet
        rows = []
        for kind in [*KINDS, *APART, *PRINTED]:
            contents = [draw_picture(part, kind, index) for index in range(32)]
            tiles = [show(read_picture(content)) for content in contents]
            rows += [np.concatenate(tiles[start : start + 16], axis=1) for start in (0, 16)]
        Image.fromarray(np.concatenate(rows)).save(path)
        return
    if not arguments.data:
        parser.error("--data or --sheet")
    images, labels = (
        read_idx(arguments.data / f"train-{name}-ubyte.gz")[-5000:] for name in ("images-idx3", "labels-idx1")
    )
    network = lenet.load(arguments.network)
    report = describe_run(sys.argv) | {
        "seeds": SEEDS,
        "network": arguments.network,
        "network_sha256": name_network(network),
        "calibration": network.card["calibration"],
        "validation": measure_digits(network, images, labels),
        "halves": measure_halves(network, images, labels.astype(int)),
        **{part: measure_nondigits(network, part, arguments.processes) for part in SEEDS},
    }
    write_text(arguments.out, json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()
