"""How fast `lenet bulk` is, what memory it needs, and what kills do to it: written to results/bulk.json.

    python -m benchmarks.bulk --data PATH [--pictures 1000000] [--kills 200]

Pictures are MNIST's test digits as PNG files, and drawings of 240x240, the same digits enlarged; in folders
that are made for this and removed. The rate is that of the whole command. A kill is SIGKILL for the whole
process group, at a moment drawn from seed 0, until the job is through.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.provenance import describe_run

RESULTS = Path(__file__).with_name("results") / "bulk.json"
PER_FOLDER = 10_000


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", default="mnist")
    parser.add_argument("--pictures", type=int, default=1_000_000)
    parser.add_argument("--drawings", type=int, default=20_000)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--processes", type=int, default=2)
    given = parser.parse_args()
    results: dict[str, Any] = {"run": describe_run(sys.argv), "processes": given.processes}
    with tempfile.TemporaryDirectory(prefix="lenet-bulk-") as name:
        folder = Path(name)
        digits = load_digits(given.data)
        for count in sorted({min(10_000, given.pictures), given.pictures}):
            source = write_pictures(digits, count, 28, folder / f"digits-{count}")
            results[f"digits_{count}"] = measure(source, folder / "all.csv", given.processes)
            print(f"{count:,} digits: {results[f'digits_{count}']}")
        source = write_pictures(digits, given.drawings, 240, folder / "drawings")
        results["drawings"] = measure(source, folder / "all.csv", given.processes)
        print(f"{given.drawings:,} drawings: {results['drawings']}")
        small = folder / f"digits-{min(10_000, given.pictures)}"
        results["kills"] = kill_many(small, folder / "killed.csv", given.kills, given.processes)
        print(f"kills: {results['kills']}")
    RESULTS.write_text(json.dumps(results, indent=1) + "\n", "utf-8")


def load_digits(data: str) -> Any:
    """MNIST's test images."""
    from lenet.data.dataset import load_dataset

    return load_dataset(data).test.images


def write_pictures(digits: Any, count: int, side: int, folder: Path) -> Path:
    """Write so many PNG files, dark on white for drawings, in folders of at most `PER_FOLDER`."""
    from PIL import Image

    encoded = list[bytes]()
    for digit in digits[: min(count, len(digits))]:
        image = Image.fromarray(digit)
        if side != image.width:
            image = Image.fromarray(255 - digit).resize((side, side), Image.Resampling.BICUBIC)
        path = folder.with_suffix(".png")
        image.save(path)
        encoded.append(path.read_bytes())
        path.unlink()
    for number in range(count):
        place = folder / f"{number // PER_FOLDER:04d}" / f"{number:07d}.png"
        if number % PER_FOLDER == 0:
            place.parent.mkdir(parents=True)
        place.write_bytes(encoded[number % len(encoded)])
    return folder


def make_command(source: Path, out: Path, processes: int) -> list[str]:
    """The command line of one job."""
    words = ["bulk", str(source), "-o", str(out), "--processes", str(processes), "--json"]
    return [sys.executable, "-m", "lenet", *words]


def measure(source: Path, out: Path, processes: int) -> dict[str, Any]:
    """One job: seconds of the whole command, pictures a second, and the largest process's peak memory."""
    out.unlink(missing_ok=True)
    begun = time.monotonic()
    answer = subprocess.run(make_command(source, out, processes), capture_output=True, text=True, check=True)
    seconds = time.monotonic() - begun
    pictures = json.loads(answer.stdout)["pictures"]
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    return {"seconds": round(seconds, 1), "rate": round(pictures / seconds), "peak_mb_so_far": peak}


def kill_many(source: Path, out: Path, kills: int, processes: int) -> dict[str, Any]:
    """Jobs killed at random moments and resumed, until there were so many kills; the bytes of each result."""
    undisturbed = out.with_name("undisturbed.csv")
    begun = time.monotonic()
    subprocess.run(make_command(source, undisturbed, processes), capture_output=True, check=True)
    whole = time.monotonic() - begun
    expected = digest(undisturbed)
    moments, done, jobs, different, strays = random.Random(0), 0, 0, 0, list[str]()
    while done < kills:
        before = {path.name for path in out.parent.iterdir()}
        while True:
            resume = ["--resume"] if out.exists() or Path(f"{out}.parts/plan.json").exists() else []
            job = subprocess.Popen(
                make_command(source, out, processes) + resume,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
            try:
                job.wait(moments.uniform(0.05, whole))
                break
            except subprocess.TimeoutExpired:
                os.killpg(job.pid, signal.SIGKILL)
                job.wait()
                done += 1
        jobs += 1
        different += digest(out) != expected
        strays += sorted({path.name for path in out.parent.iterdir()} - before - {out.name})
        out.unlink()
    return {"kills": done, "jobs": jobs, "different_bytes": different, "strays": strays}


def digest(path: Path) -> str:
    """SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


if __name__ == "__main__":
    main()
