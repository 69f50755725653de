"""`lenet bulk`: recognize any number of pictures into one table, with several processes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lenet.cli.interrupt import catch_interrupt
from lenet.cli.options import json_option
from lenet.cli.output import make_console, make_table, print_json, print_lines, print_table
from lenet.texts import say

if TYPE_CHECKING:
    from lenet.reading.bulk import Bulk, Watch

LINE_EVERY = 10.0  # seconds between two lines of progress where there is no terminal


def bulk(
    source: Annotated[str, typer.Argument(metavar="SOURCE", help=say("bulk.source_argument"))],
    out: Annotated[
        Path, typer.Option("-o", "--output", metavar="TABLE.csv|.parquet", help=say("bulk.out_option"))
    ],
    network: Annotated[str, typer.Option(metavar="best|1998|FILE", help=say("recognize.network"))] = "best",
    processes: Annotated[
        int | None,
        typer.Option(
            metavar="N", help=say("bulk.processes_option"), show_default=say("bulk.processes_default")
        ),
    ] = None,
    part: Annotated[int, typer.Option(metavar="N", help=say("bulk.part_option"))] = 1000,
    column: Annotated[str | None, typer.Option(metavar="NAME", help=say("bulk.column_option"))] = None,
    resume: Annotated[bool, typer.Option("--resume", help=say("bulk.resume_option"))] = False,
    as_json: Annotated[bool, json_option()] = False,
) -> None:
    """Write the table and a summary; exit code 1 if a picture could not be read, 130 after Ctrl-C."""
    from lenet.reading.bulk import Request, recognize_all

    request = Request(source, out, network, column, processes, part, resume)
    with catch_interrupt() as interrupted, _show_progress() as watch:
        result = recognize_all(request, watch, interrupted)
    if as_json:
        print_json({"source": source, "table": str(out), **asdict(result)})
    elif result.finished:
        _print_summary(result, out)
    if not result.finished:
        done, total = f"{result.before + result.done:,}", f"{result.pictures:,}"
        make_console(stderr=True).print(say("bulk.stopped", done=done, total=total), soft_wrap=True)
        raise typer.Exit(interrupted.exit_code)
    if result.errors:
        raise typer.Exit(1)


def _print_summary(result: Bulk, out: Path) -> None:
    table = make_table({say("bulk.verdict"): "left", say("bulk.count"): "right"})
    counts = {**result.verdicts, "error": result.errors}
    for name in ("digit", "unsure", "none", "error"):
        if counts.get(name):
            table.add_row(say(f"bulk.{name}"), f"{counts[name]:,}")
    print_table(table)
    labels = "  ".join(f"{label}: {count:,}" for label, count in result.labels.items())
    rate = f"{result.done / max(result.seconds, 1e-9):,.0f}"
    values = {"count": f"{result.pictures:,}", "seconds": f"{result.seconds:.1f}", "rate": rate, "path": out}
    print_lines([*([say("bulk.labels", labels=labels)] if labels else []), say("bulk.written", **values)])


@contextmanager
def _show_progress() -> Iterator[Watch]:
    """A live line on a terminal; elsewhere a line every few seconds, on standard error."""
    from rich.progress import BarColumn, Progress, TextColumn

    console = make_console(stderr=True)
    bar = Progress(
        *(TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[now]}")),
        console=console,
        transient=True,
    )
    task = bar.add_task(say("bulk.progress"), now="")
    begun: tuple[float, int] | None = None
    printed = time.monotonic()

    def watch(done: int, total: int) -> None:
        nonlocal begun, printed
        now = time.monotonic()
        if begun is None:
            begun = (now, done)
        rate = (done - begun[1]) / max(now - begun[0], 1e-9)
        seconds = int((total - done) / rate) if rate > 0 else 0
        left = f"{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}" if rate > 0 else "..."
        line = say("bulk.now", done=f"{done:,}", total=f"{total:,}", rate=f"{rate:,.0f}", left=left)
        bar.update(task, total=total, completed=done, now=line)
        if not console.is_terminal and now - printed >= LINE_EVERY:
            printed = now
            console.print(line, soft_wrap=True)

    with bar if console.is_terminal else nullcontext():
        yield watch
