"""The tables of a person's own picture are those of benchmarks/results, and keep what the page says."""

import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TOOL = runpy.run_path(str(ROOT / "tools" / "write_handwriting.py"))
RESULTS = TOOL["read_results"]()


@pytest.mark.parametrize("language", TOOL["PAGES"])
def test_the_tables_are_those_of_the_results(language):
    text = TOOL["PAGES"][language].read_text("utf-8")
    assert text == TOOL["fill"](text, TOOL["write_tables"](RESULTS, language)), "write them: make handwriting"


def test_a_table_without_a_place_is_a_mistake():
    with pytest.raises(ValueError, match="no place for corruptions"):
        TOOL["fill"]("nothing", {"corruptions": ""})


def test_what_the_pages_say_of_the_table_is_true():
    results = RESULTS["handwriting"]["results"]
    clean = results["clean"]["error"]
    costs = {name: row["error"] - clean for name, row in results.items()}
    free = {"as stored", "everything together", "drawn by ourselves"}
    limits = {"pasted 0.5x": 2}
    assert {name for name, cost in costs.items() if cost > limits.get(name, 1) and name not in free} == set()
    assert RESULTS["handwriting"]["network"] == RESULTS["nondigits"]["network"] == "best"
    assert RESULTS["handwriting"]["network_sha256"] == RESULTS["nondigits"]["network_sha256"]
    assert abs(costs["as stored"]) <= 0.1
    nondigits = RESULTS["nondigits"]
    assert nondigits["evaluation"]["all 500"]["digit"] <= 10
    assert nondigits["validation"]["refused"] <= 1
    assert nondigits["validation"]["error_left"] <= 0.5
    assert nondigits["validation"]["calibration_error"] <= 0.5
    assert RESULTS["photograph"]["seconds"] <= 0.6
    assert RESULTS["photograph"]["memory"] <= 190


def test_the_command_of_a_result_has_no_path_of_one_machine():
    write = runpy.run_path(str(ROOT / "benchmarks" / "provenance.py"))["write_command"]
    words = ["/somewhere/benchmarks/handwriting.py", "--data", str(ROOT.parent / "mnist"), "--digits", "5"]
    expected = "python benchmarks/handwriting.py --data ../mnist --digits 5"
    assert write(words) == write([words[0], "--data", "../mnist", *words[3:]]) == expected
