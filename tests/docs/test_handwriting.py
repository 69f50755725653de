"""The tables of a person's own picture are those of benchmarks/results, and keep what the page says."""

from pathlib import Path

import pytest

from benchmarks.pages import fill_page
from benchmarks.provenance import format_command

pytest.importorskip("scipy", reason="benchmarks draw with SciPy, which comes with scikit-learn")
from benchmarks.corruptions28 import CORRUPTIONS28
from tools.write_handwriting import PAGES, format_tables, read_results

ROOT = Path(__file__).parents[2]
RESULTS = read_results()


@pytest.mark.parametrize("language", PAGES)
def test_the_tables_are_those_of_the_results(language):
    text = PAGES[language].read_text("utf-8")
    assert text == fill_page(text, format_tables(RESULTS, language)), "write them: make handwriting"


def test_what_the_pages_say_of_the_table_is_true():
    results = RESULTS["handwriting"]["results"]
    clean = results["clean"]["error"]
    costs = {name: row["error"] - clean for name, row in results.items()}
    free = {"as stored", "everything together", "drawn by ourselves", *CORRUPTIONS28}
    limits = {"pencil": 2, "pen of double thickness": 2}
    assert {name for name, cost in costs.items() if cost > limits.get(name, 1) and name not in free} == set()
    assert RESULTS["handwriting"]["network"] == RESULTS["nondigits"]["network"] == "best"
    assert RESULTS["handwriting"]["network_sha256"] == RESULTS["nondigits"]["network_sha256"]
    assert abs(costs["as stored"]) <= 0.1
    people = RESULTS["people"]["results"]
    assert people["people, drawn"]["wrong"] + people["people, paper"]["wrong"] <= 4
    assert people["people, drawn"]["undoubted"] + people["people, paper"]["undoubted"] == 0
    nondigits = RESULTS["nondigits"]
    assert nondigits["evaluation"]["all 500"]["digit"] <= 10
    assert nondigits["validation"]["refused"] <= 1
    assert nondigits["validation"]["error_left"] <= 0.5
    assert nondigits["validation"]["calibration_error"] <= 0.5
    confidence = RESULTS["confidence"]
    assert confidence["network_sha256"] == RESULTS["scripts"]["network_sha256"] == nondigits["network_sha256"]
    assert all(row["high_wrong"] <= 1.5 for row in confidence["results"].values())
    assert RESULTS["photograph"]["seconds"] <= 0.6
    parity = RESULTS["clean_up"]["parity"]
    assert parity["equal"] >= 0.999 * parity["pictures"] >= 4995
    assert parity["more"] == parity["answers"] == 0
    assert RESULTS["photograph"]["memory"] <= 190


def test_the_command_of_a_result_has_no_path_of_one_machine():
    words = ["/somewhere/benchmarks/handwriting.py", "--data", str(ROOT.parent / "mnist"), "--digits", "5"]
    expected = "python -m benchmarks.handwriting --data ../mnist --digits 5"
    assert format_command(words) == expected
    assert format_command([words[0], "--data", "../mnist", *words[3:]]) == expected
