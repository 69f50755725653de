"""Which kernels this processor runs, and on how many threads."""

from __future__ import annotations

import math
import os

from lenet._native import variants
from lenet.cores import count_cores
from lenet.errors import EngineError


def choose_variant() -> str:
    """The kernels to run: the fastest that this processor supports, or those that `LENET_KERNEL` names.

    Raises:
        EngineError: `LENET_KERNEL` names none that this processor supports.
    """
    available = variants()
    wanted = os.environ.get("LENET_KERNEL", available[0])
    if wanted not in available:
        raise EngineError("native.kernel", name=wanted, names=", ".join(available))
    return wanted


def count_threads() -> int:
    """How many threads to use: `LENET_THREADS`, or as many as there are cores that this process may use.

    Raises:
        EngineError: `LENET_THREADS` is not a whole number of at least 1.
    """
    wanted = os.environ.get("LENET_THREADS")
    if wanted is None:
        return max(1, math.ceil(count_cores()))
    if not wanted.isdecimal() or int(wanted) < 1:
        raise EngineError("native.threads", value=wanted)
    return int(wanted)
