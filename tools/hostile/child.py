"""Inputs of a reader, in a process of limited memory: python -m tools.hostile.child NAME SEED FIRST COUNT."""

from __future__ import annotations

import io
import os
import random
import sys
import tempfile
import traceback
import warnings
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

MEMORY = 500 * 1024**2  # bytes above what the process has when the first input comes
SHARED = Path("/dev/shm")  # in memory, where there is one
LONGEST = 1_600  # characters of a message


def limit_memory() -> None:
    """Allow so many bytes more than what is in use now."""
    import resource

    pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
    most = pages * os.sysconf("SC_PAGE_SIZE") + MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (most, most))


def main(name: str, seed: int, first: int, count: int) -> None:
    """Print the number of each input before it is read, and after it what came."""
    report = os.fdopen(os.dup(1), "w", buffering=1)
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory(dir=SHARED if SHARED.is_dir() else None) as work:
        attempt = (_prepare_native if name == "native" else _prepare_reader)(name, Path(work))
        if attempt is None:
            report.write("absent\n")
            return
        limit_memory()
        for number in range(first, first + count):
            report.write(f"try {number}\n")
            with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
                answer = attempt(random.Random(f"{name} {seed} {number}"))
            report.write(f"{answer}\n")
    report.write("end\n")


def _prepare_native(_name, _work):
    from tools.hostile.native import ALLOWED, Caller

    def attempt(chance: random.Random) -> str:
        try:
            Caller(chance).call()
        except ALLOWED:
            return "refused"
        except BaseException:
            return _describe()
        return "read"

    return attempt


def _prepare_reader(name, work):
    from lenet.errors import LenetError
    from tools.hostile.readers import damage_one, find_reader, place_files

    reader = find_reader(name, work)()
    if not reader.here:
        return None
    folder = work / "input"
    os.chdir(work)
    place_files(folder, reader.files)
    reader.read(folder)  # the sound one, which also imports what is needed

    def attempt(chance: random.Random) -> str:
        files = dict(damage_one(reader, chance))
        place_files(folder, files)
        try:
            reader.read(folder)
        except LenetError as error:
            text = str(error)
            if not text or len(text) > LONGEST or "Traceback" in text or error.exit_code not in (1, 2):
                return f"fault no clear message: {text[:300]!r}"
            answer = "refused"
        except BaseException:
            return _describe()
        else:
            answer = "read"
        strays = [path.name for path in folder.rglob("*.part")]
        return f"fault left behind: {strays}" if strays else answer

    return attempt


def _describe() -> str:
    lines = traceback.format_exc().strip().splitlines()
    return "fault " + " | ".join(line.strip() for line in [*lines[-9:-1], lines[-1][:300]])


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:5]))
