"""The definition of the network in NumPy."""

from lenet.engines.reference.engine import ReferenceEngine

__all__ = ["ReferenceEngine"]
