"""`lenet bench`: the speed of this machine, with lenet's engines and every installed framework."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from lenet.cli.options import architecture_option, choose_architecture, json_option, threads_option
from lenet.cli.output import draw_picture, make_console, make_table, print_json, print_table
from lenet.errors import UsageError
from lenet.texts import say


def bench(
    architecture: Annotated[str, architecture_option()] = "original",
    rounds: Annotated[int, typer.Option(metavar="N", help=say("bench.rounds"))] = 3,
    threads: Annotated[int | None, threads_option("2")] = None,
    picture: Annotated[
        Path | None, typer.Option("-o", "--out", metavar="PICTURE.svg|.png", help=say("bench.picture"))
    ] = None,
    as_json: Annotated[bool, json_option()] = False,
) -> None:
    """Measure every available engine and framework in turn."""
    from lenet.bench.memory import measure_memory
    from lenet.bench.speed import measure
    from lenet.drawing.write import check_drawing_suffix

    if not 1 <= rounds <= 100:
        raise UsageError("bench.range", name="rounds", value=rounds, limit=100)
    if threads is not None and not 1 <= threads <= 1024:
        raise UsageError("bench.range", name="threads", value=threads, limit=1024)
    if picture:
        check_drawing_suffix(picture)
    console = make_console(stderr=True)
    found = measure(
        choose_architecture(architecture),
        rounds,
        threads or 2,
        lambda text: console.print(text, soft_wrap=True),
    )
    console.print(say("bench.measuring_memory"), soft_wrap=True)
    found["peak_memory_mb"] = measure_memory(threads or 2)
    if picture:
        from lenet.bench.picture import draw_speed

        draw_picture(partial(draw_speed, found), picture)
    if as_json:
        print_json(found)
    else:
        _print_table(found)


def _print_table(found: dict[str, Any]) -> None:
    from lenet.bench.speed import FIGURES, UNITS

    console = make_console()
    if found["fma_peak_gflops"]:
        values = {
            name: f"{found[key]:.{digits}f}"
            for name, key, digits in (("peak", "fma_peak_gflops", 0), ("clock", "clock_ghz", 2))
        }
        share = f"{100 * found['share_of_clock']:.0f}"
        console.print(say("bench.peak", **values, share=share, variant=found["variant"]), soft_wrap=True)
    meetings = [value for values in found["meeting_ns"].values() for value in values]
    if meetings:
        least, most = f"{min(meetings):.0f}", f"{max(meetings):.0f}"
        console.print(say("bench.meeting", least=least, most=most), soft_wrap=True)
    for figure in FIGURES:
        console.print()
        console.print(f"{say('bench.' + figure)} ({UNITS[figure]})", style="bold", soft_wrap=True)
        columns = ("engine", "median", "low", "high", "first")
        table = make_table(
            {say(f"bench.{name}"): "left" if name == "engine" else "right" for name in columns}
        )
        for name, timing in found[figure].items():
            cells = [_format(timing[column]) for column in ("median", "low", "high")]
            table.add_row(name, *cells, f"{timing['first_call_s']:.2f} s")
        print_table(table)
        for line in _format_conclusions(found, figure):
            console.print(line, soft_wrap=True)
    if found["peak_memory_mb"]:
        console.print(say("bench.memory", memory=f"{found['peak_memory_mb']:.0f}"), soft_wrap=True)


def _format(value: float) -> str:
    return f"{value:,.0f}" if value >= 1000 else f"{value:.4g}"


def _format_conclusions(found: dict[str, Any], figure: str) -> list[str]:
    """The speed of the kernels, relative to the frameworks and to the peak of the processor."""
    ratios = found["ratios"].get(figure, {})
    lines = []
    if ratios:
        times = ", ".join(f"{ratio:.1f}x {family}" for family, ratio in ratios.items())
        lines.append(say("bench.ratios", ratios=times))
    if figure in found.get("share_of_peak", {}):
        lines.append(say("bench.share", share=f"{100 * found['share_of_peak'][figure]:.0f}"))
    return lines
