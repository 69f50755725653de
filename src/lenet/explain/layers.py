"""What each layer does and why, in the reader's language, its numbers taken from the architecture."""

from __future__ import annotations

from collections.abc import Iterator

from lenet.architecture import (
    C1_MAPS,
    FIELD,
    STRIDE,
    TANH_AMPLITUDE,
    Architecture,
    Layer,
)
from lenet.codes import CLASS_CHARACTERS, CODE_HEIGHT, CODE_WIDTH
from lenet.explain.distances import count_constant_units, rank_pairs
from lenet.explain.wiring import group_maps
from lenet.texts import say

FUNCTIONS = {"tanh": f"{TANH_AMPLITUDE} tanh(2a/3)", "logistic": "1/(1 + exp(-a))", "relu": "max(0, a)"}


def explain_layer(architecture: Architecture, layer: Layer) -> list[str]:
    """What a layer does and why, as paragraphs.

    Args:
        architecture: the network.
        layer: one of its layers.
    """
    explain = {"c1": _explain_c1, "c3": _explain_c3, "c5": _explain_c5, "f6": _explain_f6}
    if layer.kind == "subsampling":
        return list(_explain_subsampling(architecture, layer))
    return list(explain.get(layer.name, _explain_output)(architecture, layer))


def _explain_c1(architecture: Architecture, layer: Layer) -> Iterator[str]:
    places = f"{layer.side} x {layer.side} = {layer.side**2}"
    counts = {"trainable": layer.trainable, "connections": f"{layer.connections:,}"}
    yield say("layers.c1_sharing", places=places, **counts)
    yield say("layers.c1_field", field=FIELD)
    yield _name_activation(architecture)


def _explain_subsampling(architecture: Architecture, layer: Layer) -> Iterator[str]:
    yield say(f"layers.{architecture.pooling}", layer=layer.name.upper(), maps=layer.maps)
    yield say("layers.windows", before=layer.input_side, after=layer.side)
    if architecture.pooling == "trainable":
        yield say("layers.coefficient")
        yield _name_activation(architecture)


def _explain_c3(architecture: Architecture, layer: Layer) -> Iterator[str]:
    if architecture.connections == "full":
        yield say("layers.c3_full", maps=layer.maps, inputs=layer.input_maps)
    else:
        everything = layer.maps * (layer.input_maps * layer.kernel**2 + 1)
        yield say("layers.c3_table", kernels=len(architecture.pairs), all=layer.maps * layer.input_maps)
        yield say("layers.c3_why", trainable=f"{layer.trainable:,}", everything=f"{everything:,}")
        yield "\n".join(_format_groups(architecture))
    yield _name_activation(architecture)


def _format_groups(architecture: Architecture) -> Iterator[str]:
    groups = group_maps(architecture)
    for group in groups:
        rule = "all" if group.inputs == C1_MAPS else "neighbours" if group.neighbours else "apart"
        what = say(f"layers.c3_{rule}", inputs=group.inputs)
        count = f"{group.trainable.formula} = {group.trainable:,}"
        several = "c3_group" if group.maps[1:] else "c3_map"
        yield say(f"layers.{several}", first=group.maps[0], last=group.maps[-1], what=what, count=count)
    counts = [group.trainable for group in groups]
    yield say("layers.c3_sum", sum=f"{' + '.join(map(str, counts))} = {sum(counts):,}")


def _explain_c5(architecture: Architecture, layer: Layer) -> Iterator[str]:
    larger = FIELD + STRIDE
    rows, columns = architecture.output_sides(larger, larger)
    sides = {"kernel": layer.kernel, "side": layer.input_side, "maps": layer.maps}
    yield say("layers.c5_full", **sides, inputs=layer.input_maps)
    yield say(
        "layers.c5_convolution",
        field=larger,
        grown=f"{rows}x{columns}",
        trainable=f"{layer.trainable:,}",
        step=STRIDE,
    )
    yield _name_activation(architecture)


def _explain_f6(architecture: Architecture, layer: Layer) -> Iterator[str]:
    yield say("layers.f6_sum", inputs=layer.input_maps)
    if architecture.output == "rbf":
        paper = int(architecture.codes.min())
        yield say("layers.f6_picture", units=layer.maps, width=CODE_WIDTH, height=CODE_HEIGHT, paper=paper)
    else:
        yield say("layers.f6_linear", units=layer.maps, width=CODE_WIDTH, height=CODE_HEIGHT)
    yield _name_activation(architecture)


def _explain_output(architecture: Architecture, layer: Layer) -> Iterator[str]:
    if architecture.output == "linear":
        yield say("layers.output_linear", classes=layer.maps, inputs=layer.input_maps)
        return
    characters = CLASS_CHARACTERS[: architecture.classes]
    paper = int(architecture.codes.min())
    pairs = rank_pairs(characters, paper)
    farthest = [f"{p.first}-{p.second}" for p in pairs if p.distance == pairs[-1].distance]
    yield say("layers.output_rbf", last=layer.input_maps - 1, fixed=layer.fixed, formula=layer.fixed.formula)
    yield say(
        "layers.output_distances",
        first=pairs[0].first,
        second=pairs[0].second,
        pixels=pairs[0].pixels,
        closest=pairs[0].distance,
        step=(1 - paper) ** 2,
        farthest=", ".join(farthest),
        most=pairs[-1].distance,
    )
    constant = count_constant_units(characters)
    yield say("layers.output_constant", constant=constant, units=layer.input_maps, classes=layer.maps)


def _name_activation(architecture: Architecture) -> str:
    return say("layers.activation", function=FUNCTIONS[architecture.activation])
