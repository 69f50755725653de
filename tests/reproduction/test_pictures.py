"""The pictures of the experiment: the paper's numbers and ours at their places, and no label on a curve."""

import numpy as np
import pytest

from lenet.drawing.drawing import Box, Drawing, Line, Words, render_svg
from lenet.drawing.fonts import estimate_width
from lenet.drawing.polyline import DASHED, DOTTED, Dot, Polyline
from lenet.drawing.raster import Raster
from lenet.reproduction import published
from lenet.reproduction.pictures import (
    COLUMNS,
    LEFT,
    RIGHT,
    TALL,
    TOP,
    draw_figure_5,
    draw_figure_6,
    draw_figure_8,
    draw_rejections,
    draw_robustness,
    list_drawings,
)
from lenet.texts import load_texts

AMOUNTS = {
    "scale": [0.5, 1.0, 1.6],
    "shift": [-10, 0, 10],
    "rotation": [-60, 0, 60],
    "noise": [0.0, 0.1, 0.3],
}


def make_kind(images: int, *runs: list[float]) -> dict:
    return {
        "images": images,
        "runs": [{"test": run, "training": [each / 2 for each in run]} for run in runs],
        "test": {"values": [run[-1] for run in runs]},
        "training": {"values": [run[-1] / 2 for run in runs]},
    }


@pytest.fixture
def results() -> dict:
    """Two seeds of each kind over 20 epochs, as `collect_results` writes them."""
    curve = np.linspace(2, 1, 20)
    refused = np.linspace(0, 10, 41)
    left = np.maximum(1.1 - 0.3 * refused, 0.2)
    return {
        "kinds": {
            "1998": make_kind(60_000, curve.tolist(), (curve - 0.1).tolist()),
            "1998-distorted": make_kind(60_000, (curve - 0.2).tolist()),
            "1998-1/4": make_kind(15_000, (curve + 0.5).tolist(), (curve + 0.6).tolist()),
            "1998-noise": make_kind(60_000, (curve + 3).tolist()),
        },
        "rejection": {
            "1998": {"refused": refused.tolist(), "errors": [left.tolist()]},
            "1998-distorted": {"refused": refused.tolist(), "errors": [(left - 0.1).tolist()]},
        },
        "robustness": {
            "amounts": AMOUNTS,
            "errors": {
                kind: {change: [80.0, 1.0, 60.0] for change in AMOUNTS}
                for kind in ("1998", "1998-distorted", "1998-noise")
            },
        },
        "figure_8": [
            {"index": number % 3, "label": 4, "1998": 9, "ours": ours}
            for number, ours in enumerate([[4, 4, 4, 4, 9], [4, 4, 9, 9, 9], *[[4] * 5] * 11])
        ],
    }


def find_curves(drawing: Drawing, stroke: str) -> list[np.ndarray]:
    return [part.points for part in drawing.parts if isinstance(part, Polyline) and part.stroke == stroke]


def find_dots(drawing: Drawing) -> np.ndarray:
    """(n, 2): the places of the paper's dots below the legend."""
    return np.array([(part.x, part.y) for part in drawing.parts if isinstance(part, Dot) and part.y > TOP])


def find_words(drawing: Drawing, text: str) -> list[Words]:
    return [part for part in drawing.parts if isinstance(part, Words) and part.text == text]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_picture_has_a_title_a_legend_and_named_axes(results: dict, language: str) -> None:
    texts, images = load_texts(language), np.zeros((3, 28, 28), np.uint8)
    wanted = {
        "figure-5": ("test_title", "training_title", "epochs", "line_paper", "line_1998_distorted"),
        "figure-6": ("test_title", "training_title", "sizes", "line_paper_distorted", "line_1998"),
        "rejection": ("rejection_title", "refused", "line_wanted", "line_1998"),
        "robustness": ("change_scale", "change_noise", "line_estimated", "line_1998_noise"),
        "figure-8": ("figure_8_key",),
    }
    drawings = {name: compose(language) for name, compose in list_drawings(results, images).items()}
    assert drawings.keys() == wanted.keys()
    for name, drawing in drawings.items():
        (title,) = find_words(drawing, texts[f"reproduce.title_{name.replace('-', '_')}"])
        assert title.text == drawing.title
        assert title.bold
        for key in wanted[name]:
            assert find_words(drawing, texts[f"reproduce.{key}"]), key


@pytest.mark.parametrize("language", ["en", "zh"])
def test_no_words_reach_beyond_the_paper(results: dict, language: str) -> None:
    for compose in list_drawings(results, np.zeros((3, 28, 28), np.uint8)).values():
        drawing = compose(language)
        for part in drawing.parts:
            if isinstance(part, Words):
                width = estimate_width(part.text, part.size)
                left = part.x - {"start": 0, "middle": 0.5, "end": 1}[part.anchor] * width
                assert left > 0, part.text
                assert left + width < drawing.width, part.text
                assert 10 < part.y < drawing.height, part.text


def test_without_mnists_digits_there_is_no_figure_8(results: dict) -> None:
    assert "figure-8" not in list_drawings(results | {"figure_8": None}, np.zeros((0, 28, 28), np.uint8))


def test_figure_5_has_the_papers_dots_and_a_line_for_each_seed(results: dict) -> None:
    drawing = draw_figure_5(results, "en")
    dots = find_dots(drawing)
    assert len(dots) == 40
    tops = {part.text: part.y for part in drawing.parts if isinstance(part, Words) and part.anchor == "end"}
    # 2.65 and 2.24 percent after the first and the second epoch, between the lines of 2 and 3
    assert tops["3"] < dots[0, 1] < dots[1, 1] < tops["2"]
    ours = [curve for curve in find_curves(drawing, "accent") if len(curve) == 20]
    assert len(ours) == 4  # two seeds, test and training
    np.testing.assert_allclose(ours[0][:, 0], dots[:20, 0])
    # 1 percent in the end lies near the paper's 0.96, and half of that half as high
    assert abs(ours[0][-1, 1] - dots[19, 1]) < 0.1 * TALL / 5
    bottom = TOP + TALL
    assert bottom - ours[2][-1, 1] == pytest.approx((bottom - ours[0][-1, 1]) / 2)


def test_an_error_above_the_papers_stays_on_the_paper(results: dict) -> None:
    results["kinds"]["1998"] = make_kind(60_000, [90.0, 40.0])
    first, *_ = (
        curve
        for curve in find_curves(draw_figure_5(results, "en"), "accent")
        if len(curve) == 2 and curve[0, 1] > TOP
    )
    assert TOP < first[0, 1] < first[1, 1] < TOP + TALL


def test_figure_6_has_a_mark_for_each_seed_at_its_number_of_images(results: dict) -> None:
    drawing = draw_figure_6(results, "en")
    bars = [
        part
        for part in drawing.parts
        if isinstance(part, Line) and part.stroke == "accent" and part.start[1] > TOP
    ]
    middles = [(bar.start[0] + bar.end[0]) / 2 for bar in bars]
    (theirs, learned) = (curve for curve in find_curves(drawing, "ink") if len(curve) == 3)
    assert middles[:4] == pytest.approx([theirs[2, 0]] * 2 + [theirs[0, 0]] * 2)
    assert middles[4:] == pytest.approx([learned[2, 0]] * 2 + [learned[0, 0]] * 2)
    # 1.6 of ours is better than the paper's 1.68
    assert bars[3].start[1] > theirs[0, 1]
    for text, at in (("15,000", theirs[0, 0]), ("60,000", theirs[2, 0])):
        assert find_words(drawing, text)[0].x == pytest.approx(at)
    # those with distortions lie beside these, not on them
    (square,) = [part for part in drawing.parts if isinstance(part, Box) and part.y > TOP]
    assert square.x > theirs[2, 0] + 7
    assert square.y + square.height / 2 == pytest.approx(
        TOP + TALL - (TOP + TALL - theirs[2, 1]) * published.DISTORTED_ERROR / published.TEST_ERRORS[60_000]
    )


def test_fewer_images_than_the_papers_have_a_place_of_their_own(results: dict) -> None:
    results["kinds"]["1998-1/2"] = make_kind(3_000, [2.0])
    drawing = draw_figure_6(results, "en")
    lines = [part for part in drawing.parts if isinstance(part, Line) and part.start[1] > TOP]
    middles = {(line.start[0] + line.end[0]) / 2 for line in lines if line.stroke == "accent"}
    assert min(middles) == pytest.approx(LEFT)  # the axis begins there


@pytest.mark.parametrize("times", [1, 50])
def test_the_papers_networks_are_named_above_all_curves(results: dict, times: int) -> None:
    for found in results["rejection"].values():
        found["errors"] = [[times * error for error in curve] for curve in found["errors"]]
    drawing = draw_rejections(results, "en")
    dots = find_dots(drawing)
    assert dots[:, 0] == pytest.approx([LEFT + (RIGHT - LEFT) * at / 6 for at in published.REJECTED.values()])
    assert len(set(dots[:, 1])) == 1
    curves = [
        curve for stroke in ("accent", "soft") for curve in find_curves(drawing, stroke) if len(curve) > 2
    ]
    assert len(curves) == 2
    assert all(curve[-1, 0] == pytest.approx(RIGHT) for curve in curves)
    for name, (x, y) in zip(published.REJECTED, dots, strict=True):
        (words,) = find_words(drawing, name)
        assert words.x == pytest.approx(x)
        assert TOP < words.y - words.size / 2 < words.y < y
        across = np.linspace(x, x + estimate_width(name, words.size), 20)
        for curve in curves:
            assert (np.interp(across, *curve.T) > words.y + 3).all()
    # half a percent: where the goal's line runs
    (goal,) = [curve for curve in find_curves(drawing, "ink") if curve[0, 0] == LEFT]
    assert set(goal[:, 1]) == set(dots[:, 1])


def test_robustness_shades_what_the_paper_estimates(results: dict) -> None:
    drawing = draw_robustness(results, "en")
    spans = [part for part in drawing.parts if isinstance(part, Box) and part.height == TALL]
    assert len(spans) == 4
    panel = spans[0].width
    # the whole panels of size and shift, half of the turned, a third of the noise
    assert [span.width / panel for span in spans] == pytest.approx([1, 1, 1 / 2, 1 / 3])
    assert spans[2].x == pytest.approx(LEFT + panel / 4)
    assert spans[3].x == spans[1].x
    dashes = {"accent": (), "soft": DASHED, "ink": DOTTED}
    lines = [part for part in drawing.parts if isinstance(part, Polyline) and len(part.points) == 3]
    assert len(lines) == 12
    assert all(line.dashes == dashes[line.stroke] for line in lines)
    for line, span in zip(lines[::3], spans, strict=True):
        heights = (span.y + TALL - line.points[:, 1]) / TALL
        assert heights == pytest.approx([0.8, 0.01, 0.6])


def test_figure_8_is_red_and_bold_where_most_of_ours_misread_a_digit(results: dict) -> None:
    images = np.arange(3, dtype=np.uint8).repeat(28 * 28).reshape(3, 28, 28)
    drawing = draw_figure_8(results, images, "en")
    rasters = [part for part in drawing.parts if isinstance(part, Raster)]
    assert [int(raster.pixels[0, 0]) for raster in rasters[:4]] == [255, 254, 253, 255]
    captions = [part for part in drawing.parts if isinstance(part, Words) and "4→9" in part.text]
    assert [part.text for part in captions[:3]] == ["4→9 44449", "4→9 44999", "4→9 44444"]
    assert [(part.fill, part.bold) for part in captions[:3]] == [
        ("ink", False),
        ("accent", True),
        ("ink", False),
    ]
    for raster, words in zip(rasters, captions, strict=True):
        assert words.x == pytest.approx(raster.x + raster.width / 2)
        assert words.y > raster.y + raster.height
    assert rasters[COLUMNS].x == rasters[0].x
    assert rasters[COLUMNS].y > captions[0].y
    assert "nan" not in render_svg(drawing)
