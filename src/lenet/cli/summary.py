"""`lenet summary`: the layers, the computation of every count, one layer in detail, a picture."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lenet.architecture import (
    CHOICES,
    LAYER_NAMES,
    ORIGINAL,
    PRESETS,
    Architecture,
    Layer,
)
from lenet.cli.glyphs import draw_glyphs, format_distances
from lenet.cli.options import architecture_option, choose_architecture, json_option, variant_option
from lenet.cli.output import (
    draw_picture,
    format_count,
    make_console,
    make_table,
    print_json,
    print_lines,
    print_paragraph,
)
from lenet.codes import CLASS_CHARACTERS
from lenet.explain.layers import explain_layer
from lenet.explain.summary import MISPRINTS, describe_architecture, describe_layer, format_side
from lenet.explain.wiring import draw_table
from lenet.texts import say

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

COLUMNS = ("layer", "what", "maps", "units", "trainable", "connections", "receptive_field")
SPARE = ("what", "receptive_field", "units", "maps")  # left out on a narrow terminal, the least needed first


def summary(
    architecture: Annotated[str, architecture_option()] = "original",
    activation: Annotated[str | None, variant_option("activation")] = None,
    pooling: Annotated[str | None, variant_option("pooling")] = None,
    connections: Annotated[str | None, variant_option("connections")] = None,
    output: Annotated[str | None, variant_option("output")] = None,
    layer: Annotated[
        str | None, typer.Option(metavar="|".join(LAYER_NAMES), help=say("summary.layer_option"))
    ] = None,
    picture: Annotated[Path | None, typer.Option(metavar="FILE", help=say("summary.picture_option"))] = None,
    as_json: Annotated[bool, json_option()] = False,
) -> None:
    """Print the table of layers and how each number is computed, or one layer in detail."""
    fields = {"activation": activation, "pooling": pooling, "connections": connections, "output": output}
    chosen = choose_architecture(architecture, **fields)
    described = describe_layer(chosen, layer) if layer else describe_architecture(chosen)
    if picture:
        from lenet.explain.pictures import compose_network

        draw_picture(partial(compose_network, chosen), picture)
        described["picture"] = str(picture)
    if as_json:
        print_json(described)
        return
    if layer:
        _print_layer(chosen, chosen.layer(layer))
    else:
        _print_summary(chosen)


def _print_summary(architecture: Architecture) -> None:
    console = make_console()
    console.print(say("summary.title"), style="bold")
    names = [name for name, preset in PRESETS.items() if preset == architecture]
    fields = ", ".join(f"{field} {getattr(architecture, field)}" for field in CHOICES)
    variant = say("summary.variant", name=names[0] if names else say("summary.custom"), fields=fields)
    print_lines([variant])
    console.print(_fit_table(architecture, console))
    if architecture == ORIGINAL:
        misprints = {name: f"{count:,}" for name, count in MISPRINTS.items()}
        print_paragraph(say("summary.misprints", **misprints))
    console.print(f"\n{say('summary.computations')}", style="bold")
    for layer in architecture.layers:
        console.print(f"\n{_name_layer(layer)}", style="bold")
        _print_computations(layer)
    totals = {"trainable": architecture.trainable, "connections": architecture.connections_total}
    total = say("summary.in_all", **{name: f"{total:,}" for name, total in totals.items()})
    print_lines(["", total, say("summary.more")])


def _fit_table(architecture: Architecture, console: Console) -> Table:
    """The table of layers with as many columns as fit the terminal."""
    from rich.measure import Measurement

    names = list(COLUMNS)
    for spare in SPARE:
        table = _make_table(architecture, tuple(names))
        if Measurement.get(console, console.options.update(max_width=1000), table).maximum <= console.width:
            return table
        names.remove(spare)
    return _make_table(architecture, tuple(names))


def _make_table(architecture: Architecture, names: tuple[str, ...]) -> Table:
    star = "*" if architecture == ORIGINAL else ""
    totals = {
        "layer": say("summary.total"),
        "trainable": f"{architecture.trainable:,}",
        "connections": f"{architecture.connections_total:,}{star}",
    }
    words = ("layer", "what")
    table = make_table(
        {say(f"summary.{name}"): "left" if name in words else "right" for name in names}, footer=True
    )
    for name, column in zip(names, table.columns, strict=True):
        column.footer = totals.get(name, "")
    first = architecture.layers[0]
    rows = [{"layer": say("summary.input"), "maps": _format_maps(first.input_maps, first.input_side)}]
    for layer in architecture.layers:
        mark = star if layer.name in MISPRINTS else ""
        row = {
            "layer": _format_name(layer),
            "what": _name_kind(layer),
            "maps": _format_maps(layer.maps, layer.side),
            "units": f"{layer.units:,}",
            "trainable": f"{layer.trainable:,}",
            "connections": f"{layer.connections:,}{mark}",
            "receptive_field": f"{layer.receptive_field}x{layer.receptive_field}",
        }
        rows.append(row)
    for row in rows:
        table.add_row(*(row.get(name, "") for name in names))
    return table


def _print_computations(layer: Layer) -> None:
    rows = list(_format_computations(layer))
    from rich.table import Table

    grid = Table.grid(padding=(0, 2, 0, 0))
    for _ in range(2):
        grid.add_column(overflow="fold")
    for name, computation in rows:
        grid.add_row(f"  {say(f'summary.{name}')}", computation)
    make_console().print(grid)


def _format_computations(layer: Layer) -> Iterator[tuple[str, str]]:
    side = format_side(layer)
    if side != str(layer.side):
        yield "side", f"{side} = {layer.side}"
    yield "units", format_count(layer.units)
    yield "parameters", format_count(layer.trainable)
    if layer.fixed:
        yield "fixed", format_count(layer.fixed)
    # C3's formula within that of its connections would fill two lines: its value says the same
    connections = format_count(layer.connections)
    yield "connections", connections.replace(f"({layer.trainable.formula}) ", f"{layer.trainable:,} ")
    field, stride = layer.receptive_field, layer.receptive_stride
    key = "receptive_moved" if layer.side > 1 else "receptive_value"
    yield "receptive", say(f"summary.{key}", field=field, stride=stride)


def _print_layer(architecture: Architecture, layer: Layer) -> None:
    console = make_console()
    console.print(_name_layer(layer), style="bold")
    _print_computations(layer)
    for paragraph in explain_layer(architecture, layer):
        console.print()
        print_paragraph(paragraph)
    print_lines(_format_details(architecture, layer))


def _format_details(architecture: Architecture, layer: Layer) -> Iterator[str]:
    if layer.name == "c3" and architecture.connections == "table":
        yield from ("", say("summary.table"), "")
        yield from draw_table(architecture)
    if architecture.output != "rbf":
        return
    width = make_console().width
    characters = CLASS_CHARACTERS[: architecture.classes]
    if layer.name == "f6":
        yield from ("", say("summary.code", character="3"), "")
        yield from draw_glyphs("3", width)
    if layer.name == "output":
        yield from ("", say("summary.codes"), "")
        yield from draw_glyphs(characters, width)
        yield ""
        yield from format_distances(characters, width, int(architecture.codes.min()))


def _name_layer(layer: Layer) -> str:
    before = _format_maps(layer.input_maps, layer.input_side)
    maps = f"{before} -> {_format_maps(layer.maps, layer.side)}"
    return f"{_format_name(layer)}  {say('cli.pair', name=_name_kind(layer), value=maps)}"


def _format_name(layer: Layer) -> str:
    return say("summary.maps") if layer.name == "output" else layer.name.upper()


def _name_kind(layer: Layer) -> str:
    return say(f"summary.{layer.kind}", kernel=layer.kernel)


def _format_maps(maps: int, side: int) -> str:
    return f"{maps}x{side}x{side}"
