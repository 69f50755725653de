"""The layers of 1998 that Keras does not have, to be used in any Keras model; channels last.

All are registered under `lenet`, so that a model that has them can be saved, and loaded where this module has
been imported.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from lenet.architecture import C3_TABLE, KERNEL, TANH_AMPLITUDE, TANH_SLOPE, WINDOW
from lenet.engines.keras.setup import keras
from lenet.errors import ShapeError

PACKAGE = "lenet"
CHANNELS_LAST = {"data_format": "channels_last"}  # whatever a person's keras.json says


@keras.saving.register_keras_serializable(PACKAGE)
def scaled_tanh(sums: Any) -> Any:
    """The activation function of 1998, 1.7159 tanh(2a/3).

    Source:
        LeCun et al. 1998, appendix A.
    """
    return TANH_AMPLITUDE * keras.ops.tanh(TANH_SLOPE * sums)


@keras.saving.register_keras_serializable(PACKAGE)
class TableConvolution(keras.layers.Layer):
    """A convolution over the maps that a table names, with one kernel for each connection (C3).

    (N, H, W, D) to (N, H - side + 1, W - side + 1, maps). Weights: `weight` (connections, side, side), in the
    order of the table; `bias` (maps,).

    Args:
        table: for each map, the input maps that it reads, counted from 0; by default Table I.
        side: of the kernels.
        activation: of the sums; None for none.
    Raises:
        ShapeError: it is built on fewer maps than the table names.
    Source:
        LeCun et al. 1998, Table I.
    """

    def __init__(
        self,
        table: Sequence[Sequence[int]] = C3_TABLE,
        side: int = KERNEL,
        activation: Any = None,
        **settings: Any,
    ) -> None:
        super().__init__(**settings)
        self.table = [[int(index) for index in inputs] for inputs in table]
        self.side = side
        self.activation = keras.activations.get(activation)

    def build(self, input_shape: Sequence[int | None]) -> None:
        """Make the weights, drawn as Keras draws them (Glorot, uniform), and check the table."""
        depth, maps = input_shape[-1] or 0, len(self.table)
        pairs = np.array([(i, m) for m, inputs in enumerate(self.table) for i in inputs])
        for index in (pairs[:, 0].min(), pairs[:, 0].max()):
            if not 0 <= index < depth:
                raise ShapeError("keras.table", place=int(index), depth=depth)
        self.weight = self.add_weight((len(pairs), self.side, self.side), name="weight")
        self.bias = self.add_weight((maps,), name="bias", initializer="zeros")
        self._pairs = pairs

    def call(self, maps: Any) -> Any:
        """Compute the states of the maps."""
        ops = keras.ops
        # one dense convolution, with kernels of zeros where there is no connection
        shape = (maps.shape[-1], len(self.table), self.side, self.side)
        kernels = ops.transpose(ops.scatter(self._pairs, self.weight, shape), (2, 3, 0, 1))
        return self.activation(ops.conv(maps, kernels, padding="valid", **CHANNELS_LAST) + self.bias)

    def compute_output_shape(self, input_shape: Sequence[int | None]) -> tuple[int | None, ...]:
        """Rows and columns become side - 1 fewer."""
        count, *sides, _ = input_shape
        return (count, *(side and side - self.side + 1 for side in sides), len(self.table))

    def get_config(self) -> dict[str, Any]:
        """The arguments of the constructor."""
        own = {"table": self.table, "side": self.side}
        return super().get_config() | own | {"activation": keras.activations.serialize(self.activation)}


@keras.saving.register_keras_serializable(PACKAGE)
class Subsampling(keras.layers.Layer):
    """The sum of each 2x2 window times a trainable coefficient, plus a bias (S2, S4).

    (N, H, W, maps) to (N, H/2, W/2, maps). Weights: `coefficient` (maps,), `bias` (maps,).

    Args:
        activation: of the sums; None for none.
    Source:
        LeCun et al. 1998, section II.B, layer S2.
    """

    def __init__(self, activation: Any = None, **settings: Any) -> None:
        super().__init__(**settings)
        self.activation = keras.activations.get(activation)

    def build(self, input_shape: Sequence[int | None]) -> None:
        """Make the weights: coefficients of 1/4, so that it begins as an average."""
        maps = input_shape[-1]
        quarter = keras.initializers.Constant(1 / WINDOW**2)
        self.coefficient = self.add_weight((maps,), name="coefficient", initializer=quarter)
        self.bias = self.add_weight((maps,), name="bias", initializer="zeros")

    def call(self, maps: Any) -> Any:
        """Compute the states of the maps."""
        means = keras.ops.average_pool(maps, WINDOW, WINDOW, **CHANNELS_LAST)
        # the sum of four is four times the mean, exactly, because 4 is a power of 2
        return self.activation(WINDOW**2 * means * self.coefficient + self.bias)

    def compute_output_shape(self, input_shape: Sequence[int | None]) -> tuple[int | None, ...]:
        """Rows and columns become half as many."""
        count, *sides, maps = input_shape
        return (count, *(side and side // WINDOW for side in sides), maps)

    def get_config(self) -> dict[str, Any]:
        """The arguments of the constructor."""
        return super().get_config() | {"activation": keras.activations.serialize(self.activation)}


@keras.saving.register_keras_serializable(PACKAGE)
class EuclideanRBF(keras.layers.Layer):
    """The squared distance of a state to each of some fixed codes (the output of 1998); the smallest wins.

    (..., units) to (..., classes), never negative. It has no weights.

    Args:
        codes: (classes, units).
    Source:
        LeCun et al. 1998, equation 7.
    """

    def __init__(self, codes: Any, **settings: Any) -> None:
        super().__init__(**settings)
        self.codes = np.asarray(codes, np.float32)

    def call(self, states: Any) -> Any:
        """Compute the penalties."""
        gaps = keras.ops.expand_dims(states, -2) - keras.ops.convert_to_tensor(self.codes, states.dtype)
        return keras.ops.sum(keras.ops.square(gaps), axis=-1)

    def compute_output_shape(self, input_shape: Sequence[int | None]) -> tuple[int | None, ...]:
        """The units become a penalty for each code."""
        return (*input_shape[:-1], len(self.codes))

    def get_config(self) -> dict[str, Any]:
        """The arguments of the constructor."""
        return super().get_config() | {"codes": self.codes.tolist()}
