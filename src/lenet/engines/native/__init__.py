"""The compiled kernels."""

from lenet.engines.native.engine import NativeEngine

__all__ = ["NativeEngine"]
