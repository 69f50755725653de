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
    reader: Annotated[bool, typer.Option("--reader", help=say("export.reader"))] = False,
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
    if reader and "c" not in files:
        raise UsageError("export.only_c", form=form)
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
            export_network(loaded, name, path, own, reader)
        except MissingExtra as missing:
            if form != "all":
                raise
            skipped[name] = str(missing)
            del files[name]
    report: dict[str, Any] = {"network": network, "files": files, "skipped": skipped}
    if not as_json:
        _print_files(files, skipped, reader)
    if "c" in files and (reader or verify):
        _measure(files["c"], reader, report, as_json)
    agree = not verify or _verify(loaded, files, takes, reader, report, as_json)
    if as_json:
        print_json(report)
    if not agree:
        raise typer.Exit(1)


def _print_files(files: dict[str, Path], skipped: dict[str, str], reader: bool) -> None:
    console = make_console()
    for name, path in files.items():
        key = "export.written_reader" if name == "c" and reader else f"export.written_{name}"
        console.print(say(key, path=path, other=path.with_suffix(".safetensors")), soft_wrap=True)
    for name, reason in skipped.items():
        console.print(say("export.skipped", name=name, reason=reason), soft_wrap=True)


def _measure(path: Path, reader: bool, report: dict[str, Any], as_json: bool) -> None:
    """Compile the C file for size, fill in the report, and print it unless JSON is wanted."""
    from lenet.export.compiler import SIDE, list_compilers, measure_c

    compilers = list_compilers()
    sizes = [size for size in (measure_c(path, command, reader) for command in compilers) if size]
    report["sizes"] = [asdict(size) for size in sizes]
    if as_json:
        return
    console = make_console()
    for size in sizes:
        values = {name: f"{getattr(size, name) or 0:,}" for name in ("code", "data", "stack", "work")}
        console.print(say("export.size", compiler=size.compiler, **values), soft_wrap=True)
        if reader:
            total = f"{size.stack + (size.work or 0):,}"
            console.print(say("export.work", side=SIDE, total=total, **values), soft_wrap=True)
    if reader and not compilers:
        console.print(say("export.no_compiler"), soft_wrap=True)


def _verify(
    loaded: Any,
    files: dict[str, Path],
    takes: str | None,
    reader: bool,
    report: dict[str, Any],
    as_json: bool,
) -> bool:
    """Compare, fill in the report, and print it unless JSON is wanted; return whether all agree."""
    from lenet.export.verify import choose_images, verify_exports
    from lenet.export.verify_reader import verify_reader

    images, source = choose_images()
    with make_console(stderr=True).status(say("export.comparing", count=f"{len(images):,}")):
        others = {name: path for name, path in files.items() if name != "c" or not reader}
        found = list(verify_exports(loaded, images, others, takes))
        if reader:
            found += verify_reader(loaded, images, files["c"])
    agree = all(comparison.agrees for comparison in found)
    report |= {
        "images": len(images),
        "source": source,
        "comparisons": [asdict(comparison) | {"agrees": comparison.agrees} for comparison in found],
        "agree": agree,
    }
    if not as_json:
        console = make_console()
        console.print()
        console.print(say(f"export.images_{source}", count=f"{len(images):,}"), soft_wrap=True)
        _print_comparisons(found)
        console.print(say("export.agree" if agree else "export.disagree"), style="bold", soft_wrap=True)
    return agree


def _print_comparisons(found: Iterable[Verification]) -> None:
    console = make_console()
    words = ("name", "program")
    columns = (*words, "same", "difference", "relative")
    table = make_table({say(f"export.{name}"): "left" if name in words else "right" for name in columns})
    ran = [comparison for comparison in found if not comparison.skipped]
    for one in ran:
        numbers = (f"{one.same:,}/{one.count:,}", f"{one.difference:.1e}", f"{one.relative:.1e}")
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
