"""Scripts: two sets that share nothing, and pictures that depend on their place alone."""

import numpy as np
import pytest

pytest.importorskip("scipy", reason="benchmarks draw with SciPy, which comes with scikit-learn")

from benchmarks import scripts
from benchmarks.scripts import OTHERS, SCRIPTS, draw_pair, draw_picture, draw_table, redraw
from lenet.images.read import read_picture

FONTS_HERE = any(scripts.FONTS.rglob("NotoSans-Regular.ttf"))


def test_the_two_sets_share_no_script_and_no_character() -> None:
    tuning, evaluation = SCRIPTS["tuning"], SCRIPTS["evaluation"]
    assert not set(tuning) & set(evaluation)
    learned = set("".join(script["characters"] for script in tuning.values()))
    assert not learned & set("".join(script["characters"] for script in evaluation.values()))
    assert scripts.SEEDS["tuning"] != scripts.SEEDS["evaluation"]


@pytest.mark.parametrize("kind", OTHERS)
def test_a_picture_depends_on_its_place_alone(kind: str) -> None:
    content = draw_picture("tuning", kind, 3)
    assert draw_picture("tuning", kind, 3) == content
    assert draw_picture("tuning", kind, 4) != content
    assert draw_picture("evaluation", kind, 3) != content
    assert read_picture(content).ndim == 2


def test_two_digits_touch_and_are_wider_than_one() -> None:
    ink = draw_pair("tuning", "two digits", np.random.default_rng(2))
    columns = (ink > 0.5).any(axis=0)
    assert columns[np.flatnonzero(columns)[0] : np.flatnonzero(columns)[-1]].mean() > 0.95
    assert 0 <= ink.min() < ink.max() <= 1


def test_rules_of_a_table_run_both_ways() -> None:
    for seed in range(10):
        ink = draw_table("tuning", "table rules", np.random.default_rng(seed))
        assert ink.sum(axis=0).max() >= 3
        assert ink.sum(axis=1).max() >= 3
        assert set(np.unique(ink)) <= {0.0, 1.0}


def test_a_redrawn_glyph_keeps_its_size_within_bounds_and_changes_its_pen() -> None:
    bar = np.zeros((80, 60), np.float32)
    bar[5:75, 20:44] = 1
    drawn = redraw(bar, np.random.default_rng(1))
    assert 40 < drawn.shape[0] < 140
    assert (drawn > 0.5).sum() < 0.8 * (bar > 0.5).sum()


@pytest.mark.skipif(not FONTS_HERE, reason="apt install fonts-noto-core")
def test_a_glyph_has_ink() -> None:
    assert read_picture(draw_picture("tuning", "Greek", 0)).ndim == 2


def test_a_missing_font_is_named_with_its_package() -> None:
    with pytest.raises(FileNotFoundError, match="apt install fonts-noto-core"):
        scripts.find_font("NoSuchFont.ttf", 96)
