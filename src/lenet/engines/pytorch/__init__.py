"""The network in PyTorch."""

from lenet.engines.pytorch.engine import PytorchEngine

__all__ = ["PytorchEngine"]
