"""`lenet bench`: how fast this machine trains and recognizes, against what else is installed."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from lenet.cli.options import architecture_option, choose_architecture, json_option
from lenet.cli.output import make_console, print_json
from lenet.errors import UsageError
from lenet.texts import say


def bench(
    architecture: Annotated[str, architecture_option()] = "original",
    rounds: Annotated[int, typer.Option(help=say("bench.rounds"))] = 3,
    threads: Annotated[int | None, typer.Option(help=say("train.threads"))] = None,
    as_json: Annotated[bool, json_option()] = False,
) -> None:
    """Measure every engine at hand, in turn."""
    from lenet.experiments.speed import measure

    if not 1 <= rounds <= 100:
        raise UsageError("bench.range", name="rounds", value=rounds, limit=100)
    if threads is not None and not 1 <= threads <= 1024:
        raise UsageError("bench.range", name="threads", value=threads, limit=1024)
    console = make_console(stderr=True)
    found = measure(
        choose_architecture(architecture),
        rounds,
        threads or 2,
        lambda text: console.print(text, soft_wrap=True),
    )
    if as_json:
        print_json(found)
    else:
        _print_table(found)


def _print_table(found: dict[str, Any]) -> None:
    from rich.table import Table

    from lenet.experiments.speed import FIGURES, UNITS

    console = make_console()
    if found["fma_peak_gflops"]:
        values = {
            name: f"{found[key]:.{digits}f}"
            for name, key, digits in (("peak", "fma_peak_gflops", 0), ("clock", "clock_ghz", 2))
        }
        share = f"{100 * found['share_of_clock']:.0f}"
        console.print(say("bench.peak", **values, share=share, variant=found["variant"]), soft_wrap=True)
    for figure in FIGURES:
        console.print(f"{say('bench.' + figure)} ({UNITS[figure]})", soft_wrap=True)
        table = Table()
        table.add_column(say("bench.engine"))
        for column in ("median", "low", "high"):
            table.add_column(say(f"bench.{column}"), justify="right")
        for name, timing in found[figure].items():
            table.add_row(name, *(f"{timing[column]:,.4g}" for column in ("median", "low", "high")))
        console.print(table)
    if "share_of_peak" in found:
        console.print(say("bench.share", share=f"{100 * found['share_of_peak']:.0f}"), soft_wrap=True)
