"""What the page's training takes from Python: limits of the verdicts, settings of the lessons."""

from __future__ import annotations

from typing import Any

from lenet.architecture import MODERN, ORIGINAL, PIXEL_OFFSET, PIXEL_SCALE, TANH_AMPLITUDE
from lenet.rates import choice, comparison
from lenet.training import diagnosis, verdicts
from lenet.training.recipe import load_recipe

EPOCHS = 3
BATCHES = (1, 16, 32, 64)
CALM_RATE = 0.02  # what the page begins with, and what calms a training that jumps
MOMENTUM = 0.9
STORY_BATCH = 32
STORY_STEPS = 150  # at the rate that is too high, and again at CALM_RATE
STORY_RATES = (0.1, 0.2)  # of its two acts
# chosen on held-out training digits (benchmarks/page_training.py): of eight seeds the median, and the first
# that freezes at the second of these rates on MNIST and on scikit-learn's digits
SEED = 7
STORY_SEED = 2
STARTS = 8
HAND_DIGITS, HAND_STEPS, HAND_BATCH, HAND_RATE = 10, 200, 16, 0.02  # of a lesson on one's own digits
FROZEN_DIGITS = 500  # new ones that a frozen unit answers to alike


def list_lessons() -> dict[str, Any]:
    """Everything of Python that `train.mjs` and its neighbours need, as JSON can hold it."""
    names = ("knows_nothing", "crawling", "thrown", "jump", "cost", "overshoot", "step_share", "look_back")
    limits = {_camel(name): getattr(verdicts, name.upper()) for name in names}
    limits |= {"points": diagnosis.POINTS, "quiet": diagnosis.QUIET, "least": diagnosis.LEAST_POINTS}
    limits |= {"ignorant": diagnosis.IGNORANT, "doubt": choice.DOUBT}
    return {
        "limits": limits,
        "frozen": {"flat": diagnosis.FLAT, "amplitude": TANH_AMPLITUDE, "digits": FROZEN_DIGITS},
        "input": {"scale": PIXEL_SCALE, "offset": PIXEL_OFFSET},
        "epochs": EPOCHS,
        "batches": list(BATCHES),
        "rate": CALM_RATE,
        "seed": SEED,
        "momentum": MOMENTUM,
        "rates": {
            "rates": list(comparison.RATES),
            "limit": comparison.LIMIT,
            "epochs": comparison.EPOCHS,
            "batch": comparison.BATCH,
            "held": comparison.HELD,
            "heldShare": comparison.HELD_SHARE,
        },
        "story": {
            "batch": STORY_BATCH,
            "steps": STORY_STEPS,
            "rates": list(STORY_RATES),
            "seed": STORY_SEED,
            "starts": STARTS,
        },
        "hand": {
            "digits": HAND_DIGITS,
            "steps": HAND_STEPS,
            "rate": HAND_RATE,
            "batch": HAND_BATCH,
            "distortion": {
                _camel(name): value
                for name, value in load_recipe("best", ORIGINAL).distortion.to_dict().items()
            },
        },
        "architectures": {"original": ORIGINAL.to_dict(), "modern": MODERN.to_dict()},
        "method1998": _list_method_1998(),
    }


def _list_method_1998() -> dict[str, Any]:
    recipe = load_recipe("1998", ORIGINAL)
    return {
        "rate": recipe.rate,
        "batch": recipe.batch,
        "mu": recipe.mu,
        "samples": recipe.curvature_samples,
        "loss": recipe.loss,
        "curvature": recipe.curvature_loss.kind,
        "scheme": recipe.initialization,
    }


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(map(str.capitalize, others))
