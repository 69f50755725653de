"""docs/reading.md and its Chinese page: the table is that of the results, the command and the Python run."""

import json
import re
import shlex
from pathlib import Path

import pytest

pytest.importorskip("scipy", reason="benchmarks draw with SciPy, which comes with scikit-learn")

from benchmarks.numbers import PAGES, RESULTS, format_table
from benchmarks.strings import KINDS
from lenet.cli.main import run

ROOT = Path(__file__).parents[2]
REPORT = json.loads(RESULTS.read_text("utf-8"))


def read_block(page, language):
    return re.search(rf"```{language}\n(.*?)```", page.read_text("utf-8"), re.DOTALL)[1]


@pytest.mark.parametrize("language", PAGES)
def test_the_table_is_that_of_the_results(language):
    text = PAGES[language].read_text("utf-8")
    assert format_table(REPORT, language) in text, "python -m benchmarks.numbers --write"
    assert tuple(REPORT["kinds"]) == KINDS
    for number in (
        REPORT["mean"],
        REPORT["surest_half"],
        REPORT["calibration_error"],
        REPORT["empty_of_all"],
    ):
        assert f"{number}" in text


def test_the_results_are_of_the_test_digits_and_whole():
    assert (REPORT["part"], REPORT["numbers"]) == ("test", 4000)
    assert "+" not in REPORT["commit"]


@pytest.mark.parametrize("language", PAGES)
def test_the_command_and_the_python_run(language, monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    assert run(shlex.split(read_block(PAGES[language], "sh"))[1:]) == 0
    printed = capsys.readouterr().out
    exec(compile(read_block(PAGES[language], "python"), language, "exec"), {})
    numbers = capsys.readouterr().out.split()
    assert numbers[:4] == ["385?", "724", "61903", "2475"]
    assert all(number in printed for number in numbers[:4])
