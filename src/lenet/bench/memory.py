"""The memory that a whole `lenet train` takes, in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from lenet.data.idx import format_idx
from lenet.data.sources import MNIST

COUNTS = (60_000, 10_000)  # MNIST's; what the pictures show does not matter
STATUS = Path("/proc/self/status")
# `subprocess` lends a child its parent's memory until it begins, and getrusage counts that: Linux has better
CHILD = """
import sys
from lenet.cli.main import run
from lenet.bench.memory import read_peak
code = run(sys.argv[1:])
print(read_peak())
sys.exit(code)
"""


def measure_memory(threads: int = 2) -> float | None:
    """The most memory that `lenet train` holds on a data set of MNIST's size, report and curves included.

    Args:
        threads: of the training.
    Returns:
        MB (2^20 bytes); None where the system does not say, or the training failed.
    """
    with TemporaryDirectory() as home:
        data = Path(home, "data")
        data.mkdir()
        random = np.random.default_rng(0)
        for number, file in enumerate(MNIST.files):
            count, images = COUNTS[number // 2], number % 2 == 0
            shape = (count, 28, 28) if images else (count,)
            array = random.integers(0, 256 if images else 10, shape, dtype=np.uint8)
            (data / file.name.removesuffix(".gz")).write_bytes(format_idx(array))
        words = ["train", "--data", str(data), "--epochs", "1", "--threads", str(threads)]
        words += ["--out", str(Path(home, "run")), "--json"]
        command = [sys.executable, "-c", CHILD, *words]
        answer = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    peak = answer.stdout.split()[-1] if answer.returncode == 0 else "None"
    return None if peak == "None" else float(peak)


def read_peak() -> float | None:
    """The most memory that this process has held, in MB (2^20 bytes); None where the system does not say."""
    if STATUS.exists():
        lines = STATUS.read_text("ascii").splitlines()
        return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:")), None)
    try:
        import resource
    except ImportError:
        return None
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (2**20 if sys.platform == "darwin" else 2**10)
