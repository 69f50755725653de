"""docs/bulk.md and its Chinese page: the commands and the Python run as they are written."""

import json
import re
import shlex
import shutil
from pathlib import Path

import pytest

from lenet.cli.main import run
from lenet.samples import sample_path

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "docs" / "bulk.md", ROOT / "docs" / "bulk.zh.md"]


def read_blocks(page, language):
    return re.findall(rf"```{language}\n(.*?)```", page.read_text("utf-8"), re.DOTALL)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_commands_run(page, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "scans").mkdir()
    shutil.copy(sample_path(3), tmp_path / "scans")
    first, second = read_blocks(page, "sh")
    assert run(shlex.split(first)[1:]) == 0
    assert (tmp_path / "answers.csv").exists()
    (tmp_path / "answers.csv").unlink()
    assert run(shlex.split(second)[1:]) == 0  # with nothing to continue, the job begins
    assert (tmp_path / "answers.csv").read_text("utf-8").splitlines()[1].startswith("scans/3.png,3,digit,")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_python_runs(page, monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    (program,) = read_blocks(page, "python")
    exec(compile(program, page.name, "exec"), {})
    assert capsys.readouterr().out == "['3'] ['digit']\n"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_numbers_are_those_of_the_benchmark(page):
    results = json.loads((ROOT / "benchmarks" / "results" / "bulk.json").read_text("utf-8"))
    rows = re.findall(r"^\| [\d,]+ .* \| ([\d.]+) \| ([\d,]+) \|$", page.read_text("utf-8"), re.MULTILINE)
    assert rows == [
        (str(results[name]["seconds"]), f"{results[name]['rate']:,}") for name in ("digits_10000", "drawings")
    ]
    assert results["kills"]["different_bytes"] == 0
    assert results["run"]["commit"][:7] in page.read_text("utf-8")
