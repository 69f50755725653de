"""One unit of the network: its receptive fields, every product, the sum and the activation."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from lenet.architecture import FIELD, LAYER_NAMES, WINDOW, Architecture, Layer
from lenet.codes import CODE_WIDTH
from lenet.engines.reference.forward import activate
from lenet.errors import UsageError
from lenet.explain.recognition import Recognition
from lenet.parameters import Parameters

PATTERN = re.compile(r"(?P<layer>[a-z0-9]+):(?P<map>\d+)(?::(?P<row>\d+),(?P<column>\d+))?")
VECTOR_COLUMNS = 12  # the 120 inputs of F6 are shown in 10 rows

Span = tuple[int, int]  # first and one past the last


@dataclass(frozen=True)
class Position:
    """The position of a unit in the network.

    Args:
        layer: c1, s2, c3, s4, c5, f6 or output.
        map: number of the feature map; in F6 and the output the number of the unit.
        row, column: in the feature map; 0 where a map has one unit.
    """

    layer: str
    map: int
    row: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"{self.layer}:{self.map}:{self.row},{self.column}"


@dataclass(frozen=True)
class ReceptiveField:
    """The receptive field of a unit in one layer: the same window of some of its maps."""

    maps: tuple[int, ...]
    rows: Span
    columns: Span


@dataclass(frozen=True)
class Term:
    """The inputs of a unit from one map, and their products with its weights.

    Args:
        source: name of the layer below.
        map: number of the map in that layer; None if the whole layer is one vector.
        rows, columns: the window of the map.
        states: (h, w) float64, the inputs.
        weights: (h, w), the kernel; for an RBF unit the code; None for pooling.
        products: (h, w), states x weights; for an RBF unit the squared differences; for pooling the states.
    """

    source: str
    map: int | None
    rows: Span
    columns: Span
    states: np.ndarray
    weights: np.ndarray | None
    products: np.ndarray

    @property
    def total(self) -> float:
        """The sum of the products."""
        return float(self.products.sum())


@dataclass(frozen=True)
class Unit:
    """The arithmetic of one unit.

    Args:
        position: the unit.
        kind: "weighted", "trainable", "average", "max" or "distance".
        terms: the inputs and products, one term per map.
        coefficient: of trainable subsampling; None for other units.
        bias: None if the unit has none.
        sum: before the activation function.
        state: after the activation function; the sum where there is none.
        fields: the receptive field in each layer below, from the input up.
    """

    position: Position
    kind: str
    terms: tuple[Term, ...]
    coefficient: float | None
    bias: float | None
    sum: float
    state: float
    fields: Mapping[str, ReceptiveField]


def parse_position(text: str, architecture: Architecture) -> Position:
    """Parse LAYER:MAP:ROW,COLUMN; ROW,COLUMN may be left out where a map has one unit.

    Args:
        text: such as "c3:5:2,7" or "f6:17".
        architecture: the network.
    Raises:
        UsageError: not of this form, or a unit that does not exist.
    """
    match = PATTERN.fullmatch(text.lower().replace(" ", ""))
    if match is None or match["layer"] not in LAYER_NAMES:
        raise UsageError("explain.unit_form", value=text, names=", ".join(LAYER_NAMES))
    layer = architecture.layer(match["layer"])
    position = Position(layer.name, int(match["map"]), int(match["row"] or 0), int(match["column"] or 0))
    fits = position.map < layer.maps and position.row < layer.side and position.column < layer.side
    if not fits or (match["row"] is None and layer.side > 1):
        limits = {"maps": layer.maps - 1, "last": layer.side - 1}
        key = "explain.unit_range" if layer.side > 1 else "explain.unit_number"
        raise UsageError(key, value=text, layer=layer.name, **limits)
    return position


def work_out(recognition: Recognition, parameters: Parameters, position: Position) -> Unit:
    """Compute one unit step by step from the states of the layer below.

    Args:
        recognition: the states of all layers.
        parameters: of the network.
        position: the unit to compute.
    """
    architecture = recognition.architecture
    layer, name, number = architecture.layer(position.layer), position.layer, position.map
    fields = find_receptive_fields(architecture, position)
    coefficient = bias = None
    if layer.kind == "subsampling":
        kind = architecture.pooling
        if kind == "trainable":
            coefficient = float(parameters[f"{name}.coefficient"][number])
    else:
        kind = "distance" if layer.kind == "rbf" else "weighted"
    if f"{name}.bias" in parameters:
        bias = float(parameters[f"{name}.bias"][number])
    terms = tuple(_read_terms(recognition, parameters, layer, fields, number))
    read = sum(term.total for term in terms)
    if kind == "max":
        total = float(terms[0].states.max())
    elif kind == "average":
        total = read / WINDOW**2
    else:
        total = read * (1.0 if coefficient is None else coefficient) + (bias or 0.0)
    state = total
    if name in architecture.activated_layers:
        state = float(activate(np.asarray(total), architecture.activation))
    return Unit(position, kind, terms, coefficient, bias, total, state, fields)


def _read_terms(
    recognition: Recognition,
    parameters: Parameters,
    layer: Layer,
    fields: Mapping[str, ReceptiveField],
    number: int,
) -> list[Term]:
    source = list(fields)[-1]
    seen, states = fields[source], recognition.states[source].astype(np.float64)
    if layer.kind in ("full", "rbf"):
        columns = VECTOR_COLUMNS if source == "c5" else CODE_WIDTH
        vector = states.reshape(-1, columns)
        if layer.kind == "rbf":
            weights = recognition.architecture.codes[number].astype(np.float64).reshape(vector.shape)
            products = (vector - weights) ** 2
        else:
            row = parameters[f"{layer.name}.weight"][number]
            weights = row.astype(np.float64).reshape(vector.shape)
            products = vector * weights
        height, width = vector.shape
        return [Term(source, None, (0, height), (0, width), vector, weights, products)]
    terms = []
    for map_ in seen.maps:
        window = states[map_, slice(*seen.rows), slice(*seen.columns)]
        kernel = None
        if layer.kind == "convolution":
            kernel = parameters.dense(layer.name)[number, map_].astype(np.float64)
        products = window if kernel is None else window * kernel
        terms.append(Term(source, map_, seen.rows, seen.columns, window, kernel, products))
    return terms


def find_receptive_fields(architecture: Architecture, position: Position) -> dict[str, ReceptiveField]:
    """The receptive field of a unit in each layer below it.

    Args:
        architecture: the network, on an input of 32x32.
        position: the unit.
    Returns:
        The fields by layer, from "input" up to the layer right below the unit.
    """
    fields: dict[str, ReceptiveField] = {}
    maps: tuple[int, ...] = (position.map,)
    rows, columns = (position.row, position.row + 1), (position.column, position.column + 1)
    names = ("input", *LAYER_NAMES)
    for name, below in zip(reversed(LAYER_NAMES), reversed(names[:-1]), strict=True):
        if names.index(name) > names.index(position.layer):
            continue
        layer = architecture.layer(name)
        if name == "c3":
            maps = tuple(sorted({source for number in maps for source in architecture.table[number]}))
        elif layer.kind != "subsampling":
            maps = tuple(range(layer.input_maps))
        if layer.kind == "subsampling":
            rows, columns = ((WINDOW * first, WINDOW * last) for first, last in (rows, columns))
        elif layer.kind == "convolution":
            reach = layer.kernel - 1
            rows, columns = ((first, last + reach) for first, last in (rows, columns))
        fields[below] = ReceptiveField(maps, rows, columns)
    assert fields["input"].rows[1] <= FIELD
    return dict(reversed(fields.items()))
