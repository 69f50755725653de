"""The clean-up alone, a picture to 28x28: processor time of NumPy, which defines it, and of the kernels.

And whether both find the same digits, in pictures of every kind of `benchmarks.corruptions`.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

import lenet
from benchmarks.corruptions import CORRUPTIONS, corrupt
from benchmarks.photograph import draw_photograph
from benchmarks.provenance import describe_run
from lenet import _native
from lenet.data.idx import read_idx
from lenet.images.normalize import Find, define_digits, find_digits
from lenet.images.read import read_picture
from lenet.samples import read_sample
from lenet.storage import write_text

ROOT = Path(__file__).parents[1]
SIDE, DIGIT, LABEL = 240, 160, 3  # of the drawing, in pixels; what it is


def draw_drawing() -> np.ndarray:
    """A digit as a drawing program stores it: (240, 240) uint8, dark on white."""
    ink = Image.fromarray(~read_sample(LABEL)).resize((DIGIT, DIGIT), Image.Resampling.BICUBIC)
    page = np.full((SIDE, SIDE), 255, np.uint8)
    margin = (SIDE - DIGIT) // 2
    page[margin : margin + DIGIT, margin : margin + DIGIT] -= np.asarray(ink)
    return page


def time_all(ways: dict[str, Callable[[], object]], times: int) -> dict[str, float]:
    """Median milliseconds of processor time of each, taken by turns."""
    runs: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(times + 1):
        for name, run in ways.items():
            start = time.process_time()
            run()
            if turn:  # the first one warms up
                runs[name].append(time.process_time() - start)
    return {name: round(1000 * statistics.median(seconds), 2) for name, seconds in runs.items()}


def measure(picture: np.ndarray, times: int) -> dict[str, float | str]:
    """Milliseconds of NumPy and of each variant of the kernels, which must agree to one grey level."""
    expected = define_digits(picture)
    ways: dict[str, Callable[[], object]] = {"numpy": partial(define_digits, picture)}
    for variant in _native.variants():
        found = _native.find_digits(picture, variant)
        for find, (digit, _) in zip(expected, found, strict=True):
            if np.abs(find.digit.astype(int) - digit).max() > 1:
                raise SystemExit(f"{variant} finds another digit")
        ways[variant] = partial(_native.find_digits, picture, variant)
    height, width = picture.shape
    return {"pixels": f"{width}x{height}"} | time_all(ways, times)


def find_gap(one: list[Find], other: list[Find]) -> int:
    """The most that a pixel differs, in grey levels; 256 where the number of finds or of other marks does."""
    if [find.others for find in one] != [find.others for find in other]:
        return 256
    return max(int(np.abs(a.digit.astype(int) - b.digit).max()) for a, b in zip(one, other, strict=True))


def compare(images: np.ndarray, each: int) -> dict[str, int]:
    """Count the pictures of which NumPy and the kernels give the same bytes, and how the others differ.

    Args:
        images: (N, 28, 28) uint8, MNIST's.
        each: how many of them are spoilt in each way.
    Returns:
        "pictures"; of them "equal", "one_level" (no pixel differs by more than one grey level) and "more";
        and "answers", of which the label or the verdict differs.
    """
    network = lenet.load("best")
    counts = dict.fromkeys(("pictures", "equal", "one_level", "more", "answers"), 0)
    for name in CORRUPTIONS:
        for index in range(each):
            place = index * len(images) // each
            picture = read_picture(corrupt(name, images[place], place))
            defined, found = define_digits(picture), find_digits(picture)
            gap = find_gap(defined, found)
            counts["pictures"] += 1
            counts["equal" if gap == 0 else "one_level" if gap == 1 else "more"] += 1
            if gap:
                one, other = network.choose([defined, found])
                counts["answers"] += (one.label, one.verdict) != (other.label, other.verdict)
    return counts


def main() -> None:
    """Write the medians as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="a folder with MNIST's training images")
    parser.add_argument("--each", type=int, default=136, help="digits spoilt in each way")
    parser.add_argument("--times", type=int, default=25)
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks/results/clean_up.json")
    arguments = parser.parse_args()
    photograph = read_picture(draw_photograph())
    images = read_idx(arguments.data / "train-images-idx3-ubyte.gz")[-5000:]
    report = describe_run(sys.argv) | {
        "times": arguments.times,
        "drawing": measure(draw_drawing(), arguments.times),
        "photograph": measure(photograph, arguments.times),
        "parity": compare(images, arguments.each),
    }
    write_text(arguments.out, json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()
