"""The tables of speed in READMEs and docs are those that benchmarks/results/speed.json gives."""

import json
import statistics
from pathlib import Path

import pytest

from benchmarks.pages import fill_page
from benchmarks.speed_tables import DOCUMENTS, PLACE, WORDS, build, say_apart
from lenet.architecture import MODERN, ORIGINAL
from lenet.bench.picture import draw_speed
from lenet.bench.speed import FIGURES, count_operations
from lenet.drawing.drawing import render_svg
from lenet.texts import load_texts

ROOT = Path(__file__).parents[2]
RESULTS = json.loads((ROOT / "benchmarks/results/speed.json").read_text("utf-8"))


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_numbers_of_speed_in_a_document_are_the_measured_ones(name):
    language, whole = DOCUMENTS[name]
    text = (ROOT / name).read_text("utf-8")
    again = fill_page(text, {PLACE: build(RESULTS, language, whole)})
    assert text == again, "write them: python -m benchmarks.speed write"


MEASURED = [("original", figure) for figure in FIGURES]
MEASURED += [("modern", figure) for figure in FIGURES if figure in RESULTS.get("modern", {})]


@pytest.mark.parametrize(("network", "figure"), MEASURED)
def test_every_figure_was_measured_beside_pytorch_in_four_ways(network, figure):
    timings = RESULTS[network][figure]
    assert "native" in timings
    assert len([name for name in timings if name.startswith("pytorch")]) >= 4
    for timing in timings.values():
        assert len(timing["values"]) == timing["rounds"] >= 2
        assert timing["median"] == statistics.median(timing["values"])


def test_every_part_says_where_it_was_measured():
    parts = {f"{network}:{figure}" for network, figure in MEASURED}
    parts |= {f"train:{name.replace(' ', ':')}" for name in RESULTS.get("train", {})}
    parts |= RESULTS.keys() & {"online", "cold", "memory", "distorted", "shared"}
    assert parts == RESULTS["runs"].keys()
    for run in RESULTS["runs"].values():
        assert {"command", "commit", "machine", "date", "versions"} <= run.keys()
        assert " /" not in run["command"], "a path of one machine"


def test_an_epoch_over_the_network_of_1998_takes_103_gflop():
    assert count_operations(ORIGINAL) == 2 * (326_520 + 325_680 + 208_920)
    assert round(60_000 * count_operations(ORIGINAL) / 1e9) == 103


def test_an_epoch_over_the_modern_network_takes_more():
    # C3 has 96 connections instead of 60, and the output is trained
    c3, output = 36 * 25 * 100, 840
    more = count_operations(MODERN) - count_operations(ORIGINAL)
    assert more == 2 * (3 * c3 + output)


def test_rounds_with_the_cores_apart_are_told_from_the_others():
    found = {"train_64": {"native": {"values": [0.5, 0.7, 0.9, 0.6]}}}
    found["meeting_ns"] = {"train_64": [40, 150, 170, 30], "train_1": [20]}
    said = say_apart({"original": found}, WORDS["en"])
    assert "2 of the 5 rounds" in said
    assert "(median 160; else 30)" in said
    assert "0.80 s then, and 0.55 s" in said
    found["meeting_ns"] = {"train_64": [40, 50, 30, 30]}
    assert say_apart({"original": found}, WORDS["en"]) == ""


@pytest.mark.parametrize(("language", "name"), [("en", "speed.svg"), ("zh", "speed.zh.svg")])
def test_the_bars_are_those_of_the_measured_numbers(language, name):
    drawn = render_svg(draw_speed(RESULTS["original"], load_texts(language)))
    assert (ROOT / "docs" / "figures" / name).read_text("utf-8") == drawn
