"""The table of layers as data: every count with the computation that gives it.

Source: LeCun et al. 1998, section II.B; the computations are those of the notes (docs/notes-corrected.md).
"""

from __future__ import annotations

from typing import Any

from lenet.architecture import ORIGINAL, Architecture, Layer
from lenet.codes import CLASS_CHARACTERS
from lenet.explain.distances import count_constant_units, measure_distances, rank_pairs
from lenet.explain.wiring import group_maps

COUNTS = ("units", "trainable", "fixed", "connections", "multiply_adds")

# What the printed paper says where it misprints; the authors' preprint has our numbers.
MISPRINTS = {"c3": 156_000, "total": 345_308}


def describe_architecture(architecture: Architecture) -> dict[str, Any]:
    """The whole table of layers, as JSON can hold it.

    Args:
        architecture: the network, on a field of 32x32.
    Returns:
        "architecture", "layers" and "total"; the formulas of all counts lie in "formulas" of each layer.
    """
    layers = architecture.layers
    total: dict[str, Any] = {name: sum(getattr(layer, name) for layer in layers) for name in COUNTS}
    result = {
        "architecture": architecture.to_dict(),
        "layers": [describe_layer(architecture, layer.name) for layer in layers],
        "total": total,
    }
    return result | ({"misprints": MISPRINTS} if architecture == ORIGINAL else {})


def describe_layer(architecture: Architecture, name: str) -> dict[str, Any]:
    """One layer with its counts, their formulas, and what is particular to it.

    Args:
        architecture: the network.
        name: c1, s2, c3, s4, c5, f6 or output.
    Raises:
        ArchitectureError: no layer of this name.
    """
    layer = architecture.layer(name)
    counts = {key: getattr(layer, key) for key in COUNTS}
    return {
        "name": layer.name,
        "kind": layer.kind,
        "input": [layer.input_maps, layer.input_side, layer.input_side],
        "kernel": layer.kernel,
        "output": [layer.maps, layer.side, layer.side],
        **counts,
        "receptive_field": layer.receptive_field,
        "receptive_stride": layer.receptive_stride,
        "formulas": {"side": format_side(layer)} | {key: count.formula for key, count in counts.items()},
        **_describe_details(architecture, layer),
    }


def format_side(layer: Layer) -> str:
    """How the side of a layer's maps comes about: "32 - 5 + 1", "28 / 2" or "1"."""
    if layer.kind == "convolution":
        return f"{layer.input_side} - {layer.kernel} + 1"
    return f"{layer.input_side} / {layer.kernel}" if layer.kind == "subsampling" else str(layer.side)


def _describe_details(architecture: Architecture, layer: Layer) -> dict[str, Any]:
    if layer.name == "c3":
        groups = [
            {
                "maps": list(group.maps),
                "inputs": group.inputs,
                "neighbours": group.neighbours,
                "trainable": group.trainable,
                "formula": group.trainable.formula,
            }
            for group in group_maps(architecture)
        ]
        return {"table": [list(inputs) for inputs in architecture.table], "groups": groups}
    if layer.kind == "rbf":
        characters, paper = CLASS_CHARACTERS[: architecture.classes], int(architecture.codes.min())
        distances = measure_distances(characters, paper)
        closest = rank_pairs(characters, paper)[0]
        return {
            "characters": characters,
            "distances": distances.tolist(),
            "closest": {"pair": [closest.first, closest.second], "distance": closest.distance},
            "constant_units": count_constant_units(characters),
        }
    return {}
