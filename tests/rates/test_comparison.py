import json
import math
from pathlib import Path

import numpy as np
import pytest

from benchmarks.verdicts import count_right, format_table, judge_seed
from lenet.architecture import MODERN, ORIGINAL
from lenet.data.dataset import load_dataset
from lenet.errors import UsageError
from lenet.rates.comparison import Comparison, Trial, compare_rates, make_recipe
from lenet.texts import set_language
from lenet.training.verdicts import Judgement, Shares

pytest.importorskip("sklearn")  # whose digits are trained on

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _english():
    set_language("en")
    yield
    set_language(None)


@pytest.fixture(scope="module")
def comparison():
    return compare_rates("digits", [0.03, 1e-30], epochs=1, limit=640, engine="reference", every=2)


def make_comparison(**verdicts):
    """`make_comparison(r0_5="diverges")`: a comparison whose verdicts are given."""
    losses = np.linspace(2, 1, 20)
    trials = [
        Trial(
            float(name[1:].replace("_", ".")),
            losses,
            losses[1:],
            Judgement(verdict, "falls", {"start": "2", "end": "1", "rise": "0"}),
            Shares(0.5, 0.5, 0),
        )
        for name, verdict in verdicts.items()
    ]
    return Comparison(tuple(trials), make_recipe(ORIGINAL, 1, 32, 0.1), ORIGINAL, "reference", 0, 640, 1)


def test_all_rates_start_from_the_same_weights_and_batches(comparison):
    first, second = comparison.trials
    assert first.losses[0] == second.losses[0]
    assert len(first.losses) == len(second.losses) == 20
    assert first.losses[-1] < second.losses[-1]


def test_at_no_rate_what_is_measured_before_an_update_is_what_comes_after(comparison):
    frozen = comparison.trials[1]
    np.testing.assert_allclose(frozen.frozen, frozen.losses[1:], rtol=1e-5)
    assert frozen.judgement.verdict == "crawls"
    assert frozen.shares.step_size < 1e-6


def test_a_training_is_the_one_that_its_recipe_gives(comparison):
    """The steps one by one are those of `Run.advance` at once."""
    from lenet.engines import get_engine
    from lenet.parameters import initialize_parameters
    from lenet.rates.comparison import cut_batches

    train = load_dataset("digits", limit=640).train
    recipe = make_recipe(ORIGINAL, 1, 32, 0.03)
    run = get_engine("reference").start(
        ORIGINAL, initialize_parameters(ORIGINAL, 0, scheme="variance"), recipe.update
    )
    losses = run.advance(train.images, train.labels, cut_batches(640, 32, 1, 0), np.full(20, 0.03))
    np.testing.assert_allclose(comparison.trials[0].losses, losses, rtol=1e-6)


def test_drawing_every_other_loss_leaves_jumps_to_too_few_points(comparison):
    assert comparison.trials[1].shares.too_few_points > 0


def test_a_training_that_leaves_the_numbers_ends_there():
    found = compare_rates("digits", [1e20], epochs=1, limit=320, engine="reference", architecture=MODERN)
    (trial,) = found.trials
    assert trial.judgement.verdict == "diverges"
    assert not np.isfinite(trial.losses[-1])
    assert trial.losses.shape == (10,)


def test_the_recommended_range_lies_between_crawling_and_too_high():
    found = make_comparison(r1="diverges", r0_4="oscillates", r0_1="smooth", r0_02="smooth", r0_0001="crawls")
    assert found.recommended == (0.02, pytest.approx(0.2))
    assert make_comparison(r0_1="smooth").recommended == (0.1, 0.1)


def test_a_smooth_rate_above_one_that_is_too_high_is_not_recommended():
    assert make_comparison(r0_5="smooth", r0_1="oscillates").recommended is None


@pytest.mark.parametrize(
    ("verdicts", "rate"),
    [
        ({"r0_5": "diverges", "r0_1": "oscillates"}, 0.01),
        ({"r0_1": "oscillates", "r0_001": "crawls"}, 0.01),
        ({"r0_001": "crawls"}, 0.01),
    ],
)
def test_without_a_good_rate_another_one_is_named(verdicts, rate):
    found = make_comparison(**verdicts)
    assert found.recommended is None
    assert found.next_rate == pytest.approx(rate)


@pytest.mark.parametrize(
    "settings",
    [{"rates": []}, {"rates": [0.1] * 9}, {"batch": 700}, {"every": 6}, {"every": 0}, {"seed": -1}],
)
def test_settings_that_cannot_be_are_refused(settings):
    values = {"rates": [0.1], "epochs": 1, "limit": 640} | settings
    with pytest.raises(UsageError):
        compare_rates("digits", **values)


def test_the_judged_runs_are_in_the_documents():
    """100 runs from unseen seeds, at least 95 verdicts right, the tables of both documents made from them."""
    rows = json.loads((ROOT / "benchmarks/results/verdicts.json").read_text("utf-8"))["rows"]
    assert len(rows) == 100
    assert min(row["seed"] for row in rows) >= 1000
    assert count_right(rows, "verdict") >= 95
    for name in ("rates.md", "rates.zh.md"):
        text = (ROOT / "docs" / name).read_text("utf-8")
        for which in ("verdict", "from_losses_alone"):
            assert format_table(rows, which) in text
            assert f"{count_right(rows, which)}" in text


@pytest.mark.slow
def test_the_three_rates_of_the_lesson_diverge_oscillate_and_fall():
    found = compare_rates("digits", (0.5, 0.1, 0.02))
    assert [trial.judgement.verdict for trial in found.trials] == ["diverges", "oscillates", "smooth"]
    low, high = found.recommended
    assert low == 0.02
    assert high == pytest.approx(math.sqrt(0.002))


@pytest.mark.slow
def test_a_setting_with_a_measured_divergence_rate_is_judged_right():
    rows = judge_seed(1, "reference")
    assert count_right(rows, "verdict") >= 4
