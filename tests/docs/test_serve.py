"""docs/serve.md and its Chinese page: the command parses, statuses and limits are those of the service."""

import json
import re
import shlex
from pathlib import Path

import pytest
import typer

from lenet.cli.main import build_app
from lenet.reading.serve.gate import MEGABYTE, Limits, RequestError

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "docs" / "serve.md", ROOT / "docs" / "serve.zh.md"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_command_parses(page):
    (command,) = re.findall(r"```sh\n(.*?)```", page.read_text("utf-8"), re.DOTALL)
    program, verb, *words = shlex.split(command)
    assert (program, verb) == ("lenet", "serve")
    root = typer.main.get_command(build_app(verb))
    with root.make_context("lenet", [verb]) as context:
        root.commands[verb].make_context(verb, words, parent=context)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_status_is_in_the_table(page):
    rows = re.findall(r"^\| (\d[^|]*)\|", page.read_text("utf-8"), re.MULTILINE)
    named = {int(status) for row in rows for status in re.findall(r"\d+", row)}
    assert named == {200, 422, *RequestError.STATUS.values()} - {500}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_limits_are_those_of_the_service(page):
    limits = Limits()
    given = {
        "seconds": f"{limits.seconds:g}",
        "megabytes": str(limits.body // MEGABYTE),
        "requests": str(limits.requests),
    }
    found = dict(re.findall(r"`--(\w+)`[,，] ?(\d+)", page.read_text("utf-8")))
    assert found == given


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_numbers_are_those_of_the_benchmark(page):
    results = json.loads((ROOT / "benchmarks" / "results" / "serve.json").read_text("utf-8"))
    half, memory = results["half_load"], results["memory_mb"]
    numbers = [results["saturation"]["answered_a_second"], half["median_ms"], half["p99_ms"]]
    numbers += [memory["begun"], memory["after_malformed"], results["run"]["commit"][:7]]
    text = page.read_text("utf-8")
    assert [number for number in numbers if str(number) not in text] == []
