"""LeNet-5 for Keras programs: `from lenet.keras import build_network`."""

from __future__ import annotations

from lenet.engines import get_engine

get_engine("keras")  # without TensorFlow, says which extra brings it

from lenet.engines.keras.layers import (  # noqa: E402 - it needs TensorFlow
    EuclideanRBF,
    Subsampling,
    TableConvolution,
    scaled_tanh,
)
from lenet.engines.keras.network import build_network, read_parameters, set_parameters  # noqa: E402

__all__ = [
    "EuclideanRBF",
    "Subsampling",
    "TableConvolution",
    "build_network",
    "read_parameters",
    "scaled_tanh",
    "set_parameters",
]
