"""`lenet shape`: the output size of a convolution or pooling, and every product of a small example."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

import numpy as np
import typer

from lenet.cli.options import json_option
from lenet.cli.output import format_count, print_json
from lenet.errors import UsageError
from lenet.explain.arithmetic import POOLS, Sliding
from lenet.explain.worked import Example, Window
from lenet.texts import enclose_negative, say


def shape(
    height: Annotated[int, typer.Argument(metavar="H", help=say("worked.height"))],
    width: Annotated[int, typer.Argument(metavar="W", help=say("worked.width"))],
    depth: Annotated[int, typer.Argument(metavar="D", help=say("worked.depth"))],
    kernel: Annotated[int, typer.Option(metavar="F", help=say("worked.kernel"))],
    padding: Annotated[int, typer.Option(metavar="P", help=say("worked.padding"))] = 0,
    stride: Annotated[
        int | None, typer.Option(metavar="S", help=say("worked.stride"), show_default=False)
    ] = None,
    kernels: Annotated[
        int | None, typer.Option(metavar="K", help=say("worked.kernels"), show_default=False)
    ] = None,
    pool: Annotated[str | None, typer.Option(metavar="|".join(POOLS), help=say("worked.pool"))] = None,
    worked: Annotated[bool, typer.Option("--worked", help=say("worked.worked"))] = False,
    as_json: Annotated[bool, json_option()] = False,
) -> None:
    """Print the formula of the output size with numbers, and with `--worked` every product of an example."""
    if pool and kernels is not None:
        raise UsageError("arithmetic.pool_kernels", kernels=kernels, depth=depth)
    default_stride = kernel if pool else 1  # pooling windows do not overlap
    chosen_stride = default_stride if stride is None else stride
    count = 1 if kernels is None else kernels  # 0 is an error, not the default
    sliding = Sliding(height, width, depth, kernel, padding, chosen_stride, count, pool)
    example = Example(sliding) if worked else None
    if as_json:
        print_json(describe_sliding(sliding) | (describe_example(example) if example else {}))
        return
    lines = [*format_sizes(sliding), *(format_example(example) if example else [])]
    typer.echo("\n".join(lines))


def describe_sliding(sliding: Sliding) -> dict[str, Any]:
    """The sizes and counts, for JSON."""
    counts = {"units": sliding.units, "trainable": sliding.trainable, "reads": sliding.reads}
    return {
        "input": [sliding.height, sliding.width, sliding.depth],
        "kernel": sliding.kernel,
        "padding": sliding.padding,
        "stride": sliding.stride,
        "kernels": None if sliding.pool else sliding.kernels,
        "pool": sliding.pool,
        "output": [sliding.output_height, sliding.output_width, sliding.maps],
        **counts,
        "formulas": {name: count.formula for name, count in counts.items()},
    }


def describe_example(example: Example) -> dict[str, Any]:
    """The numbers of the example, for JSON."""
    if example.sliding.pool:
        return {"image": example.image, "result": example.output}
    parts = {"image": example.image, "padded": example.padded, "result": example.output}
    return parts | {"kernel_values": example.kernels, "biases": example.biases}


def format_sizes(sliding: Sliding) -> Iterator[str]:
    """The formula with the numbers inserted, and the resulting sizes and counts."""
    kind = say(f"worked.{sliding.pool}_pooling") if sliding.pool else say("worked.convolution")
    size = f"{sliding.height}x{sliding.width}x{sliding.depth}"
    output = f"{sliding.output_height}x{sliding.output_width}x{sliding.maps}"
    yield say("cli.pair", name=kind, value=f"{size} -> {output}")
    yield ""
    yield f"Ho = (H - F + 2P)/S + 1 = {_put_in(sliding, sliding.height)} = {sliding.output_height}"
    yield f"Wo = (W - F + 2P)/S + 1 = {_put_in(sliding, sliding.width)} = {sliding.output_width}"
    yield say("worked.maps_pooled" if sliding.pool else "worked.maps", maps=sliding.maps)
    yield say("worked.units", count=format_count(sliding.units))
    yield say("worked.trainable", count=format_count(sliding.trainable))
    key = "worked.reads" if sliding.pool else "worked.products"
    yield say(key, count=format_count(sliding.reads))


def _put_in(sliding: Sliding, side: int) -> str:
    return f"({side} - {sliding.kernel} + 2 x {sliding.padding})/{sliding.stride} + 1"


def format_example(example: Example) -> Iterator[str]:
    """The numbers of the example, the inner products of every window, and the output."""
    sliding = example.sliding
    yield ""
    yield say("worked.made_up")
    image = example.image if sliding.pool else example.padded
    key = "worked.image_padded" if sliding.padding and not sliding.pool else "worked.image"
    yield from _format_maps(say(key, padding=sliding.padding), "channel", image)
    if not sliding.pool:
        for number, kernel in enumerate(example.kernels):
            title = say("worked.kernel_title", number=number, bias=example.biases[number])
            yield from _format_maps(title, "channel", kernel)
    yield ""
    yield say("worked.windows_pooled" if sliding.pool else "worked.windows")
    for window in example.slide():
        yield from _format_pool(window, sliding.pool) if sliding.pool else _format_products(window, example)
    yield from _format_maps(say("worked.output"), "map", example.output)


def _format_products(window: Window, example: Example) -> Iterator[str]:
    yield ""
    yield _name_window(window)
    kernel = example.kernels[window.index[0]]
    for channel, total in enumerate(window.sums):
        pairs = zip(window.values[channel].ravel(), kernel[channel].ravel(), strict=True)
        products = " + ".join(f"{value}·{enclose_negative(str(weight))}" for value, weight in pairs)
        yield f"  {say('worked.channel', number=channel)}  {products} = {total}"
    sums = " + ".join(enclose_negative(str(total)) for total in window.sums)
    bias = enclose_negative(str(example.biases[window.index[0]]))
    yield f"  {say('worked.sum')}  {sums} + {bias} ({say('worked.bias')}) = {window.result:g}"


def _name_window(window: Window) -> str:
    map_, row, column = window.index
    return say("worked.window", map=map_, row=row, column=column)


def _format_pool(window: Window, pool: str) -> Iterator[str]:
    place = _name_window(window)
    values = window.values.ravel()
    if pool == "max":
        yield f"{place}  max({', '.join(map(str, values))}) = {window.result:g}"
    else:
        yield f"{place}  ({' + '.join(map(str, values))})/{len(values)} = {window.result:g}"


def _format_maps(title: str, kind: str, maps: np.ndarray) -> Iterator[str]:
    """Feature maps side by side, each below its number."""
    cells = [[[f"{value:g}" for value in row] for row in plane] for plane in maps.tolist()]
    width = max(len(cell) for plane in cells for row in plane for cell in row)
    yield ""
    yield title
    for number, plane in enumerate(cells):
        yield f"  {say(f'worked.{kind}', number=number)}"
        for row in plane:
            yield "    " + " ".join(cell.rjust(width) for cell in row)
