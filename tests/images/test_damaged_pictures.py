"""Thousands of damaged pictures, in a process of 1 GiB: a picture or one sentence, nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

resource = pytest.importorskip("resource", reason="memory limits are POSIX's")
ROOT = Path(__file__).parents[2]  # for the package `tools`
SCRIPT = Path(__file__).with_name("throw_damage.py")
KINDS = ["PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP"]


def throw(kind: str, seed: int, count: int) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", SCRIPT, kind, str(seed), str(count)],
        check=False,
        capture_output=True,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (2**30, 2**30)),
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)},
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    # no warning of Python; libtiff writes its own by itself, and only a whole process could be silenced
    said = [
        line
        for line in done.stderr.splitlines()
        if kind != "TIFF" or "Warning: " in line or "Error: " in line
    ]
    assert said == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_damaged_picture_is_read_or_refused_in_one_sentence(kind):
    throw(kind, seed=0, count=3000)
