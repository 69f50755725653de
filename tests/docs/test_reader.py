"""What the documents say of the C file that reads pictures is what was measured."""

import json

import pytest

from benchmarks.pages import fill_page

pytest.importorskip("scipy", reason="benchmarks draw with SciPy, which comes with scikit-learn")
from benchmarks import reader


@pytest.mark.parametrize("language", reader.DOCUMENTS)
def test_the_table_of_the_reader_is_that_of_the_results(language):
    report = json.loads(reader.RESULTS.read_text("utf-8"))
    page = reader.DOCUMENTS[language].read_text("utf-8")
    assert fill_page(page, {"reader": reader.format_table(report, language)}) == page


def test_the_reader_answers_as_python_does_and_fits_into_256_kb():
    report = json.loads(reader.RESULTS.read_text("utf-8"))
    assert report["pictures"] >= 1000
    for build in ("float", "exact"):
        assert report[build]["answers"] == 0
        assert report[build]["size"]["code"] < 128_000
    assert report["float"]["size"]["work"] < 256_000
