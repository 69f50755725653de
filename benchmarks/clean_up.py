"""The clean-up alone, a picture to 28x28: processor time of NumPy, which defines it, and of the kernels."""

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

from benchmarks.photograph import draw_photograph
from benchmarks.provenance import describe_run
from lenet import _native
from lenet.images.normalize import define_digits
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


def main() -> None:
    """Write the medians as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=25)
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks/results/clean_up.json")
    arguments = parser.parse_args()
    photograph = read_picture(draw_photograph())
    report = describe_run(sys.argv) | {
        "times": arguments.times,
        "drawing": measure(draw_drawing(), arguments.times),
        "photograph": measure(photograph, arguments.times),
    }
    write_text(arguments.out, json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()
