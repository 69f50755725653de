"""`lenet recognize` of a 12-megapixel photograph: how long the whole process takes, and how much memory.

Give it the command of an installed wheel: `python benchmarks/photograph.py --command VENV/bin/lenet`.
"""

from __future__ import annotations

import argparse
import json
import runpy
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

from lenet.samples import read_sample
from lenet.storage import write_text

HANDWRITING = runpy.run_path(str(Path(__file__).with_name("handwriting.py")))
ROOT = Path(__file__).parents[1]
WIDTH, HEIGHT = 4000, 3000
DIGIT, LABEL, SEED = 900, 3, 12  # the digit's side in pixels, what it is

# in a small process of its own: the kernel counts what the starting process held as the started one's
LAUNCHER = """
import json, resource, subprocess, sys, time
start = time.perf_counter()
printed = subprocess.check_output(sys.argv[1:], text=True)
seconds = time.perf_counter() - start
memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
print(json.dumps({"printed": printed, "seconds": seconds, "memory": memory}))
"""


def draw_photograph() -> bytes:
    """A digit on rough, unevenly lit paper as a camera's JPEG, quality 90."""
    random = np.random.default_rng(SEED)
    ink = Image.fromarray(~read_sample(LABEL)).resize((DIGIT, DIGIT), Image.Resampling.BICUBIC)
    page = np.full((HEIGHT, WIDTH), 235.0)
    page[1000 : 1000 + DIGIT, 1700 : 1700 + DIGIT] -= np.asarray(ink) / 255 * 190
    page = HANDWRITING["roughen"](HANDWRITING["light_unevenly"](page, random), random)
    grey = Image.fromarray(np.rint(page).astype(np.uint8))
    with tempfile.SpooledTemporaryFile() as file:
        grey.convert("RGB").save(file, "JPEG", quality=90)
        file.seek(0)
        return file.read()


def run_once(command: str, photograph: Path) -> tuple[float, float]:
    """Seconds and MiB (the most at any moment) of one whole process, which must read the digit."""
    words = [sys.executable, "-I", "-c", LAUNCHER, command, "recognize", str(photograph), "--json"]
    report = json.loads(subprocess.check_output(words))
    answer = json.loads(report["printed"])["pictures"][0]
    if answer["label"] != str(LABEL) or answer["verdict"] != "digit":
        raise SystemExit(f"misread: {answer}")
    return report["seconds"], report["memory"] / 1024


def main() -> None:
    """Write the median of some processes as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--command", required=True, help="the lenet of an installed wheel")
    parser.add_argument("--times", type=int, default=15)
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks/results/photograph.json")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        photograph = Path(folder) / "photo.jpg"
        photograph.write_bytes(draw_photograph())
        run_once(arguments.command, photograph)  # the files get warm
        runs = [run_once(arguments.command, photograph) for _ in range(arguments.times)]
        size = photograph.stat().st_size
    seconds, memory = zip(*runs, strict=True)
    report = HANDWRITING["describe_run"](sys.argv) | {
        "command": "python benchmarks/photograph.py --command VENV/bin/lenet",
        "pixels": f"{WIDTH}x{HEIGHT}",
        "bytes": size,
        "processes": len(runs),
        "seconds": round(statistics.median(seconds), 2),
        "least": round(min(seconds), 2),
        "most": round(max(seconds), 2),
        "memory": round(max(memory)),
    }
    write_text(arguments.out, json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()
