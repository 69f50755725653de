"""Where PyTorch is installed from: without CUDA, unless this machine has a use for it."""

from __future__ import annotations

import shutil
import sys

CPU_INDEX = "https://download.pytorch.org/whl/cpu"


def choose_torch_index() -> str:
    """The package index for PyTorch; "" for PyPI.

    For Linux, PyPI has PyTorch with CUDA only, gigabytes that are of no use without an NVIDIA card.
    """
    return CPU_INDEX if sys.platform == "linux" and not shutil.which("nvidia-smi") else ""
