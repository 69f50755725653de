"""How many threads an engine may use, and how many processes train together."""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Iterator

from lenet.cores import count_cores
from lenet.errors import EngineError

MOST = 1024
# the variables that limit the pools of other libraries, by threadpoolctl's names of their interfaces
POOL_SETTINGS = {
    "openmp": ("OMP_NUM_THREADS",),
    "openblas": ("OPENBLAS_NUM_THREADS", "GOTO_NUM_THREADS", "OMP_NUM_THREADS"),
    "mkl": ("MKL_NUM_THREADS", "OMP_NUM_THREADS"),
}


def count_threads() -> int:
    """How many threads to use.

    `LENET_THREADS` decides where it is set. Otherwise one in a worker of joblib, whose other workers use the
    other cores; as many as `OMP_NUM_THREADS` or a limit of threadpoolctl allows; or one for each core that
    this process may use.

    Raises:
        EngineError: `LENET_THREADS` is not a whole number from 1 to 1024.
    """
    wanted = read_setting()
    if wanted is not None:
        return wanted
    if _is_joblib_worker():
        return 1
    cores = max(1, math.ceil(count_cores()))
    return min([cores, *_read_limits(cores)])


def read_setting() -> int | None:
    """The value of `LENET_THREADS`; None if it is not set.

    Raises:
        EngineError: it is not a whole number from 1 to 1024.
    """
    wanted = os.environ.get("LENET_THREADS")
    if wanted is None:
        return None
    threads = int(wanted) if wanted.isascii() and wanted.isdecimal() and len(wanted) < 10 else 0
    if not 1 <= threads <= MOST:
        raise EngineError("native.threads", value=wanted, most=MOST)
    return threads


def _is_joblib_worker() -> bool:
    parallel = sys.modules.get("joblib.parallel")
    if parallel is None:
        return False
    backend, _ = parallel.get_active_backend()
    return bool(getattr(backend, "nesting_level", 0))


def _read_limits(cores: int) -> Iterator[int]:
    given = _read_first("OMP_NUM_THREADS")
    if given:
        yield given
    pools = sys.modules.get("threadpoolctl")
    for pool in pools.threadpool_info() if pools else ():
        # only a limit set while the program runs counts: NumPy's pool is often made small from the start
        begun = next(filter(None, map(_read_first, POOL_SETTINGS.get(pool["internal_api"], ()))), cores)
        if pool["num_threads"] < min(begun, cores):
            yield pool["num_threads"]


def _read_first(name: str) -> int | None:
    """The number in a variable, the first one of OpenMP's list for nested loops; None without one."""
    first = os.environ.get(name, "").partition(",")[0].strip()
    return int(first) if first.isascii() and first.isdecimal() and len(first) < 10 and int(first) else None


def count_processes() -> int:
    """How many processes torchrun has started to train together; 1 without torchrun."""
    return int(os.environ["WORLD_SIZE"]) if "TORCHELASTIC_RUN_ID" in os.environ else 1
