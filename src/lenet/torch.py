"""LeNet-5 for PyTorch programs: `from lenet.torch import LeNet5`."""

from __future__ import annotations

from lenet.engines import get_engine

get_engine("pytorch")  # without PyTorch, says which extra brings it

from lenet.engines.pytorch.network import LeNet5  # noqa: E402 - it needs torch

__all__ = ["LeNet5"]
