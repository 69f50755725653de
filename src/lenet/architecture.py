"""What LeNet-5 is: its layers, its connection table, its sizes and counts. Every other module reads this one.

Source: LeCun et al. 1998, section II.B and figure 2.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from functools import cached_property
from itertools import groupby
from typing import Any, Self

import numpy as np

from lenet.codes import CLASS_CHARACTERS, CODE_LENGTH, codes
from lenet.counts import Count
from lenet.errors import ArchitectureError, ShapeError
from lenet.texts import say

FIELD = 32  # the input: a 28x28 digit in the middle of a 32x32 field
BORDER = 2
STORED = FIELD - 2 * BORDER  # the side of a picture as MNIST stores it
assert STORED == 28
BOX = 20  # the longer side of a digit in it, in pixels
KERNEL = 5
WINDOW = 2
C1_MAPS, C3_MAPS, C5_MAPS, F6_UNITS = 6, 16, 120, CODE_LENGTH
STRIDE = WINDOW * WINDOW  # C5's maps grow by one unit for every 4 pixels of a larger field

# What a byte of a stored picture becomes: background 0 -> -0.1, ink 255 -> 1.175.
# Assumption: linear between the two values that the paper gives.
PIXEL_SCALE, PIXEL_OFFSET = 0.005, -0.1

# f(a) = A tanh(S a) with f(1) = 1 and f(-1) = -1. Source: appendix A.
TANH_AMPLITUDE, TANH_SLOPE = 1.7159, 2 / 3

# Table I: the maps of S2 that each map of C3 reads, in ascending order.
# fmt: off
C3_TABLE = (
    (0, 1, 2), (1, 2, 3), (2, 3, 4), (3, 4, 5), (0, 4, 5), (0, 1, 5),
    (0, 1, 2, 3), (1, 2, 3, 4), (2, 3, 4, 5), (0, 3, 4, 5), (0, 1, 4, 5), (0, 1, 2, 5),
    (0, 1, 3, 4), (1, 2, 4, 5), (0, 2, 3, 5),
    (0, 1, 2, 3, 4, 5),
)
# fmt: on
assert sum(map(len, C3_TABLE)) == 60  # kernels

CHOICES = {
    "activation": ("tanh", "logistic", "relu"),
    "pooling": ("trainable", "average", "max"),
    "connections": ("table", "full"),
    "output": ("rbf", "linear"),
}
MAX_CLASSES = {"rbf": len(CLASS_CHARACTERS), "linear": 10_000}

LAYER_NAMES = ("c1", "s2", "c3", "s4", "c5", "f6", "output")
PARAMETER_NAMES = (
    *("c1.weight", "c1.bias", "s2.coefficient", "s2.bias", "c3.weight", "c3.bias"),
    *("s4.coefficient", "s4.bias", "c5.weight", "c5.bias", "f6.weight", "f6.bias"),
    *("output.weight", "output.bias"),
)


@dataclass(frozen=True)
class Layer:
    """One row of the table of layers; sides and counts hold for a 32x32 field.

    Args:
        name: c1, s2, c3, s4, c5, f6 or output.
        kind: convolution, subsampling, full or rbf.
        input_maps, input_side: what it reads, as maps of side x side units.
        kernel: side of its kernel or window; 1 where every unit reads every input.
        maps, side: what it gives.
        units, trainable, fixed, connections, multiply_adds: counts with their formulas.
        receptive_field: side of the square of input pixels that reach one unit.
        receptive_stride: how many pixels apart the fields of two neighbouring units lie.
    """

    name: str
    kind: str
    input_maps: int
    input_side: int
    kernel: int
    maps: int
    side: int
    units: Count
    trainable: Count
    fixed: Count
    connections: Count
    multiply_adds: Count
    receptive_field: int
    receptive_stride: int


@dataclass(frozen=True)
class Architecture:
    """One network of the LeNet-5 family, as data.

    Args:
        activation: the activation function: "tanh" (1.7159 tanh(2a/3)), "logistic" or "relu".
        pooling: "trainable" (sum x coefficient + bias, activated), "average" or "max".
        connections: what C3's maps read: "table" (Table I) or "full".
        output: "rbf" (squared distance to fixed 7x12 codes) or "linear" (the penalty is -logit).
        classes: 2 to 95 with codes, 2 to 10,000 with a linear output.
    Raises:
        ArchitectureError: a value that is not one of these.
    Source:
        LeCun et al. 1998, section II.B; the other values are the variants that later texts teach.
    """

    activation: str = "tanh"
    pooling: str = "trainable"
    connections: str = "table"
    output: str = "rbf"
    classes: int = 10

    def __post_init__(self) -> None:
        for name, allowed in CHOICES.items():
            value = getattr(self, name)
            if value not in allowed:
                choices = ", ".join(allowed)
                raise ArchitectureError("architecture.choice", name=name, value=value, choices=choices)
        limit = MAX_CLASSES[self.output]
        if isinstance(self.classes, bool) or not isinstance(self.classes, int | np.integer):
            raise ArchitectureError("architecture.classes", value=self.classes, limit=limit)
        if not 2 <= self.classes <= limit:
            raise ArchitectureError("architecture.classes", value=self.classes, limit=limit)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Build from what `to_dict` gave.

        Raises:
            ArchitectureError: a field is missing, unknown or out of range.
        """
        names = [field.name for field in fields(cls)]
        if sorted(values) != sorted(names):
            raise ArchitectureError("architecture.fields", found=sorted(values), expected=sorted(names))
        return cls(**values)

    def to_dict(self) -> dict[str, Any]:
        """The five fields by name, as JSON can hold them."""
        return asdict(self) | {"classes": int(self.classes)}

    @cached_property
    def table(self) -> tuple[tuple[int, ...], ...]:
        """The maps of S2 that each of C3's 16 maps reads, ascending."""
        return C3_TABLE if self.connections == "table" else (tuple(range(C1_MAPS)),) * C3_MAPS

    @cached_property
    def pairs(self) -> np.ndarray:
        """(connections, 2) int: (map of C3, map of S2) of each kernel, in the order of `c3.weight`."""
        return np.array([(m, i) for m, inputs in enumerate(self.table) for i in inputs])

    @cached_property
    def codes(self) -> np.ndarray:
        """(classes, 84) float32: the fixed codes, -1/+1, or 0/1 where no state reaches -1."""
        if self.output != "rbf":
            raise ArchitectureError("architecture.no_codes", output=self.output)
        targets = codes(CLASS_CHARACTERS[: self.classes])
        if self.activation != "tanh":
            targets = (targets + 1) / 2
        targets.flags.writeable = False
        return targets

    @property
    def activated_layers(self) -> tuple[str, ...]:
        """The layers whose sums go through the activation function."""
        return (
            ("c1", "s2", "c3", "s4", "c5", "f6") if self.pooling == "trainable" else ("c1", "c3", "c5", "f6")
        )

    @cached_property
    def parameter_shapes(self) -> dict[str, tuple[int, ...]]:
        """The shape of every trainable array, in the order of the layers."""
        shapes: dict[str, tuple[int, ...]] = {
            "c1.weight": (C1_MAPS, 1, KERNEL, KERNEL),
            "c1.bias": (C1_MAPS,),
            "s2.coefficient": (C1_MAPS,),
            "s2.bias": (C1_MAPS,),
            "c3.weight": (len(self.pairs), KERNEL, KERNEL),
            "c3.bias": (C3_MAPS,),
            "s4.coefficient": (C3_MAPS,),
            "s4.bias": (C3_MAPS,),
            "c5.weight": (C5_MAPS, C3_MAPS, KERNEL, KERNEL),
            "c5.bias": (C5_MAPS,),
            "f6.weight": (F6_UNITS, C5_MAPS),
            "f6.bias": (F6_UNITS,),
            "output.weight": (self.classes, F6_UNITS),
            "output.bias": (self.classes,),
        }
        absent = {"s2", "s4"} if self.pooling != "trainable" else set()
        absent |= {"output"} if self.output == "rbf" else set()
        return {name: shape for name, shape in shapes.items() if name.split(".")[0] not in absent}

    @cached_property
    def layers(self) -> tuple[Layer, ...]:
        """The table of layers, C1 to the output, for a 32x32 field."""
        return tuple(self._describe_layers())

    @property
    def trainable(self) -> int:
        """How many numbers training changes; 60,000 for the network of 1998."""
        return sum(layer.trainable for layer in self.layers)

    @property
    def connections_total(self) -> int:
        """How many connections there are, biases included; 340,908 for the network of 1998."""
        return sum(layer.connections for layer in self.layers)

    def layer(self, name: str) -> Layer:
        """One layer by name.

        Raises:
            ArchitectureError: no layer of this name.
        """
        for layer in self.layers:
            if layer.name == name.lower():
                return layer
        raise ArchitectureError("architecture.layer", name=name, names=", ".join(LAYER_NAMES))

    def output_sides(self, height: int, width: int) -> tuple[int, int]:
        """How many places the network looks at on a field: 1x1 on 32x32, one more for every 4 pixels.

        Args:
            height: of the field, in pixels, border included.
            width: likewise.
        Raises:
            ShapeError: smaller than 32, or not 32 plus a multiple of 4.
        Source:
            LeCun et al. 1998, section VII (space displacement networks).
        """
        for side in (height, width):
            if side < FIELD or (side - FIELD) % STRIDE:
                fit = max(FIELD, side + -side % STRIDE)
                raise ShapeError("shape.field", height=height, width=width, side=side, fit=fit)
        return (height - FIELD) // STRIDE + 1, (width - FIELD) // STRIDE + 1

    def _describe_layers(self) -> Iterator[Layer]:
        side, maps, field, stride = FIELD, 1, 1, 1
        steps = [
            ("c1", C1_MAPS, "convolution"),
            ("s2", C1_MAPS, "subsampling"),
            ("c3", C3_MAPS, "convolution"),
            ("s4", C3_MAPS, "subsampling"),
            ("c5", C5_MAPS, "convolution"),
            ("f6", F6_UNITS, "full"),
            ("output", self.classes, "rbf" if self.output == "rbf" else "full"),
        ]
        for name, maps_out, kind in steps:
            kernel = {"convolution": KERNEL, "subsampling": WINDOW}.get(kind, 1)
            pooled = kind == "subsampling"
            side_out = side // WINDOW if pooled else side - kernel + 1
            field += (kernel - 1) * stride
            stride *= WINDOW if pooled else 1
            counts = self._count(name, kind, maps, maps_out, side_out)
            sizes = (maps, side, kernel, maps_out, side_out)
            yield Layer(name, kind, *sizes, **counts, receptive_field=field, receptive_stride=stride)
            side, maps = side_out, maps_out

    def _count(self, name: str, kind: str, maps_in: int, maps: int, side: int) -> dict[str, Count]:
        places = f" x {side} x {side}" if side > 1 else ""
        counts = dict.fromkeys(("trainable", "fixed", "multiply_adds"), Count("0"))
        counts["units"] = units = Count(f"{maps}{places}")
        if kind == "subsampling":
            trained = self.pooling == "trainable"
            reads = f"({WINDOW} x {WINDOW} + 1)" if trained else f"{WINDOW} x {WINDOW}"
            counts["connections"] = Count(f"{reads} x {units.formula}")
            if trained:
                # the four inputs are added up first: one multiplication a unit
                counts |= {"trainable": Count(f"{maps} x 2"), "multiply_adds": Count(f"{units.formula} x 1")}
            return counts
        if kind == "rbf":
            codes = Count(f"{maps} x {maps_in}")
            return counts | {"fixed": codes, "connections": codes, "multiply_adds": codes}
        if name == "c3":
            weights, trainable = self._count_c3()
        elif kind == "convolution":
            taps = f"{maps_in} x {KERNEL} x {KERNEL}"
            weights, trainable = f"{maps} x {taps}", f"{maps} x ({taps} + 1)"
        else:
            weights, trainable = f"{maps} x {maps_in}", f"{maps} x ({maps_in} + 1)"
        counts["trainable"] = Count(trainable)
        for count, formula in (("connections", trainable), ("multiply_adds", weights)):
            counts[count] = Count(f"({formula}){places}" if places else formula)
        return counts

    def _count_c3(self) -> tuple[str, str]:
        groups = [(len(list(same)), n) for (n, _), same in groupby(self.table, key=describe_inputs)]
        taps = [(count, f"{n} x {KERNEL} x {KERNEL}") for count, n in groups]
        weights = " + ".join(f"{count} x {tap}" for count, tap in taps)
        return weights, " + ".join(f"{count} x ({tap} + 1)" for count, tap in taps)

    def _repr_html_(self) -> str:
        cells = [
            (name, f"{maps} x {side}²", *(f"{n:,}" for n in counts))
            for name, maps, side, *counts in (
                (layer.name, layer.maps, layer.side, layer.units, layer.trainable, layer.connections)
                for layer in self.layers
            )
        ]
        cells.append((say("summary.total"), "", "", f"{self.trainable:,}", f"{self.connections_total:,}"))
        heads = ("layer", "maps", "units", "trainable", "connections")
        head = "".join(f"<th>{say(f'summary.{name}')}</th>" for name in heads)
        rows = "".join("<tr>" + "".join(f"<td>{c}</td>" for c in row) + "</tr>" for row in cells)
        return f"<table><tr>{head}</tr>{rows}</table>"


def describe_inputs(inputs: tuple[int, ...]) -> tuple[int, bool]:
    """How many maps of S2 a map of C3 reads, and whether they are neighbours on the ring 0 1 2 3 4 5 0.

    Args:
        inputs: the maps of S2, ascending.
    Source:
        LeCun et al. 1998, Table I: the rule behind its four groups.
    """
    # on a ring, a run of n neighbours has exactly one gap; all six have none
    ends = sum((i + 1) % C1_MAPS not in inputs for i in inputs)
    return len(inputs), ends <= 1


ORIGINAL = Architecture()
MODERN = Architecture(activation="relu", pooling="max", connections="full", output="linear")
PRESETS = {"original": ORIGINAL, "modern": MODERN}


def get_preset(name: str) -> Architecture:
    """One of `PRESETS` by its name.

    Raises:
        ArchitectureError: no preset of this name.
    """
    if not isinstance(name, str) or name not in PRESETS:
        choices = ", ".join(PRESETS)
        raise ArchitectureError("architecture.choice", name="architecture", value=name, choices=choices)
    return PRESETS[name]


def name_preset(architecture: Architecture) -> str | None:
    """The name in `PRESETS` of a network, whatever its classes are; None for a variant."""
    settings = architecture.to_dict() | {"classes": ORIGINAL.classes}
    return next((name for name, preset in PRESETS.items() if preset.to_dict() == settings), None)


assert [layer.trainable for layer in ORIGINAL.layers] == [156, 12, 1516, 32, 48120, 10164, 0]
assert [layer.connections for layer in ORIGINAL.layers] == [122304, 5880, 151600, 2000, 48120, 10164, 840]
assert [layer.units for layer in ORIGINAL.layers] == [4704, 1176, 1600, 400, 120, 84, 10]
assert ORIGINAL.trainable == 60_000
assert ORIGINAL.connections_total == 340_908
