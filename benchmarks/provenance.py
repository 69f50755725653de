"""What a result was made with, as it stands beside the numbers: the command, the commit, the machine."""

from __future__ import annotations

import hashlib
import os
import platform
import subprocess
from pathlib import Path

import numpy as np

import lenet

ROOT = Path(__file__).parents[1]


def format_command(words: list[str]) -> str:
    """The command that a reader types in the checkout: no path of this machine alone.

    Args:
        words: of `sys.argv`.
    """
    given = [os.path.relpath(word, ROOT) if Path(word).is_absolute() else word for word in words[1:]]
    return " ".join(["python", "-m", f"benchmarks.{Path(words[0]).stem}", *given])


def name_commit(length: int = 40) -> str:
    """The commit's first digits, with a + where sources or benchmarks have changed since."""
    git = ["git", "-C", str(ROOT)]
    commit = subprocess.check_output([*git, "rev-parse", "HEAD"], text=True).strip()
    changed = subprocess.check_output([*git, "status", "--porcelain", "src", "benchmarks/*.py"], text=True)
    return commit[:length] + ("+" if changed.strip() else "")


def name_machine() -> str:
    """The kind of processor, the cores, the Python."""
    return f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"


def name_network(network: lenet.Network) -> str:
    """The first digits of SHA-256 over a network's numbers."""
    digest = hashlib.sha256()
    for name in sorted(network.parameters):
        digest.update(np.ascontiguousarray(network.parameters[name]).tobytes())
    return digest.hexdigest()[:12]


def describe_run(words: list[str]) -> dict[str, str]:
    """Command, commit and machine of this process; `words` of `sys.argv`."""
    return {"command": format_command(words), "commit": name_commit(), "machine": name_machine()}
