"""The picture of `lenet rates`: each loss at its step and height, each cause as long as its share."""

import numpy as np
import pytest

from lenet.architecture import ORIGINAL
from lenet.drawing.drawing import Box, Words, render_svg
from lenet.drawing.polyline import Dot, Polyline
from lenet.drawing.write import save_picture
from lenet.rates import picture
from lenet.rates.comparison import Comparison, make_recipe
from lenet.rates.picture import (
    CAUSES,
    CAUSES_RIGHT,
    ERRORS,
    ERRORS_RIGHT,
    LEFT,
    PALE,
    RIGHT,
    TALL,
    VIEWS,
    draw_comparison,
)
from lenet.rates.trial import Training, Trial
from lenet.texts import load_texts
from lenet.training.verdicts import Judgement, Shares

WHY = {"start": "2", "end": "1", "rise": "0"}


def make_trial(losses, verdict="smooth", rate=0.1, shares=(0.7, 0.2, 0.1), errors=(5.0,)):
    judgement = Judgement(verdict, "falls", WHY)
    trainings = [
        Training(seed, np.array(losses, float), np.zeros(0), judgement, Shares(*shares), error, 0)
        for seed, error in enumerate(errors)
    ]
    return Trial(rate, tuple(trainings))


def make_comparison(*trials, every=1, then=None):
    recipe = make_recipe(ORIGINAL, 1, 32, 0.1)
    return Comparison(trials, recipe, ORIGINAL, "reference", 640, 128, every, then)


@pytest.fixture
def _one_view(monkeypatch):
    monkeypatch.setattr(picture, "VIEWS", VIEWS[:1])


def find_curves(drawing, thickness):
    curves = [part for part in drawing.parts if isinstance(part, Polyline) and part.stroke != "line"]
    return [curve for curve in curves if curve.thickness == thickness]


def find_words(drawing, text):
    return [part for part in drawing.parts if isinstance(part, Words) and part.text == text]


FALLING = make_trial(10.0 ** np.linspace(1, -1, 41))
CRAWLING = make_trial(np.full(41, 2.0), "crawls", 0.001)


@pytest.mark.usefixtures("_one_view")
def test_a_loss_lies_at_its_step_and_at_its_height():
    drawing = draw_comparison(make_comparison(FALLING), "en")
    (thin,) = find_curves(drawing, 1.1)
    x, y = thin.points.T
    np.testing.assert_allclose(x, LEFT + (RIGHT - LEFT) * np.arange(1, 42) / 41)
    # evenly on a logarithmic axis, and 1 at the height of its number
    np.testing.assert_allclose(np.diff(y), y[1] - y[0])
    (one,) = [word for word in find_words(drawing, "1") if word.anchor == "end"]
    assert y[20] == pytest.approx(one.y, abs=6)


@pytest.mark.usefixtures("_one_view")
def test_the_running_mean_is_red_unless_the_loss_falls_smoothly():
    drawing = draw_comparison(make_comparison(FALLING, CRAWLING), "en")
    good, crawling = find_curves(drawing, 2.5)
    assert (good.stroke, crawling.stroke) == ("ink", "accent")
    assert len(set(crawling.points[:, 1].round(6))) == 1


@pytest.mark.usefixtures("_one_view")
def test_every_rate_has_its_row_and_all_rows_have_one_scale():
    drawing = draw_comparison(make_comparison(FALLING, CRAWLING), "en")
    titles = ("Learning rate 0.1: falls smoothly", "Learning rate 0.001: barely falls")
    falling, crawling = (find_words(drawing, title)[0] for title in titles)
    row = crawling.y - falling.y
    first, second = find_curves(drawing, 1.1)
    # where the first loss is 2 it lies as high as the second one's
    two = float(
        np.interp(np.log10(2), *(each[::-1] for each in (np.linspace(1, -1, 41), first.points[:, 1])))
    )
    assert second.points[0, 1] - two == pytest.approx(row, abs=0.01)
    assert len(find_words(drawing, "updates")) == 1


def test_the_bars_are_as_long_as_the_shares():
    drawing = draw_comparison(make_comparison(FALLING), "en")
    bars = [part for part in drawing.parts if isinstance(part, Box)]
    assert [bar.width for bar in bars] == pytest.approx(
        [(CAUSES_RIGHT - CAUSES) * share for share in (0.7, 0.2, 0.1)]
    )
    assert [bar.fill for bar in bars] == ["soft", "accent", "soft"]
    for bar, name, share in zip(
        bars, ("sampling noise", "step size", "too few points"), (70, 20, 10), strict=True
    ):
        words, number = find_words(drawing, name)[0], find_words(drawing, f"{share}%")[-1]
        assert words.x < bar.x < bar.x + bar.width < number.x
        assert words.y == number.y == pytest.approx(bar.y + bar.height / 2, abs=6)


@pytest.mark.usefixtures("_one_view")
def test_of_every_fifth_loss_that_one_alone_is_drawn_as_a_dot():
    drawing = draw_comparison(make_comparison(FALLING, every=5), "en")
    dots = [part for part in drawing.parts if isinstance(part, Dot) and part.x < ERRORS]
    steps = [(dot.x - LEFT) / (RIGHT - LEFT) * 41 for dot in dots]
    assert steps == pytest.approx([5, 10, 15, 20, 25, 30, 35, 40])
    assert find_words(drawing, "loss of every 5th batch, and the running mean of all (thick)")


@pytest.mark.usefixtures("_one_view")
@pytest.mark.parametrize(("finite", "anchor"), [(3, "start"), (0, "start"), (38, "end")])
def test_where_a_loss_is_no_number_it_says_so_within_the_panel(finite, anchor):
    losses = np.full(41, 3.0)
    losses[finite:] = np.nan
    drawing = draw_comparison(make_comparison(make_trial(losses, "diverges")), "en")
    (words,) = find_words(drawing, f"NaN or infinite from step {finite + 1} on")
    assert words.anchor == anchor
    end = LEFT + (RIGHT - LEFT) * finite / 41
    assert words.x == pytest.approx(end + (6 if anchor == "start" else -6))
    assert all(len(curve.points) == finite for curve in find_curves(drawing, 1.1))
    assert "nan" not in render_svg(drawing)


@pytest.mark.parametrize("losses", [[np.nan] * 9, [0.0] * 9, [1e30] * 9, [2.5] * 9, [np.inf] + [1.0] * 8])
def test_losses_off_every_scale_are_drawn(losses):
    drawing = draw_comparison(make_comparison(make_trial(losses, "diverges")), "zh")
    assert "nan" not in render_svg(drawing)
    for curve in find_curves(drawing, 1.1):
        assert (curve.points[:, 1] > 0).all()
        assert (curve.points[:, 1] < drawing.height).all()


@pytest.mark.parametrize("language", ["en", "zh"])
def test_it_says_everything_in_words_and_in_the_same_bytes(tmp_path, language):
    drawn = [render_svg(draw_comparison(make_comparison(FALLING, CRAWLING), language)) for _ in range(2)]
    assert drawn[0] == drawn[1]
    texts = load_texts(language)
    for key in (
        "verdict.crawls",
        "rates.sampling_noise",
        "rates.steps_axis",
        "rates.title",
        "rates.causes",
        "rates.linear",
    ):
        assert texts[key] in drawn[0]
    save_picture(lambda _: draw_comparison(make_comparison(FALLING), language), tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")


def test_a_linear_view_is_beside_the_logarithmic_one():
    drawing = draw_comparison(make_comparison(FALLING), "en")
    logarithmic, plain = find_curves(drawing, 1.1)
    assert logarithmic.points[:, 0].max() < plain.points[:, 0].min()
    assert plain.points[:, 0].max() == RIGHT
    np.testing.assert_allclose(np.diff(plain.points[:, 1]) / np.diff(FALLING.first.losses), -TALL / 10)
    (first,), (second,) = find_words(drawing, "log scale"), find_words(drawing, "linear scale")
    assert first.x < second.x == RIGHT


def test_each_seed_has_its_dot_of_error_and_all_their_mean_and_range():
    errors = (2.0, 5.0, 80.0)
    drawing = draw_comparison(make_comparison(make_trial([2.0] * 9, errors=errors)), "en")
    dots = [part.x for part in drawing.parts if isinstance(part, Dot)]
    assert ERRORS < dots[0] < dots[1] < dots[2] < ERRORS_RIGHT
    ten = find_words(drawing, "10%")[0]  # of the errors; the other one is a cause's
    assert dots[1] < ten.x < dots[2]
    assert find_words(drawing, "29.0% (2.0 to 80.0)")


def test_the_rate_with_the_smallest_error_is_bold_whatever_its_verdict():
    jumping = make_trial(FALLING.first.losses, "oscillates", 0.5, errors=(4.0, 4.1))
    calm = make_trial(FALLING.first.losses, "smooth", errors=(9.0, 9.1))
    drawing = draw_comparison(make_comparison(jumping, calm), "en")
    (best,), (other,) = find_words(drawing, "4.0% (4.0 to 4.1)"), find_words(drawing, "9.1% (9.0 to 9.1)")
    assert (best.bold, other.bold) == (True, False)


def test_the_other_seeds_are_pale():
    drawing = draw_comparison(make_comparison(make_trial([2.0] * 9, errors=(1.0, 2.0, 3.0))), "en")
    pale = find_curves(drawing, 1.4)
    assert len(pale) == 2 * len(VIEWS)
    assert {curve.strength for curve in pale} == {PALE}


@pytest.mark.usefixtures("_one_view")
def test_where_the_rate_changes_there_is_a_line_with_the_new_rate():
    drawing = draw_comparison(make_comparison(FALLING, then=0.02), "en")
    (words,) = find_words(drawing, "from here 0.02")
    assert words.x == pytest.approx(LEFT + (RIGHT - LEFT) * 20 / 41 + 5)
