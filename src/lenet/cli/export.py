"""`lenet export`: a network as a file for other programs, and whether their answers agree."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lenet.cli.options import json_option
from lenet.cli.output import make_console, make_table, print_json, print_table
from lenet.errors import MissingExtra, UsageError
from lenet.texts import say

if TYPE_CHECKING:
    from lenet.export.compiler import Footprint
    from lenet.export.verify import Verification

MOST_SHOWN = 20  # disagreements of a program


def export(
    form: Annotated[str, typer.Argument(metavar="onnx|c|pytorch|keras|all", help=say("export.form"))],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="PATH", help=say("export.output"))],
    network: Annotated[str, typer.Option(metavar="1998|best|FILE", help=say("recognize.network"))] = "1998",
    verify: Annotated[bool, typer.Option("--verify", help=say("export.verify"))] = False,
    takes: Annotated[
        str | None,
        typer.Option(
            "--input",
            metavar="grey|uint8|raw",
            help=say("export.input"),
            show_default=say("export.input_default"),
        ),
    ] = None,
    as_json: Annotated[bool, json_option()] = False,
) -> None:
    """Write the files; with --verify compare every engine and file, and exit with 1 if one differs."""
    from lenet.export.formats import export_network, place_files
    from lenet.export.onnx import INPUTS
    from lenet.export.pytorch_file import find_weights
    from lenet.network import Network

    files = place_files(form, output)
    if takes and not files.keys() & {"onnx", "keras"}:
        raise UsageError("export.only_onnx")
    if takes not in (None, *INPUTS):
        raise UsageError("export.input_choice", value=takes, choices=", ".join(INPUTS))
    if "pytorch" in files and find_weights(files["pytorch"]).resolve() == Path(network).resolve():
        raise UsageError("export.onto_itself", path=network)
    loaded = Network.load(network)
    skipped = {}
    for name, path in list(files.items()):
        try:
            # "all" asks Keras, too, which has no "grey"
            own = None if (form, name, takes) == ("all", "keras", "grey") else takes
            export_network(loaded, name, path, own)
        except MissingExtra as missing:
            if form != "all":
                raise
            skipped[name] = str(missing)
            del files[name]
    report: dict[str, Any] = {"network": network, "files": files, "skipped": skipped}
    if not as_json:
        _print_files(files, skipped)
    agree = not verify or _verify(loaded, files, takes, report, as_json)
    if as_json:
        print_json(report)
    if not agree:
        raise typer.Exit(1)


def _print_files(files: dict[str, Path], skipped: dict[str, str]) -> None:
    console = make_console()
    for name, path in files.items():
        console.print(
            say(f"export.written_{name}", path=path, other=path.with_suffix(".safetensors")), soft_wrap=True
        )
    for name, reason in skipped.items():
        console.print(say("export.skipped", name=name, reason=reason), soft_wrap=True)


def _verify(
    loaded: Any, files: dict[str, Path], takes: str | None, report: dict[str, Any], as_json: bool
) -> bool:
    """Compare, fill in the report, and print it unless JSON is wanted; return whether all agree."""
    from lenet.export.compiler import list_compilers, measure_c
    from lenet.export.verify import choose_images, verify_exports

    images, source = choose_images()
    with make_console(stderr=True).status(say("export.comparing", count=f"{len(images):,}")):
        found = list(verify_exports(loaded, images, files, takes))
        compilers = list_compilers() if "c" in files else []
        sizes = [size for size in (measure_c(files["c"], command) for command in compilers) if size]
    agree = all(comparison.agrees for comparison in found)
    report |= {
        "images": len(images),
        "source": source,
        "comparisons": [asdict(comparison) | {"agrees": comparison.agrees} for comparison in found],
        "sizes": [asdict(size) for size in sizes],
        "agree": agree,
    }
    if not as_json:
        console = make_console()
        console.print()
        console.print(say(f"export.images_{source}", count=f"{len(images):,}"), soft_wrap=True)
        _print_comparisons(found, sizes, len(images))
        console.print(say("export.agree" if agree else "export.disagree"), style="bold", soft_wrap=True)
    return agree


def _print_comparisons(found: Iterable[Verification], sizes: Iterable[Footprint], count: int) -> None:
    console = make_console()
    words = ("name", "program")
    columns = (*words, "same", "difference", "relative")
    table = make_table({say(f"export.{name}"): "left" if name in words else "right" for name in columns})
    ran = [comparison for comparison in found if not comparison.skipped]
    for one in ran:
        numbers = (f"{one.same:,}/{count:,}", f"{one.difference:.1e}", f"{one.relative:.1e}")
        table.add_row(one.name, one.program, *numbers)
    print_table(table)
    for one in ran:
        for other in one.disagreements[:MOST_SHOWN]:
            values = {**asdict(other), "margin": f"{other.margin:.1e}", "name": one.name}
            console.print(say("export.disagreement", **values), soft_wrap=True)
        if len(one.disagreements) > MOST_SHOWN:
            console.print(say("export.more", name=one.name, count=len(one.disagreements) - MOST_SHOWN))
    for one in found:
        if one.skipped:
            console.print(say("export.not_compared", name=one.name, reason=one.skipped), soft_wrap=True)
    for size in sizes:
        values = {name: f"{getattr(size, name):,}" for name in ("code", "data", "stack")}
        console.print(say("export.size", compiler=size.compiler, **values), soft_wrap=True)
