import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lenet.drawing.axes import (
    SPAN,
    Axes,
    Axis,
    Style,
    bend_near_zero,
    choose_powers,
    choose_steps,
    draw_bar,
    draw_legend,
    draw_title,
    split_width,
)
from lenet.drawing.drawing import Box, Drawing, Words
from lenet.drawing.polyline import DASHED, Dot, Polyline


def make_axes() -> Axes:
    """10 units of x in 200 of the paper, 2 units of y in 100."""
    return Axes(Drawing(300, 200, "a chart"), Axis(0, 10, 50, 250), Axis(0, 2, 150, 50))


def collect(drawing: Drawing, kind: type) -> list:
    return [part for part in drawing.parts if isinstance(part, kind)]


def test_a_linear_axis_places_its_ends_and_its_middle() -> None:
    assert Axis(0, 10, 100, 300).place([0, 5, 10]).tolist() == [100, 200, 300]


def test_a_logarithmic_axis_gives_every_decade_the_same_length() -> None:
    places = Axis(0.01, 100, 400, 0, np.log10).place([0.01, 0.1, 1, 10, 100])
    np.testing.assert_allclose(places, [400, 300, 200, 100, 0], atol=1e-9)


def test_an_axis_of_errors_begins_at_0_evenly_and_goes_on_by_decades() -> None:
    axis = Axis(0, 100, 0, 2.78, bend_near_zero)
    np.testing.assert_allclose(axis.place([0, 0.5, 1, 10, 100]), [0, 0.39, 0.78, 1.78, 2.78], atol=1e-9)


def test_what_lies_beyond_an_axis_is_placed_at_its_end() -> None:
    assert Axis(0.1, 10, 200, 100, np.log10).place([0.0001, 1000]).tolist() == [200, 100]


@pytest.mark.parametrize(
    ("high", "most", "least", "steps"),
    [
        (2, 9, 1, [0, 1, 2]),
        (1, 9, 1, [0, 1]),
        (8, 9, 1, list(range(9))),
        (20, 9, 1, [0, 5, 10, 15, 20]),
        (5, 9, 0, [0, 1, 2, 3, 4, 5]),
        (1.0, 7, 0, [0, 0.2, 0.4, 0.6, 0.8, 1.0]),
        (100, 9, 0, [0, 20, 40, 60, 80, 100]),
    ],
)
def test_steps_are_round_numbers(high: float, most: int, least: float, steps: list[float]) -> None:
    assert choose_steps(high, most, least) == steps


@given(st.floats(1e-6, 1e6), st.integers(2, 20))
def test_steps_reach_from_0_to_near_the_limit_and_are_never_too_many(high: float, most: int) -> None:
    steps = choose_steps(high, most)
    assert 1 <= len(steps) <= most
    assert steps[0] == 0
    assert steps[-1] <= high * (1 + 1e-9) + 1e-12


@pytest.mark.parametrize(
    ("low", "high", "most", "steps"),
    [
        (-10, 10, 8, [-10, -5, 0, 5, 10]),
        (0.5, 1.6, 8, [0.6, 0.8, 1.0, 1.2, 1.4, 1.6]),
        (2.1, 3.5, 6, [2.5, 3.0, 3.5]),
    ],
)
def test_steps_between_two_limits(low: float, high: float, most: int, steps: list[float]) -> None:
    assert choose_steps(high, most, low=low) == steps


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (0.9, 6, [1, 2, 5]),
        (0.02, 13, [0.03, 0.1, 0.3, 1, 3, 10]),
        (0.002, 50, [0.01, 0.1, 1, 10]),
        (1e-9, 1, [1e-8, 1e-6, 1e-4, 1e-2, 1]),
        (2.1, 3.5, [2.5, 3, 3.5]),
    ],
)
def test_the_ticks_of_a_logarithmic_axis_are_as_close_as_there_is_room(
    low: float, high: float, ticks: list[float]
) -> None:
    assert choose_powers(low, high) == ticks


@given(st.floats(1e-9, 1e6), st.floats(1.1, 1e12), st.integers(3, 12))
def test_ticks_of_a_logarithmic_axis_lie_on_it_and_are_never_too_many(
    low: float, times: float, most: int
) -> None:
    ticks = choose_powers(low, low * times, most)
    assert 1 <= len(ticks) <= most
    assert low * (1 - 1e-9) - 1e-12 <= ticks[0]
    assert ticks == sorted(set(ticks))
    assert ticks[-1] <= low * times * (1 + 1e-9) + 1e-12


def test_a_frame_has_a_line_and_its_number_at_each_tick() -> None:
    axes = make_axes()
    axes.draw_frame("Loss", [0, 1, 2], "images", [0, 15_000 / 1_500])
    assert [(line.points[0, 1], line.points[-1, 0]) for line in collect(axes.drawing, Polyline)] == [
        (150, 250),
        (100, 250),
        (50, 250),
    ]
    words = {part.text: part for part in collect(axes.drawing, Words)}
    assert set(words) == {"Loss", "0", "1", "2", "10", "images"}
    assert (words["1"].anchor, words["1"].y) == ("end", pytest.approx(100, abs=6))
    assert words["10"].x == 250
    assert words["Loss"].y < 50 < 150 < words["10"].y < words["images"].y


def test_numbers_of_a_frame_are_short() -> None:
    axes = Axes(Drawing(300, 200, ""), Axis(0, 60_000, 50, 250), Axis(1e-9, 1, 150, 50, np.log10))
    axes.draw_frame("", [1e-6, 0.25], None, [60_000])
    assert [part.text for part in collect(axes.drawing, Words)] == ["1e-6", "0.25", "60,000"]


def test_a_curve_and_its_marks_lie_at_their_numbers() -> None:
    axes = make_axes()
    axes.draw_curve([0, 5, 10], [0, 1, 2], Style("accent", 1.5, DASHED, mark="dot", reach=4))
    (line,) = collect(axes.drawing, Polyline)
    assert line.points.tolist() == [[50, 150], [150, 100], [250, 50]]
    assert (line.stroke, line.thickness, line.dashes) == ("accent", 1.5, DASHED)
    assert collect(axes.drawing, Dot) == [Dot(x, y, 4, "accent") for x, y in line.points.tolist()]


@pytest.mark.parametrize(
    ("mark", "count"), [("dot", 1), ("bar", 1), ("cross", 2), ("square", 1), ("patch", 1)]
)
def test_a_mark_without_a_line_is_centred_on_its_point(mark: str, count: int) -> None:
    axes = make_axes()
    axes.draw_curve([5], [1], Style("accent", 0, mark=mark, reach=4))
    assert len(axes.drawing.parts) == count
    for part in axes.drawing.parts:
        if isinstance(part, Dot):
            middle = (part.x, part.y)
        elif isinstance(part, Box):
            middle = (part.x + part.width / 2, part.y + part.height / 2)
        else:
            middle = tuple(np.mean([part.start, part.end], axis=0))
            assert part.end[0] - part.start[0] == 8
        assert middle == (150, 100)


def test_nothing_is_drawn_of_no_points() -> None:
    axes = make_axes()
    axes.draw_curve([], [], Style(mark="dot"))
    assert axes.drawing.parts == []


def test_a_span_covers_its_numbers_over_the_whole_height() -> None:
    axes = make_axes()
    axes.draw_span(2, 99)  # to the end of the axis
    assert axes.drawing.parts == [Box(90, 50, 160, 100, "line", strength=SPAN.strength)]


def test_a_legend_is_a_row_whose_entries_do_not_touch() -> None:
    drawing = Drawing(600, 40, "")
    styles = {
        "ours, distorted": Style("accent", 2),
        "\u8bba\u6587": Style("ink", 0, mark="dot"),
        "range": SPAN,
    }
    draw_legend(drawing, 20, 30, styles)
    (line,), (dot,), (patch,) = (collect(drawing, kind) for kind in (Polyline, Dot, Box))
    words = collect(drawing, Words)
    assert [part.text for part in words] == list(styles)
    assert line.points[0].tolist() == [20, 30]
    assert dot.y == patch.y + patch.height / 2 == 30
    samples = [line.points[-1, 0], dot.x + dot.radius, patch.x + patch.width]
    for number, part in enumerate(words):
        assert samples[number] < part.x
        assert part.anchor == "start"
    for part, sample in zip(words, [dot.x - dot.radius, patch.x], strict=False):
        assert part.x + 0.5 * len(part.text) * part.size < sample


def test_a_bar_is_as_long_as_its_number_between_its_name_and_its_words() -> None:
    drawing = Drawing(600, 40, "")
    draw_bar(drawing, Axis(0, 4, 100, 300), 20, 3, "NumPy", "3 s", "soft", bold=False)
    draw_bar(drawing, Axis(0, 4, 100, 300), 20, 0, "lenet", "0 s", "accent", bold=True)
    bar, nothing = collect(drawing, Box)
    assert (bar.x, bar.width, bar.y + bar.height / 2) == (100, 150, 20)
    assert 0 < nothing.width < 2
    name, words, *own = collect(drawing, Words)
    assert name.x < 100
    assert name.anchor == "end"
    assert words.x > 250
    assert [part.bold for part in (name, words, *own)] == [False, False, True, True]


def test_a_title_stands_above_its_explanation() -> None:
    drawing = Drawing(600, 400, "Error after every epoch")
    draw_title(drawing, 20, "of the test set")
    title, subtitle = collect(drawing, Words)
    assert (title.text, title.bold) == ("Error after every epoch", True)
    assert title.y < subtitle.y - subtitle.size


def test_panels_share_a_width_evenly() -> None:
    assert split_width(50, 560, 1, 60) == [(50, 560)]
    assert split_width(0, 100, 3, 5) == [(0, 30), (35, 65), (70, 100)]
