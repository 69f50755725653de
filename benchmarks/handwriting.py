"""How much error does each corruption of a digit cost?

Every picture of `benchmarks.corruptions` goes the whole way of a person's picture: `read_picture`,
`find_digits`, a network. The digits are the last 5,000 of MNIST's training file, for validation.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
from PIL import Image

import lenet
from benchmarks import corruptions
from benchmarks.corruptions import CORRUPTIONS, DRAWN_STYLES, SEED, corrupt, draw_styles
from benchmarks.provenance import describe_run, name_network
from lenet.data.idx import read_idx
from lenet.images.normalize import Find, find_digits
from lenet.images.read import read_picture
from lenet.storage import write_text
from tools.draw_samples import STROKES

DRAWN = "drawn by ourselves"
KEPT = 1000  # digits in a file of build/handwriting
TRAINING = ("distort.py", "pens.py")  # of `lenet.images`, no part of a picture's way
ROOT = Path(__file__).parents[1]

Read = tuple[list[Find], float]  # what was found, in each way to read the picture; seconds
Result = dict[str, float]


def show(picture: np.ndarray) -> np.ndarray:
    """A picture as a tile of 88 x 88."""
    shown = Image.fromarray(picture)
    shown.thumbnail((84, 84), Image.Resampling.BOX)
    shown = shown.resize([side * (84 // max(shown.size)) for side in shown.size], Image.Resampling.NEAREST)
    tile = Image.new("L", (88, 88), 128)
    tile.paste(shown, (2, 2))
    return np.asarray(tile)


def draw_sheet(images: np.ndarray) -> np.ndarray:
    """Eight digits of each corruption, and what the normalizer makes of them: a row for each."""
    rows = []
    for name in CORRUPTIONS:
        row = []
        for index in range(8):
            picture = read_picture(corrupt(name, images[index], index))
            finds, _ = read_back(corrupt(name, images[index], index))
            row += [show(picture), show(finds[0].digit)]
        rows.append(np.concatenate(row, axis=1))
    return np.concatenate(rows)


def read_back(content: bytes) -> Read:
    """A file's content on a person's picture's way to the network: what was found, and seconds."""
    start = time.perf_counter()
    return find_digits(read_picture(content)), time.perf_counter() - start


def spoil_and_read(task: tuple[str, np.ndarray, int]) -> Read:
    """One digit, corrupted and read back."""
    return read_back(corrupt(*task))


def prepare(name: str, images: np.ndarray, first: int, processes: int) -> list[Read]:
    """All digits after one corruption, in MNIST's form; kept in build/ by the thousand.

    What is kept is made anew when the generator, `lenet.images` or a kernel changes.

    Args:
        name: one of `CORRUPTIONS`, or `DRAWN`.
        images: (N, 28, 28) uint8, MNIST's; not looked at for `DRAWN`.
        first: the place of the first of them in the validation split, which decides everything random.
        processes: how many read pictures at once.
    """
    if name == DRAWN:
        return _keep(name, [content for _, content in draw_styles()], read_back, processes)
    tasks = [(name, image, first + index) for index, image in enumerate(images)]
    parts = [
        _keep(f"{name} {first + start}", tasks[start : start + KEPT], spoil_and_read, processes)
        for start in range(0, len(tasks), KEPT)
    ]
    return [picture for part in parts for picture in part]


def _keep(name: str, tasks: list, read: Callable[..., Read], processes: int) -> list[Read]:
    generator = Path(corruptions.__file__).read_text("utf-8")
    paths = sorted(Path(lenet.__file__).parent.glob("images/*.py"))
    paths += sorted((ROOT / "src" / "kernels").glob("*-inl.hpp"))
    sources = [path.read_bytes() for path in paths if path.name not in TRAINING]
    digest = hashlib.sha256(b"".join([generator.encode(), str(len(tasks)).encode(), *sources])).hexdigest()
    kept = ROOT / "build" / "handwriting" / f"{name.replace(' ', '-')}-{digest[:16]}.npz"
    if not kept.exists():
        with ProcessPoolExecutor(processes) as pool:
            found = list(pool.map(read, tasks, chunksize=16))
        finds = [find for ways, _ in found for find in ways]
        kept.parent.mkdir(parents=True, exist_ok=True)
        np.savez_compressed(
            kept,
            digits=np.stack([find.digit for find in finds]),
            others=[find.others for find in finds],
            ways=[len(ways) for ways, _ in found],
            seconds=[seconds for _, seconds in found],
        )
    with np.load(kept) as arrays:
        finds = list(map(Find, arrays["digits"], arrays["others"].tolist()))
        ends, seconds = arrays["ways"].cumsum().tolist(), arrays["seconds"].tolist()
    starts = [0, *ends[:-1]]
    return [(finds[start:end], taken) for start, end, taken in zip(starts, ends, seconds, strict=True)]


def rate(network: lenet.Network, read: list[Read], labels: np.ndarray) -> Result:
    """What a network makes of digits that were read back, in percent, and milliseconds for each picture.

    Args:
        network: a network of the ten digits.
        read: from `prepare`.
        labels: (N,) the digits.
    Returns:
        error: misread, whatever the verdict; refused: "unsure" or "none"; error_left: misread of the rest.
    """
    answers = network.choose([finds for finds, _ in read])
    wrong = np.array([answer.label != str(label) for answer, label in zip(answers, labels, strict=True)])
    refused = np.array([answer.verdict != "digit" for answer in answers])
    return {
        "error": round(100 * float(wrong.mean()), 2),
        "refused": round(100 * float(refused.mean()), 2),
        "error_left": round(100 * float(wrong[~refused].mean()), 2) if not refused.all() else 0.0,
        "milliseconds": round(1000 * float(np.median([seconds for _, seconds in read])), 1),
        "pictures": len(wrong),
    }


def measure(
    network: lenet.Network, images: np.ndarray, labels: np.ndarray, first: int, processes: int
) -> dict[str, Result]:
    """Errors in percent for each corruption and for our own drawings.

    Args:
        network: a network of the ten digits.
        images: (N, 28, 28) uint8, MNIST's.
        labels: (N,) their digits.
        first: the place of the first of them in the validation split, which decides everything random.
        processes: how many read pictures at once.
    """
    results = {"as stored": rate(network, [([Find(image, 0)], 0.0) for image in images], labels)}
    for name in CORRUPTIONS:
        results[name] = rate(network, prepare(name, images, first, processes), labels)
        print(name, results[name], file=sys.stderr)
    drawn = np.repeat(list(STROKES), DRAWN_STYLES)
    results[DRAWN] = rate(network, prepare(DRAWN, images, first, processes), drawn)
    return results


def main() -> None:
    """Write the errors as JSON, or draw a sheet of all corruptions."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the folder of MNIST's files")
    parser.add_argument("--sheet", type=Path, help="draw a PNG of all corruptions instead")
    parser.add_argument("--prepare", metavar="CORRUPTION", help="only make and keep the pictures of this one")
    parser.add_argument("--network", default="best", help="a bundled network's name or a file")
    parser.add_argument("--digits", type=int, default=5000, help="the last so many of the validation split")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks/results/handwriting.json")
    arguments = parser.parse_args()
    images = read_idx(arguments.data / "train-images-idx3-ubyte.gz")[-5000:]
    if arguments.sheet:
        Image.fromarray(draw_sheet(images)).save(arguments.sheet)
        return
    labels = read_idx(arguments.data / "train-labels-idx1-ubyte.gz")[-5000:]
    first = 5000 - arguments.digits
    if arguments.prepare:
        prepare(arguments.prepare, images[first:], first, arguments.processes)
        return
    network = lenet.load(arguments.network)
    results = measure(network, images[first:], labels[first:], first, arguments.processes)
    report = describe_run(sys.argv) | {
        "seed": SEED,
        "network": arguments.network,
        "network_sha256": name_network(network),
        "results": results,
    }
    write_text(arguments.out, json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()
