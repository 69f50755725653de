"""How many cores this process may use: the affinity mask and the quota of its control group."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

CGROUP = Path("/sys/fs/cgroup")


def count_cores() -> float:
    """How many cores' time this process may use; a fraction where a container's quota is one."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota = read_quota(CGROUP)
    return float(cores) if quota is None else min(float(cores), quota)


@cache
def read_quota(cgroup: Path) -> float | None:
    """How many cores' time a control group allows.

    Args:
        cgroup: its folder, of version 1 or 2.
    Returns:
        Cores, above 0; None without a limit.
    """
    for names in (("cpu.max",), ("cpu/cpu.cfs_quota_us", "cpu/cpu.cfs_period_us")):
        words = [word for name in names for word in read_words(cgroup / name)]
        if len(words) == 2 and all(word.isdecimal() and int(word) for word in words):
            return int(words[0]) / int(words[1])
    return None


def read_words(path: Path) -> list[str]:
    """The words of a file of a control group; none where there is no such file."""
    try:
        return path.read_text("ascii").split()
    except (OSError, UnicodeDecodeError):
        return []
