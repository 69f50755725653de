"""Which kernels this processor runs."""

from __future__ import annotations

import os

from lenet._native import variants
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
