"""A large field in one pass, against the same engine on its windows and against `reference`.

The windows are cut before the clock starts, so that only the network is timed.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks.provenance import describe_run
from lenet.architecture import FIELD, ORIGINAL
from lenet.engines.inputs import scale_images
from lenet.engines.native import NativeEngine
from lenet.engines.reference import ReferenceEngine
from lenet.parameters import initialize_parameters
from lenet.storage import write_text

ROOT = Path(__file__).parents[1]
SIDES = ((32, 256), (32, 1024), (512, 512), (1024, 1024))
STRIDE = 4  # pixels between places


def time_in_turn(ways: dict[str, Callable[[], np.ndarray]], times: int) -> dict[str, float]:
    """Median milliseconds of processor time of each way, taken by turns after one run to warm up."""
    runs: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(times + 1):
        for name, run in ways.items():
            start = time.process_time()
            run()
            if turn:
                runs[name].append(1000 * (time.process_time() - start))
    return {name: round(statistics.median(spent), 2) for name, spent in runs.items()}


def measure(height: int, width: int, times: int) -> dict[str, object]:
    """Time one size with one thread, and compare what the ways give."""
    parameters = initialize_parameters(ORIGINAL, 1)
    model = NativeEngine(threads=1).load(ORIGINAL, parameters)
    reference = ReferenceEngine().load(ORIGINAL, parameters)
    stored = np.random.default_rng(1).integers(0, 256, (1, height - 4, width - 4)).astype(np.uint8)
    seen = scale_images(stored, np.float32)
    cut = np.lib.stride_tricks.sliding_window_view(seen[0, 0], (FIELD, FIELD))[::STRIDE, ::STRIDE]
    windows = np.ascontiguousarray(cut.reshape(-1, 1, FIELD, FIELD))
    field = model.penalties(seen)
    across = np.moveaxis(model.penalties(windows).reshape(*cut.shape[:2], -1), 2, 0)
    spent = time_in_turn(
        {
            "field": lambda: model.penalties(seen),
            "windows": lambda: model.penalties(windows),
            "reference": lambda: reference.penalties(seen),
        },
        times,
    )
    expected = reference.penalties(seen)
    return {
        "pixels": f"{height}x{width}",
        "windows": len(windows),
        "milliseconds": spent,
        "windows_by_field": round(spent["windows"] / spent["field"], 2),
        "reference_by_field": round(spent["reference"] / spent["field"], 2),
        "largest_penalty": float(np.abs(expected).max()),
        "gap_to_windows": float(np.abs(field[0] - across).max()),
        "gap_to_reference": float(np.abs(field - expected).max()),
    }


def main() -> None:
    """Write the medians as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=15)
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks/results/field.json")
    arguments = parser.parse_args()
    fields = [measure(height, width, arguments.times) for height, width in SIDES]
    report = describe_run(sys.argv) | {"times": arguments.times, "threads": 1, "fields": fields}
    write_text(arguments.out, json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()
