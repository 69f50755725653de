import re
import xml.etree.ElementTree as ET
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lenet.evaluation import Evaluation
from lenet.experiments import curve
from lenet.experiments.curve import (
    COLUMNS,
    draw_rejection,
    draw_training,
    prepare_drawing,
    render_svg,
    write_curves,
)
from lenet.explain.palette import DARK, LIGHT
from lenet.texts import load_texts, set_language
from lenet.training.history import History, PassRecord


@pytest.fixture(autouse=True)
def _english() -> None:
    set_language("en")


def make_history(passes: int, steps: int, validation: bool = True) -> History:
    random = np.random.default_rng(0)
    losses = np.exp(-np.arange(passes * steps) / steps) * random.lognormal(0, 0.5, passes * steps)
    records = [PassRecord(n, 0.5, 8.0 / n, 9.0 / n if validation else None) for n in range(1, passes + 1)]
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
    assert not re.search(r"20\d\d-\d\d-\d\d|matplotlib v", (tmp_path / "a/curve.svg").read_text("utf-8"))


def test_a_users_matplotlib_settings_change_nothing(tmp_path: Path) -> None:
    import matplotlib

    write_curves(make_history(2, 20), 2, 20, tmp_path)
    before = (tmp_path / "curve.svg").read_bytes()
    with matplotlib.rc_context({"lines.linewidth": 7, "axes.facecolor": "green", "svg.fonttype": "path"}):
        write_curves(make_history(2, 20), 2, 20, tmp_path)
        assert matplotlib.rcParams["lines.linewidth"] == 7
    assert (tmp_path / "curve.svg").read_bytes() == before


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


def test_without_a_chinese_font_the_png_is_the_english_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(curve, "find_chinese_font", lambda: None)
    pictures = {}
    for language in ("en", "zh"):
        set_language(language)
        (tmp_path / language).mkdir()
        write_curves(make_history(2, 20), 2, 20, tmp_path / language)
        pictures[language] = (tmp_path / language / "curve.png").read_bytes()
    assert pictures["zh"] == pictures["en"]
    assert "\u6bcf\u4e00\u6b65\u7684\u635f\u5931" in read_words(tmp_path / "zh")


def test_every_colour_of_the_svg_has_its_dark_one(tmp_path: Path) -> None:
    write_curves(make_history(3, 20), 3, 20, tmp_path)
    text = (tmp_path / "curve.svg").read_text("utf-8")
    night = text.partition("@media (prefers-color-scheme:dark)")[2].partition("</style>")[0]
    used = set(re.findall(r"(?:fill|stroke): (#[0-9a-f]{6})", text.partition("</style>")[2]))
    assert len(used) >= 4
    for colour in used:
        dark = DARK[next(name for name, light in LIGHT.items() if light == colour)]
        for part in ("fill", "stroke"):
            assert f'[style*="{part}: {colour}"]{{{part}:{dark}!important}}' in night


def test_a_long_training_stays_a_small_file_and_keeps_its_extremes() -> None:
    history = make_history(12, 860)
    history.losses[5_000] = 40.0
    with prepare_drawing():
        figure = draw_training(history, 12, 860, load_texts("en"))
        thin, thick = figure.axes[0].lines[:2]
        assert len(thin.get_ydata()) == 2 * COLUMNS
        assert max(thin.get_ydata()) == 40.0
        assert len(thick.get_ydata()) <= curve.MEDIANS
        assert len(render_svg(figure, "curve")) < 100_000


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
    assert "no pass was finished" in read_words(tmp_path)
    with Image.open(tmp_path / "curve.png") as picture:
        assert picture.size == (1260, 840)


def test_without_validation_only_the_training_error_is_drawn(tmp_path: Path) -> None:
    write_curves(make_history(3, 20, validation=False), 3, 20, tmp_path)
    words = read_words(tmp_path)
    assert any(word.startswith("training ") for word in words)
    assert not any(word.startswith("validation ") for word in words)


def test_ends_that_meet_are_written_apart() -> None:
    history = History([1.0] * 20, [PassRecord(1, 1.0, 3.0, 3.0)])
    with prepare_drawing():
        figure = draw_training(history, 1, 20, load_texts("en"))
        content = BytesIO()
        figure.savefig(content, format="png", dpi=100)
        boxes = [text.get_window_extent() for text in figure.axes[1].texts if "3.00" in text.get_text()]
    assert len(boxes) == 2
    assert not boxes[0].overlaps(boxes[1])


def test_rejection_marks_where_half_a_percent_is_left() -> None:
    labels = np.zeros(400, int)
    answers = labels.copy()
    answers[[3, 10, 200, 300]] = 1
    evaluation = Evaluation(labels, answers, np.arange(400.0), ("0", "1"))
    with prepare_drawing():
        axes = draw_rejection(evaluation, load_texts("en")).axes[0]
    wanted = evaluation.rejection_for(0.5)
    assert wanted is not None
    assert any(list(line.get_xdata()) == [wanted] for line in axes.lines)
    assert any(f"0.5 at {wanted:.2f}% refused" == text.get_text() for text in axes.texts)


@pytest.mark.parametrize("wrong", [0, 4])
def test_rejection_of_a_flawless_and_of_a_hopeless_network_is_drawn(wrong: int) -> None:
    labels = np.zeros(4, int)
    answers = np.array([1] * wrong + [0] * (4 - wrong))
    with prepare_drawing():
        evaluation = Evaluation(labels, answers, np.arange(4.0), ("0", "1"))
        assert "<svg" in render_svg(draw_rejection(evaluation, load_texts("en")), "rejection")
