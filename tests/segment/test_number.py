"""One number from a strip of ink: separators by size and place, edges and their costs, verdicts."""

from dataclasses import replace

import numpy as np
import pytest

from lenet.segment.cuts import ROW, Segment
from lenet.segment.format import ANY, parse_format
from lenet.segment.graph import SKIP
from lenet.segment.number import (
    LOWER,
    LOWEST,
    SKIPPED,
    Found,
    Place,
    Row,
    judge_digits,
    list_edges,
    may_separate,
    measure_slant,
)

DIGIT = Found("3", 0.99, "8", Place(0, 0, 20, 40), sure=True, foreign=0.01)


def make_segment(height, width, top, start=0, stop=1):
    """A black box in a row, its sides and its place in row heights."""
    ink = np.ones((round(height * ROW), round(width * ROW)), np.float32)
    return Segment(start, stop, ink, round(top * ROW), 0)


@pytest.mark.parametrize(
    ("symbol", "segment"),
    [
        (".", make_segment(0.15, 0.15, 0.85)),
        (",", make_segment(0.3, 0.2, 0.8)),
        ("-", make_segment(0.1, 0.5, 0.45)),
    ],
)
def test_a_separator_is_told_by_its_size_and_place(symbol, segment):
    assert may_separate(segment, symbol, ROW)
    assert not may_separate(make_segment(1, 0.5, 0), symbol, ROW)
    assert not may_separate(replace(segment, top=0), symbol, ROW)


def test_a_slash_rises_to_the_right_and_is_tall():
    stroke = np.eye(ROW, dtype=np.float32)[::-1].copy()
    assert measure_slant(stroke) == pytest.approx(-1)
    assert may_separate(Segment(0, 1, stroke, 0, 0), "/", ROW)
    assert not may_separate(Segment(0, 1, stroke[::-1].copy(), 0, 0), "/", ROW)
    assert not may_separate(Segment(0, 1, stroke[:10, -10:], 0, 0), "/", ROW)


def test_a_stroke_of_one_column_has_no_slant():
    assert measure_slant(np.ones((ROW, 1), np.float32)) == 0


def test_edges_cost_what_is_said_of_them():
    penalties = np.arange(22, dtype=float).reshape(2, 11)
    low, tall = make_segment(0.3, 0.2, 0.7), make_segment(1, 0.5, 0, 0, 2)
    edges = list_edges([low, tall], penalties, ANY, ROW)
    assert [edge.symbol for edge in edges] == [*"0123456789", SKIP, *"0123456789"]
    # a low digit pays for what it lacks; a tall one pays nothing; only one piece can be skipped
    assert edges[3].cost == pytest.approx(3 + LOWER * (LOWEST - 0.3))
    assert edges[10].cost == pytest.approx(SKIPPED * 0.3 * 0.2)
    assert edges[11].cost == 11
    assert [(edge.start, edge.stop) for edge in edges[10:12]] == [(0, 1), (0, 2)]


def test_only_the_separators_of_the_form_have_edges():
    penalties = np.zeros((1, 11))
    dot = make_segment(0.15, 0.15, 0.85)
    symbols = {edge.symbol for edge in list_edges([dot], penalties, parse_format("d+.d+-d+"), ROW)}
    assert "." in symbols
    assert not symbols & {"-", ",", "/"}


@pytest.mark.parametrize(
    ("digits", "verdict"),
    [
        ([], "none"),
        ([DIGIT, DIGIT], "number"),
        ([DIGIT, replace(DIGIT, sure=False)], "unsure"),
        ([replace(DIGIT, sure=False)] * 2, "none"),
        ([DIGIT, DIGIT, replace(DIGIT, foreign=0.9)], "none"),
        ([*[DIGIT] * 3, replace(DIGIT, foreign=0.9)], "number"),
        ([replace(DIGIT, label="-")], "none"),
    ],
)
def test_a_number_stands_if_a_digit_is_sure_and_few_look_foreign(digits, verdict):
    assert judge_digits(digits) == verdict


def test_an_uncertain_digit_is_a_question_mark():
    row = Row("33", 0.5, "unsure", Place(0, 0, 1, 1), (DIGIT, replace(DIGIT, sure=False)))
    assert (row.number, row.likeliest) == ("3?", "33")
