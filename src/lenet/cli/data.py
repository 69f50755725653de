"""`lenet data list | fetch NAME | verify PATH | audit`: where data sets are, and whether they are intact."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lenet.cli.audit import audit
from lenet.cli.options import json_option
from lenet.cli.output import make_console, make_table, print_json, print_lines, print_table
from lenet.cli.progress import show_download
from lenet.errors import DataError, UsageError
from lenet.texts import say

if TYPE_CHECKING:
    from lenet.data.examples import Dataset, Examples
    from lenet.data.sources import Source

app = typer.Typer()


@app.callback(invoke_without_command=True)
def show_help(context: typer.Context) -> None:
    """Print the help if no command of `lenet data` is given."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


@app.command("list", help=say("data.list_help"), epilog=say("examples.data_list"))
def list_sources(json: Annotated[bool, json_option()] = False) -> None:
    """Print the known data sets and where they are."""
    from lenet.data.sources import SOURCES

    rows = [_describe(source) for source in SOURCES.values()]
    if json:
        print_json({"datasets": rows})
        return
    numbers = ("train", "test", "size")
    columns = ("name", "title", *numbers, "found")
    table = make_table({say(f"data.{name}"): "right" if name in numbers else "left" for name in columns})
    for row in rows:
        size = f"{row['bytes'] / 1e6:.1f} MB" if row["bytes"] else "-"
        where = row["found"] or row["fault"]
        table.add_row(row["name"], row["title"], f"{row['train']:,}", f"{row['test']:,}", size, where)
    print_table(table)


def _describe(source: Source) -> dict[str, Any]:
    found, fault = _locate(source)
    return {
        "name": source.name,
        "title": source.title,
        "train": source.train,
        "test": source.test,
        "bytes": source.bytes,
        "home": source.home,
        "found": found,
        "fault": fault,
    }


def _locate(source: Source) -> tuple[str | None, str | None]:
    """Where a data set is, or else how to get it."""
    from lenet.data.find import find_files

    if not source.files:
        return (say("data.bundled"), None) if find_spec("sklearn") else (None, say("data.no_sklearn"))
    try:
        paths = list(find_files(source).values())
    except DataError as error:
        return None, str(error)
    if paths[0] is None or None in paths:
        return None, say("data.absent", name=source.name)
    return str(paths[0].parent), None


@app.command(help=say("data.fetch_help"), epilog=say("examples.data_fetch"))
def fetch(
    name: Annotated[str, typer.Argument(help=say("data.name_argument"), show_default=False)],
    json: Annotated[bool, json_option()] = False,
) -> None:
    """Download the files that are not here yet."""
    from lenet.data.download import download_files
    from lenet.data.find import find_files
    from lenet.data.sources import SOURCES

    source = SOURCES.get(name)
    if source is None or not source.files:
        names = ", ".join(each.name for each in SOURCES.values() if each.files)
        raise UsageError("data.nothing_to_fetch", name=name, names=names)
    found = find_files(source)
    missing = tuple(file for file, path in found.items() if path is None)
    with show_download() as progress:
        fetched = dict(zip(missing, download_files(source, missing, progress), strict=True))
    paths = {file: path or fetched[file] for file, path in found.items()}
    if json:
        files = [
            {
                "name": file.name,
                "bytes": file.bytes,
                "sha256": file.sha256,
                "path": path,
                "fetched": file in fetched,
            }
            for file, path in paths.items()
        ]
        print_json({"name": source.name, "files": files})
        return
    folder = paths[source.files[0]].parent
    total = f"{sum(file.bytes for file in missing):,}"
    key = "data.fetched" if missing else "data.here"
    make_console().print(say(key, title=source.title, bytes=total, folder=folder), soft_wrap=True)


@app.command(help=say("data.verify_help"), epilog=say("examples.data_verify"))
def verify(
    path: Annotated[str, typer.Argument(help=say("data.path_argument"), show_default=False)],
    json: Annotated[bool, json_option()] = False,
) -> None:
    """Read everything and report it."""
    from lenet.data.dataset import load_dataset
    from lenet.plausibility import find_suspicions

    dataset = load_dataset(path, download=False)
    counts = {part: _count_labels(dataset, examples) for part, examples in _parts(dataset)}
    suspicions = find_suspicions(dataset)
    if json:
        print_json(
            {
                "name": dataset.name,
                "seen": dataset.seen,
                "labels": dataset.labels,
                "examples": {part: len(examples) for part, examples in _parts(dataset)},
                "each_class": counts,
                "fingerprint": dataset.fingerprint,
                "suspicions": {each.name: str(each) for each in suspicions},
            }
        )
        return
    _print_verified(dataset, counts)
    print_lines(map(str, suspicions))


def _parts(dataset: Dataset) -> tuple[tuple[str, Examples], ...]:
    return ("train", dataset.train), ("test", dataset.test)


def _count_labels(dataset: Dataset, examples: Examples) -> list[int]:
    import numpy as np

    counts: list[int] = np.bincount(examples.labels, minlength=len(dataset.labels)).tolist()
    return counts


def _print_verified(dataset: Dataset, counts: dict[str, list[int]]) -> None:
    print_lines([dataset.seen, "", say("data.each_class")])
    columns = {say("data.classes"): say("data.total")}
    columns |= {say(f"data.{part}"): f"{len(examples):,}" for part, examples in _parts(dataset)}
    words = say("data.classes")
    table = make_table({name: "left" if name == words else "right" for name in columns}, footer=True)
    for column, footer in zip(table.columns, columns.values(), strict=True):
        column.footer = footer
    for label, *numbers in zip(dataset.labels, *counts.values(), strict=True):
        table.add_row(label, *(f"{number:,}" for number in numbers))
    print_table(table)
    print_lines([say("data.fingerprint", fingerprint=dataset.fingerprint), say("data.whole")])


app.command(help=say("audit.help"), epilog=say("examples.data_audit"))(audit)
