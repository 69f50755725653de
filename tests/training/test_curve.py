import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lenet.drawing.drawing import Drawing, Words, render_svg
from lenet.drawing.polyline import Dot, Polyline
from lenet.evaluation import Evaluation
from lenet.texts import set_language
from lenet.training import curve
from lenet.training.curve import (
    COLUMNS,
    LEFT,
    RIGHT,
    draw_rejection,
    draw_training,
    write_curves,
)
from lenet.training.history import EpochRecord, History


@pytest.fixture(autouse=True)
def _english() -> None:
    set_language("en")


def make_history(epochs: int, steps: int, validation: bool = True) -> History:
    random = np.random.default_rng(0)
    losses = np.exp(-np.arange(epochs * steps) / steps) * random.lognormal(0, 0.5, epochs * steps)
    records = [EpochRecord(n, 0.5, 8.0 / n, 9.0 / n if validation else None) for n in range(1, epochs + 1)]
    return History(losses.tolist(), records)


def read_words(folder: Path) -> set[str]:
    root = ET.fromstring((folder / "curve.svg").read_text("utf-8"))
    return {"".join(each.itertext()).strip() for each in root.iter("{http://www.w3.org/2000/svg}text")}


def test_equal_histories_give_equal_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        write_curves(make_history(3, 20), 3, 20, tmp_path / name)
    for file in ("curve.svg", "curve.png"):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()


@pytest.mark.parametrize(
    ("language", "title", "end"),
    [
        ("en", "Loss of every step", "validation 3.00"),
        ("zh", "\u6bcf\u4e00\u6b65\u7684\u635f\u5931", "\u9a8c\u8bc1 3.00"),
    ],
)
def test_the_svg_has_real_words_in_the_readers_language(
    tmp_path: Path, language: str, title: str, end: str
) -> None:
    set_language(language)
    write_curves(make_history(3, 20), 3, 20, tmp_path)
    assert {title, end} <= read_words(tmp_path)
    assert "Noto Sans CJK SC" in (tmp_path / "curve.svg").read_text("utf-8")


def find_curves(drawing: Drawing, stroke: str, thickness: float) -> list[np.ndarray]:
    parts = [part for part in drawing.parts if isinstance(part, Polyline)]
    return [part.points for part in parts if (part.stroke, part.thickness) == (stroke, thickness)]


def test_a_long_training_stays_a_small_file_and_keeps_its_extremes() -> None:
    history = make_history(12, 860)
    history.losses[5_000] = 40.0
    drawing = draw_training(history, 12, 860, "en")
    thin, middle = find_curves(drawing, "soft", 0.8)
    assert len(thin) == len(middle) == 2 * COLUMNS
    # a lone peak lies outside of the middle 80%
    assert middle[:, 1].min() > thin[:, 1].min() + 20
    highest = thin[thin[:, 1].argmin()]
    assert highest[0] == pytest.approx(LEFT + (RIGHT - LEFT) * 5_000 / (12 * 860), abs=1)
    assert highest[1] < np.sort(thin[:, 1])[1] - 20
    thick, *_ = find_curves(drawing, "ink", 2.5)
    assert len(thick) <= curve.MEDIANS
    assert len(render_svg(drawing)) < 50_000


def test_errors_lie_over_their_epoch_at_their_height() -> None:
    drawing = draw_training(make_history(3, 20), 3, 20, "en")
    dots = [part for part in drawing.parts if isinstance(part, Dot) and part.fill == "accent"]
    places = [LEFT + (RIGHT - LEFT) * number / 3 for number in (1, 2, 3)]
    assert [dot.x for dot in dots] == pytest.approx(places)
    ticks = {part.text: part.y for part in drawing.parts if isinstance(part, Words) and part.y > 280}
    # 9 lies below the tick 10, 4.5 above 2 and 3 above 2
    assert dots[0].y < dots[1].y < dots[2].y < ticks["2"]
    assert dots[1].y < ticks["5"] + 10


def test_the_running_median_ignores_a_lone_peak_and_follows_a_step() -> None:
    losses = np.where(np.arange(400) < 200, 2.0, 1.0)
    losses[50] = 1000.0
    steps, medians = curve._take_medians(losses)
    assert steps[0] == 1
    assert steps[-1] == 400
    assert set(medians) <= {1.0, 1.5, 2.0}
    assert (medians[steps < 190] == 2.0).all()
    assert (medians[steps > 210] == 1.0).all()


@pytest.mark.parametrize("losses", [[], [0.0, 0.0], [0.5], [3.0, 0.0, 1e-9]])
def test_a_training_that_hardly_began_is_drawn_too(tmp_path: Path, losses: list[float]) -> None:
    write_curves(History(losses), 5, 20, tmp_path)
    assert "no epoch was finished" in read_words(tmp_path)
    with Image.open(tmp_path / "curve.png") as picture:
        assert picture.size == (1260, 840)


def test_without_validation_only_the_training_error_is_drawn(tmp_path: Path) -> None:
    write_curves(make_history(3, 20, validation=False), 3, 20, tmp_path)
    words = read_words(tmp_path)
    assert any(word.startswith("training ") for word in words)
    assert not any(word.startswith("validation ") for word in words)


def test_the_test_error_is_a_dot_after_the_last_epoch() -> None:
    drawing = draw_training(make_history(3, 20, validation=False), 3, 20, "en", test=1.02)
    (dot,) = [part for part in drawing.parts if isinstance(part, Dot) and part.fill == "accent"]
    assert dot.x == pytest.approx(RIGHT)
    assert "test 1.02" in [part.text for part in drawing.parts if isinstance(part, Words)]


def test_ends_that_meet_are_written_apart() -> None:
    history = History([1.0] * 20, [EpochRecord(1, 1.0, 3.0, 3.0)])
    drawing = draw_training(history, 1, 20, "en")
    ends = [part for part in drawing.parts if isinstance(part, Words) and "3.00" in part.text]
    assert len(ends) == 2
    assert abs(ends[0].y - ends[1].y) >= ends[0].size


def test_rejection_marks_where_half_a_percent_is_left() -> None:
    labels = np.zeros(400, int)
    answers = labels.copy()
    answers[[3, 10, 200, 300]] = 1
    evaluation = Evaluation(labels, answers, np.arange(400.0), ("0", "1"))
    drawing = draw_rejection(evaluation, "en")
    wanted = evaluation.rejection_for(0.5)
    assert wanted is not None
    (dot,) = [part for part in drawing.parts if isinstance(part, Dot)]
    (points,) = find_curves(drawing, "ink", 2.5)
    refused, error = evaluation.rejection_curve()
    at = int(np.flatnonzero(refused == wanted)[0])
    assert dot.x == pytest.approx(points[at, 0])
    assert error[at] <= 0.5 < error[at - 1]
    assert points[at, 1] >= dot.y > points[at - 1, 1]
    words = [part.text for part in drawing.parts if isinstance(part, Words)]
    assert f"0.5 at {wanted:.2f}% rejected" in words


@pytest.mark.parametrize("wrong", [0, 4])
def test_rejection_of_a_flawless_and_of_a_hopeless_network_is_drawn(wrong: int) -> None:
    labels = np.zeros(4, int)
    answers = np.array([1] * wrong + [0] * (4 - wrong))
    evaluation = Evaluation(labels, answers, np.arange(4.0), ("0", "1"))
    text = render_svg(draw_rejection(evaluation, "en"))
    assert "nan" not in text
    ET.fromstring(text)
