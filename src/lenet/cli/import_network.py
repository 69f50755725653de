"""`lenet import`: convert a LeNet-5 that was trained with other software."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lenet.cli.options import json_option
from lenet.cli.output import make_console, make_table, print_json, print_table
from lenet.codes import DIGITS
from lenet.errors import UsageError
from lenet.texts import say

if TYPE_CHECKING:
    from lenet.network import Network


def import_network(
    file: Annotated[Path, typer.Argument(metavar="FILE", help=say("import.file"))],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="NET", help=say("import.output"))],
    activation: Annotated[
        str | None,
        typer.Option(metavar="relu|tanh|sigmoid|scaled-tanh", help=say("import.activation")),
    ] = None,
    pooling: Annotated[str | None, typer.Option(metavar="max|average", help=say("import.pooling"))] = None,
    mean: Annotated[float | None, typer.Option(metavar="X", help=say("import.mean"))] = None,
    std: Annotated[float | None, typer.Option(metavar="X", help=say("import.std"))] = None,
    labels: Annotated[str | None, typer.Option(metavar="A,B,...", help=say("import.labels"))] = None,
    as_json: Annotated[bool, json_option()] = False,
) -> None:
    """Write the network, and report which tensor became which layer and what was assumed."""
    from lenet.export import state_dict

    if output.suffix != ".safetensors":
        raise UsageError("import.suffix", path=output)
    names = labels.split(",") if labels is not None else None
    loaded = state_dict.import_network(file, activation, pooling, mean, std, names)
    loaded.save(output)
    report: dict[str, Any] = {"network": output, "architecture": loaded.architecture.to_dict(), **loaded.card}
    if loaded.labels == DIGITS:
        report["samples_right"] = _count_right(loaded)
        better = _find_better(file, report) if "tensors" in loaded.card else None
        report |= {"better": better} if better else {}
    if as_json:
        print_json(report)
    else:
        _print_report(loaded, report)


def _count_right(network: Network) -> int:
    """The number of the ten samples that a network recognizes correctly."""
    import numpy as np

    from lenet.images.normalize import normalize_digit
    from lenet.samples import read_sample

    images = np.stack([normalize_digit(read_sample(digit)) for digit in range(10)])
    return int((network.penalties(images).argmin(axis=1) == np.arange(10)).sum())


def _find_better(file: Path, report: dict[str, Any]) -> dict[str, Any] | None:
    """The activation and pooling with which most samples are recognized, if others than the given ones."""
    from lenet.export.state_dict import ACTIVATIONS, POOLINGS
    from lenet.export.state_dict import import_network as read

    mean, std, most, best = report["mean"], report["std"], report["samples_right"], None
    for activation in ACTIVATIONS if most < len(DIGITS) else ():
        for pooling in POOLINGS:
            right = _count_right(read(file, activation, pooling, mean, std))
            if right > most:
                most, best = right, {"activation": activation, "pooling": pooling, "right": right}
    return best


def _print_report(network: Network, report: dict[str, Any]) -> None:
    console = make_console()
    found = report.get("tensors")
    if found:
        _print_tensors(network, found)
    count = f"{network.parameters.count:,}"
    console.print(say("import.written", path=report["network"], count=count), style="bold", soft_wrap=True)
    if found:
        taken = {name: report[name] for name in ("activation", "pooling")}
        taken |= {name: f"{report[name]:g}" for name in ("mean", "std")}
        console.print(say("import.assumed", **taken), soft_wrap=True)
        if report["mean"]:
            console.print(say("import.border", grey=f"{255 * report['mean']:.0f}"), soft_wrap=True)
    if "samples_right" in report:
        console.print(say("import.samples", right=report["samples_right"]), soft_wrap=True)
    if "better" in report:
        console.print(say("import.better", **report["better"]), style="bold", soft_wrap=True)


def _print_tensors(network: Network, found: dict[str, str]) -> None:
    table = make_table({say(f"import.{column}"): "left" for column in ("layer", "tensor", "shape")})
    for name, array in network.parameters.items():
        shape = " x ".join(map(str, array.shape))
        table.add_row(name, found.get(name, say("import.no_bias")), shape)
    print_table(table)
