"""`lenet import`: convert a LeNet-5 that was trained with other software."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lenet.cli.options import json_option
from lenet.cli.output import make_console, make_table, print_json, print_table
from lenet.codes import DIGITS
from lenet.errors import UsageError
from lenet.texts import quote_words, say

if TYPE_CHECKING:
    from lenet.export.trials import Digits
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
    told: dict[str, Any] = {"activation": activation, "pooling": pooling, "mean": mean, "std": std}
    read = partial(state_dict.import_network, file, labels=labels.split(",") if labels is not None else None)
    loaded, report = read(**told), dict[str, Any]()
    if loaded.labels == DIGITS:
        from lenet.export.trials import find_digits

        digits = find_digits()
        read = _choose_order(read, told, digits)
        loaded = read(**told)
        report = _try(read, loaded, told, digits)
    loaded.save(output)
    report = {"network": output, "architecture": loaded.architecture.to_dict(), **loaded.card, **report}
    if as_json:
        print_json(report)
    else:
        _print_report(loaded, report, file)


def _choose_order(read: partial[Network], told: dict[str, Any], digits: Digits) -> partial[Network]:
    """How C5's inputs of kernels in Keras's order were flattened: as Keras does, or by maps first."""
    from lenet.export.trials import is_better, try_network

    turned = partial(read, maps_first=True)
    trials = [try_network(each(**told), digits, told) for each in (turned, read)]
    return turned if is_better(*trials) else read


def _try(read: partial[Network], loaded: Network, told: dict[str, Any], digits: Digits) -> dict[str, Any]:
    """How many digits the network misreads, and the settings with which it would misread fewer."""
    from lenet.export import state_dict, trials

    taken = {name: loaded.card.get(name) for name in told}
    here = trials.try_network(loaded, digits, taken)
    report: dict[str, Any] = {"tried": digits.name, "count": len(digits.labels), "wrong": here.errors}
    if "tensors" not in loaded.card:
        return report
    choices = {"activation": state_dict.ACTIVATIONS, "pooling": state_dict.POOLINGS}
    found = list(trials.try_all(read, digits, told, choices))
    if not found:
        return report
    best = trials.choose_trial(found)
    if best.errors > trials.HOPELESS * len(digits.labels):
        return report | {"fits": False}
    padded = trials.choose_trial([trial for trial in found if not trial.resized])
    resized = best.resized and trials.is_better(best, padded)
    if resized:
        report["resized"] = {**best.settings, "wrong": best.errors, "padded": padded.errors}
        here = trials.try_network(loaded, digits, taken, resized=True)
    wanted = best if resized else padded
    if wanted.settings != taken and trials.is_better(wanted, here):
        report["better"] = {**wanted.settings, "wrong": wanted.errors}
    return report


def _print_report(network: Network, report: dict[str, Any], file: Path) -> None:
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
    if "tried" in report:
        console.print(say(f"import.tried_{report['tried']}", **_count(report)), soft_wrap=True)
    if report.get("fits") is False:
        console.print(say("import.no_fit"), style="bold", soft_wrap=True)
    if "resized" in report:
        values = {name: report["resized"][name] for name in ("wrong", "padded")}
        line = say("import.resized", count=f"{report['count']:,}", **values)
        console.print(line, style="bold", soft_wrap=True)
    if "better" in report:
        console.print(_format_better(report, file), style="bold", soft_wrap=True)


def _count(report: dict[str, Any]) -> dict[str, str]:
    return {"wrong": f"{report['wrong']:,}", "count": f"{report['count']:,}"}


def _format_better(report: dict[str, Any], file: Path) -> str:
    better = report["better"]
    words = ["lenet", "import", str(file), "-o", str(report["network"])]
    for name in ("activation", "pooling", "mean", "std"):
        value = better[name]
        words += [f"--{name}", value if isinstance(value, str) else f"{value:g}"]
    key = "import.better_resized" if "resized" in report else "import.better"
    return say(key, better=better["wrong"], command=quote_words(words), **_count(report))


def _print_tensors(network: Network, found: dict[str, str]) -> None:
    table = make_table({say(f"import.{column}"): "left" for column in ("layer", "tensor", "shape")})
    for name, array in network.parameters.items():
        shape = " x ".join(map(str, array.shape))
        table.add_row(name, found.get(name, say("import.no_bias")), shape)
    print_table(table)
