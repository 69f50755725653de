"""The numbers that training changes, as arrays with names. Files are not read or written here."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Self

import numpy as np

from lenet.architecture import (
    C1_MAPS,
    C3_MAPS,
    F6_UNITS,
    KERNEL,
    LAYER_NAMES,
    PARAMETER_NAMES,
    TANH_AMPLITUDE,
    Architecture,
)
from lenet.errors import ArchitectureError, ShapeError
from lenet.randomness import Purpose, draw_uniform

INITIALIZATIONS = ("1998", "eblearn", "variance")
PIXEL_BOUND = 2.0  # above every pixel that the network sees
FAN_IN_AT_MOST = 400  # of a unit of C5


class Parameters(Mapping[str, np.ndarray]):
    """The trainable arrays of one architecture, by name, in the order of the layers.

    Also used for what has the same shapes: gradients, curvatures, a learning rate for each parameter.

    Args:
        architecture: the network.
        arrays: one array for each name of `architecture.parameter_shapes`, all float32 or all float64.
    Raises:
        ShapeError: a name, shape or type that does not fit.
    """

    def __init__(self, architecture: Architecture, arrays: Mapping[str, np.ndarray]) -> None:
        shapes = architecture.parameter_shapes
        if set(arrays) != set(shapes):
            found, expected = ", ".join(sorted(arrays)), ", ".join(sorted(shapes))
            raise ShapeError("parameters.names", found=found, expected=expected)
        dtype = arrays[next(iter(shapes))].dtype
        for name, shape in shapes.items():
            array = arrays[name]
            if array.shape != shape:
                raise ShapeError("parameters.shape", name=name, found=array.shape, expected=shape)
            if array.dtype != dtype or dtype not in (np.float32, np.float64):
                raise ShapeError("parameters.type", name=name, found=array.dtype)
        self.architecture = architecture
        self._arrays = MappingProxyType({name: arrays[name] for name in shapes})

    def __getitem__(self, name: str) -> np.ndarray:
        return self._arrays[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._arrays)

    def __len__(self) -> int:
        return len(self._arrays)

    def __repr__(self) -> str:
        return f"Parameters({self.count:,} numbers in {len(self)} arrays, {self.dtype})"

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.architecture, dict(self._arrays))

    @property
    def dtype(self) -> np.dtype[Any]:
        """float32 or float64, the same for all arrays."""
        return next(iter(self.values())).dtype

    @property
    def count(self) -> int:
        """How many numbers there are; 60,000 for the network of 1998."""
        return sum(array.size for array in self.values())

    def map(self, function: Callable[[np.ndarray], np.ndarray]) -> Self:
        """Apply `function` to every array; the names stay."""
        return type(self)(self.architecture, {name: function(array) for name, array in self.items()})

    def astype(self, dtype: Any) -> Self:
        """A copy in float32 or float64."""
        return self.map(lambda array: array.astype(dtype))

    def dense(self, layer: str) -> np.ndarray:
        """The kernels of a layer as one dense array, zeros where C3 has no connection.

        Args:
            layer: "c1", "c3" or "c5".
        Returns:
            (maps, input maps, 5, 5).
        """
        weight = self[f"{layer}.weight"]
        if layer != "c3":
            return weight
        kernels = np.zeros((C3_MAPS, C1_MAPS, KERNEL, KERNEL), weight.dtype)
        kernels[tuple(self.architecture.pairs.T)] = weight
        return kernels


def choose_initialization(architecture: Architecture) -> str:
    """Choose the scheme of `initialize_parameters` that suits a variant.

    Returns:
        "1998" where activation, pooling and output are the paper's, else "variance".
    Assumption:
        2.4/F suits the network of 1998 alone: with relu, logistic or a linear output the states shrink from
        layer to layer, and at an ordinary rate such a network hardly learns. "variance" mends that, but for
        logistic with trainable subsampling, which needs another rate or more epochs from either start.
    """
    paper = (architecture.activation, architecture.pooling, architecture.output)
    return "1998" if paper == ("tanh", "trainable", "rbf") else "variance"


def initialize_parameters(
    architecture: Architecture, seed: int, dtype: Any = np.float32, scheme: str | None = None
) -> Parameters:
    """Draw the parameters that a training starts from: uniform weights, biases of 0.

    Args:
        architecture: the network.
        seed: 0 to 2^64 - 1.
        dtype: float32 or float64; both start from the same numbers.
        scheme: "1998": within +-2.4/F, where F is the fan-in of the unit without its bias; "eblearn": within
            +-1/sqrt(F), and 1/2 for every coefficient of S2 and S4; or "variance": within +-sqrt(3/F), so
            that all layers have states of the same variance. relu, which drops half of them, needs
            +-sqrt(6/F), and logistic, whose slope is at most 1/4, needs +-4 sqrt(3/F). None for
            `choose_initialization`.
    Raises:
        ArchitectureError: another scheme.
    Source:
        LeCun et al. 1998, appendix A (2.4/F). EBLearn, the authors' later C++ library, whose demonstration of
        LeNet-5 calls `forget_param_linear(1, 0.5)` (eblearn). LeCun et al., "Efficient BackProp", 1998,
        equation 16, and He et al. 2015, equation 10 (variance).
    Assumption:
        The paper says nothing about biases, nor about the coefficients of S2 and S4. Biases are 0 and not
        counted in F, as in the authors' later code. Coefficients in "1998" and "variance" are drawn as
        weights with F = 4. With relu, which the paper does not have, they are made positive: relu turns
        states of 0 or more, multiplied by a negative coefficient, into zeros, and the map would not learn.
    """
    scheme = choose_initialization(architecture) if scheme is None else scheme
    if scheme not in INITIALIZATIONS:
        choices = ", ".join(INITIALIZATIONS)
        raise ArchitectureError("architecture.choice", name="initialization", value=scheme, choices=choices)
    gain = {"tanh": 3, "relu": 6, "logistic": 48}[architecture.activation]
    arrays = {}
    for name, shape in architecture.parameter_shapes.items():
        if name.endswith(".bias"):
            arrays[name] = np.zeros(shape, dtype)
            continue
        if scheme == "eblearn" and name.endswith(".coefficient"):
            arrays[name] = np.full(shape, 0.5, dtype)
            continue
        fan_in = _count_inputs(architecture, name).reshape(-1, *[1] * (len(shape) - 1))
        limit = {"1998": 2.4 / fan_in, "eblearn": fan_in**-0.5, "variance": np.sqrt(gain / fan_in)}[scheme]
        index = np.array([PARAMETER_NAMES.index(name)])
        uniform = draw_uniform(seed, Purpose.WEIGHTS, 0, index, int(np.prod(shape))).reshape(shape)
        drawn = (2 * uniform - 1) * limit
        if name.endswith(".coefficient") and architecture.activation == "relu":
            drawn = np.abs(drawn)
        # by way of float32, so that float64 starts from exactly the same numbers
        arrays[name] = drawn.astype(np.float32).astype(dtype)
    return Parameters(architecture, arrays)


def _count_inputs(architecture: Architecture, name: str) -> np.ndarray:
    """The fan-in of the unit that each entry of an array's first axis belongs to."""
    if name.endswith(".coefficient"):
        return np.array([4])
    if name == "c3.weight":
        inputs = np.array([len(maps) for maps in architecture.table])
        return inputs[architecture.pairs[:, 0]] * KERNEL**2
    return np.array([int(np.prod(architecture.parameter_shapes[name][1:]))])


def check_overflow(parameters: Parameters) -> None:
    """Check that no image can make a layer exceed float32.

    Args:
        parameters: of a network.
    Raises:
        ShapeError: the first layer whose sums could.
    """
    limit = float(np.finfo(np.float32).max)
    bound = PIXEL_BOUND
    for layer in LAYER_NAMES:
        bound = _bound_sums(parameters, layer, bound)
        if not bound < limit:
            raise ShapeError("network.overflow", layer=layer.upper(), limit=f"{limit:.2g}")
        if layer != "output" and parameters.architecture.activation != "relu":
            bound = min(bound, TANH_AMPLITUDE)


def _bound_sums(parameters: Parameters, layer: str, inputs: float) -> float:
    """The largest absolute sum of a layer, if no input is larger than `inputs`."""
    if layer == "output" and parameters.architecture.output == "rbf":
        return F6_UNITS * (inputs + 1.0) ** 2
    largest = {
        name.partition(".")[2]: float(np.abs(array).max())
        for name, array in parameters.items()
        if name.startswith(f"{layer}.")
    }
    if "coefficient" in largest:
        return 4 * inputs * largest["coefficient"] + largest["bias"]
    if "weight" not in largest:  # average or maximum
        return inputs
    return inputs * largest["weight"] * FAN_IN_AT_MOST + largest["bias"]
