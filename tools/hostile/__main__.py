"""Run it: python -m tools.hostile [--count N] [--seed N] [--seconds N] [NAME ...].

Each reader's inputs are read in child processes that may take 500 MB more than at first; an input that takes
longer than 5 seconds ends its child. It prints one line a reader, and exits with 1 if anything but one of our
own errors came. `--show NAME:NUMBER` writes the files of one input into a folder.
"""

from __future__ import annotations

import argparse
import os
import random
import select
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

LIMIT = 5.0  # seconds an input
START = 120.0  # seconds until the first one: imports
SHOWN = 5  # faults of a reader


def throw(name: str, seed: int, count: int, until: float) -> tuple[Counter[str], list[str], float]:
    """Read `count` damaged inputs of one reader, in as many children as it takes.

    Args:
        name: of the reader.
        seed: of the damage.
        count: of the inputs.
        until: when to begin no further input, by the monotonic clock.
    Returns:
        How many were read, refused, faulty; the faults; and the longest time of an input.
    """
    counts, faults, longest, first = Counter[str](), list[str](), 0.0, 0
    while first < count and time.monotonic() < until:
        at, answers, ending, slowest = run_child(name, seed, first, count - first, until)
        counts.update(answer.split()[0] for answer in answers)
        faults += [
            f"{name}:{first + i}: {answer}" for i, answer in enumerate(answers) if answer.startswith("fault")
        ]
        longest = max(longest, slowest)
        if ending in ("end", "absent", "over"):
            break
        counts["fault"] += 1
        if at < first:  # another child would end in the same way
            faults.append(f"{name}: before its first input: {ending}")
            break
        faults.append(f"{name}:{at}: {ending}")
        first = at + 1
    return counts, faults, longest


def run_child(
    name: str, seed: int, first: int, count: int, until: float
) -> tuple[int, list[str], str, float]:
    """Follow one child: the input it came to, the answers, how it ended, and the longest time of an input."""
    words = [sys.executable, "-m", "tools.hostile.child", name, str(seed), str(first), str(count)]
    threads = {f"{each}_NUM_THREADS": "1" for each in ("OMP", "OPENBLAS", "MKL")}
    quiet = {
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "CUDA_VISIBLE_DEVICES": "",
        "LENET_LANG": "en",
        "LENET_THREADS": "1",
    }
    answers, at, longest, ending = list[str](), first - 1, 0.0, ""
    with (
        tempfile.TemporaryFile("w+") as said,
        subprocess.Popen(
            words, stdout=subprocess.PIPE, stderr=said, env=os.environ | threads | quiet, text=True, bufsize=1
        ) as child,
    ):
        assert child.stdout
        os.set_blocking(child.stdout.fileno(), False)
        begun, rest, limit = time.monotonic(), "", START
        while not ending:
            ready, _, _ = select.select([child.stdout], [], [], max(0.0, begun + limit - time.monotonic()))
            piece = os.read(child.stdout.fileno(), 1 << 16).decode("utf-8", "replace") if ready else None
            if piece is None:
                ending = f"over {LIMIT} s" if at >= first else "did not begin"
                break
            if not piece:
                said.seek(0)
                ending = f"the process ended with {child.wait()}: {said.read()[-600:]}"
                break
            *lines, rest = (rest + piece).split("\n")
            for line in lines:
                now = time.monotonic()
                if line in ("end", "absent"):
                    ending = line
                elif line.startswith("try "):
                    at, begun, limit = int(line[4:]), now, LIMIT
                else:
                    answers.append(line)
                    longest = max(longest, now - begun)
            if not ending and now > until:
                ending = "over"
        child.kill()
    return at, answers, ending, longest


def show(place: str, seed: int, out: Path) -> None:
    """Write the files of one input."""
    from tools.hostile.readers import damage_one, list_readers, place_files

    name, _, number = place.partition(":")
    with tempfile.TemporaryDirectory() as work:
        reader = list_readers(Path(work))[name]()
        place_files(out, dict(damage_one(reader, random.Random(f"{name} {seed} {number}"))))


def main() -> int:
    """Throw at every reader, or at those that are named."""
    from tools.hostile.readers import list_readers

    parser = argparse.ArgumentParser(prog="python -m tools.hostile")
    parser.add_argument("names", nargs="*")
    parser.add_argument("--count", type=int, default=100, help="inputs for each reader")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=3600.0, help="in all; what is left out is said")
    parser.add_argument("--show", metavar="NAME:NUMBER", help="write one input into the folder given as NAME")
    given = parser.parse_args()
    if given.show:
        show(given.show, given.seed, Path(given.names[0]))
        return 0
    names = given.names or [*list_readers(Path()), "native"]
    until = time.monotonic() + given.seconds
    total, failed, slowest, left_out = Counter[str](), list[str](), 0.0, 0
    for name in names:
        counts, faults, longest = throw(name, given.seed, given.count, until)
        done = counts.total()
        left_out += 0 if done >= given.count or not done else given.count - done
        told = f"{counts['read']:6} read {counts['refused']:6} refused {counts['fault']:4} faults"
        print(f"{name:20} {told}  longest {longest:.2f} s" if done else f"{name:20} left out", flush=True)
        for fault in faults[:SHOWN]:
            print(f"    {fault}", flush=True)
        total += counts
        failed += faults
        slowest = max(slowest, longest)
    told = f"{total['read']:,} read, {total['refused']:,} refused, {len(failed)} faults"
    times = f"the longest took {slowest:.2f} s; {left_out:,} not begun in time"
    print(f"{total.total():,} inputs, seed {given.seed}: {told}; {times}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
