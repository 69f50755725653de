"""A training whose loss is no longer a number: what it says, and which weights it keeps."""

from typing import Any

import numpy as np
import pytest

from lenet.architecture import MODERN
from lenet.engines.reference.engine import ReferenceEngine, ReferenceRun
from lenet.errors import Diverged
from lenet.parameters import initialize_parameters
from lenet.randomness import draw_order
from lenet.texts import set_language
from lenet.training.events import Advanced
from lenet.training.recipe import Recipe
from lenet.training.trainer import STRETCH, Trainer

from .conftest import (
    BATCH,
    COUNT,
    RECIPE,
    SEED,
    STEPS,
    TRAIN,
    Call,
    assert_same_bits,
    finish,
    make_trainer,
    set_stretches,
)

# the step (from 0) with a rate of 1e30, and the step (from 1) of which the error speaks: at the beginning,
# in the middle of an epoch, in its ragged last batch (seen when the epoch is measured), at the start of the
# next epoch, at the very end
DIVERGING = {0: 2, 3: 5, STEPS - 1: STEPS, STEPS: STEPS + 2, 2 * STEPS - 1: 2 * STEPS}


def diverge(wild: int) -> tuple[Trainer, Diverged, list[float]]:
    """Train with a rate of 1e30 at one step; what was left, what was said, and the losses before."""
    trainer = make_trainer(RECIPE.changed(scale=1.0, schedule="constant"), MODERN)
    trainer._rates[wild] = 1e30
    losses: list[float] = []
    with pytest.raises(Diverged) as caught:
        losses.extend(
            float(loss) for event in trainer.events() if isinstance(event, Advanced) for loss in event.losses
        )
    return trainer, caught.value, losses


def test_a_rate_of_1e30_diverges_at_the_second_step() -> None:
    trainer = make_trainer(Recipe("wild", 1, BATCH, 1e30, scale=1.0), MODERN)
    with pytest.raises(Diverged) as caught:
        finish(trainer)
    assert caught.value.values == {"step": 2, "number": 1, "rate": "1e+30", "lower": "1e+29"}
    assert_same_bits(trainer.parameters(), initialize_parameters(MODERN, SEED, scheme="1998"))


@pytest.mark.parametrize("wild", DIVERGING)
def test_a_training_that_diverges_keeps_the_weights_of_its_last_finite_loss(wild: int) -> None:
    trainer, error, losses = diverge(wild)
    assert error.values["step"] == DIVERGING[wild]
    assert error.values["number"] == wild // STEPS + 1
    assert len(losses) == wild + 1
    assert np.isfinite(losses).all()
    # the step with the last finite loss is not in the weights: it is the one that ruined them
    assert (trainer.steps, trainer.epochs) == (wild, wild // STEPS)
    epoch, step = divmod(wild, STEPS)
    batch = draw_order(SEED, epoch, COUNT)[step * BATCH : (step + 1) * BATCH]
    run = ReferenceEngine().start(MODERN, trainer.parameters(), trainer.recipe.update)
    assert run.advance(TRAIN.images, TRAIN.labels, batch[None], np.zeros(1)).tolist() == losses[-1:]


@pytest.mark.parametrize("wild", DIVERGING)
def test_the_weights_kept_do_not_depend_on_how_the_steps_were_cut(
    monkeypatch: pytest.MonkeyPatch, calls: list[Call], wild: int
) -> None:
    kept, lengths = [], set()
    for seconds in ([1e-6], [10.0], [STRETCH], [1e-6, 1e-6, 10.0]):
        set_stretches(monkeypatch, seconds)
        calls.clear()
        trainer, error, losses = diverge(wild)
        lengths.add(tuple(len(call.order) for call in calls))
        kept.append(
            (trainer.parameters(), trainer.state(), trainer.steps, trainer.epochs, str(error), losses)
        )
    assert wild == 0 or len(lengths) > 1
    for parameters, state, *rest in kept[1:]:
        assert rest == list(kept[0][2:])
        assert_same_bits(parameters, kept[0][0])
        assert {n: a.tobytes() for n, a in state.items()} == {n: a.tobytes() for n, a in kept[0][1].items()}


def test_a_diverged_run_that_is_resumed_at_its_last_checkpoint_diverges_to_the_same_weights() -> None:
    trainer, error, losses = diverge(3)
    again = make_trainer(trainer.recipe, MODERN)
    again._rates[3] = 1e30
    again.restore(trainer.state(), trainer.steps, trainer.epochs, losses[: trainer.steps])
    with pytest.raises(Diverged) as caught:
        finish(again)
    assert caught.value.values == error.values
    assert_same_bits(again.parameters(), trainer.parameters())


@pytest.mark.parametrize(("language", "words"), [("en", "Training diverged"), ("zh", "NaN 或无穷大")])
def test_a_training_that_diverges_says_where_and_what_to_try(language: str, words: str) -> None:
    _, error, _ = diverge(STEPS)
    set_language(language)
    try:
        message = str(error)
    finally:
        set_language(None)
    for word in (words, "8", "2", "1e+30", "--rate 0.005"):  # a tenth of the recipe's own rate
        assert word in message


@pytest.mark.parametrize(("rate", "lower"), [(500.0, "50"), (0.5, "0.05"), (12.3, "1"), (0.0123, "0.001")])
def test_the_lower_rate_is_written_plainly(monkeypatch: pytest.MonkeyPatch, rate: float, lower: str) -> None:
    trainer = make_trainer(Recipe("wild", 1, BATCH, rate, scale=1.0), MODERN)

    def overflow(self: ReferenceRun, images: Any, targets: Any, order: Any, *_: Any, **__: Any) -> np.ndarray:
        return np.full(len(order), np.nan)

    monkeypatch.setattr(ReferenceRun, "advance", overflow)
    with pytest.raises(Diverged, match=f"--rate {lower}[.]"):
        finish(trainer)
