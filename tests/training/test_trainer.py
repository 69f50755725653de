"""The trainer: what it yields, what it takes, and that nothing depends on how the time was cut."""

import itertools

import numpy as np
import pytest

from lenet.architecture import ORIGINAL
from lenet.engines.inputs import scale_images
from lenet.engines.loss import Loss
from lenet.engines.reference.engine import ReferenceEngine
from lenet.images.distort import DistortedEpoch, Distortion, distort_images, draw_maps
from lenet.parameters import Parameters
from lenet.randomness import Purpose, draw_order
from lenet.training.events import Advanced, EpochEnded
from lenet.training.recipe import Recipe
from lenet.training.schedule import plan_rates
from lenet.training.trainer import STRETCH

from .conftest import (
    BATCH,
    COUNT,
    LM,
    RECIPE,
    SEED,
    STEPS,
    TRAIN,
    VALIDATION,
    Call,
    assert_same_bits,
    finish,
    make_examples,
    make_trainer,
    set_stretches,
)


def test_a_training_yields_stretches_and_after_each_epoch_its_record() -> None:
    trainer = make_trainer()
    events = finish(trainer)
    ends = [index for index, event in enumerate(events) if isinstance(event, EpochEnded)]
    assert len(ends) == 2
    assert ends[-1] == len(events) - 1
    for number, (begin, end) in enumerate(zip([0, ends[0] + 1], ends, strict=True), 1):
        stretches = events[begin:end]
        assert sum(len(event.losses) for event in stretches) == STEPS
        assert sum(event.images for event in stretches) == COUNT
        assert stretches[-1].steps == number * STEPS
        record = events[end].record
        assert record.number == number
        assert record.loss == pytest.approx(np.concatenate([event.losses for event in stretches]).mean())
    assert (trainer.steps, trainer.epochs, trainer.total_steps) == (12, 2, 12)


def test_every_stretch_tells_the_rate_of_its_last_step() -> None:
    rates = plan_rates("one-cycle", RECIPE.rate, 12, STEPS)
    for event in finish(make_trainer()):
        if isinstance(event, Advanced):
            assert event.rate == rates[event.steps - 1]
            assert event.seconds >= 0


def test_every_example_is_seen_once_an_epoch_in_the_order_of_the_generator(calls: list[Call]) -> None:
    finish(make_trainer())
    seen = np.concatenate([call.order.ravel() for call in calls])
    assert len(seen) == 2 * COUNT
    for epoch in range(2):
        part = seen[epoch * COUNT : (epoch + 1) * COUNT]
        assert sorted(part) == list(range(COUNT))
        np.testing.assert_array_equal(part, draw_order(SEED, epoch, COUNT))


def test_a_constant_order_is_a_random_one_and_the_same_in_every_epoch(calls: list[Call]) -> None:
    finish(make_trainer(RECIPE.changed(order="constant", epochs=3)))
    seen = np.concatenate([call.order.ravel() for call in calls]).reshape(3, COUNT)
    assert (seen == draw_order(SEED, 0, COUNT)).all()


def test_copies_are_the_images_and_distorted_ones_in_one_order_a_part_of_it_in_each_epoch(
    calls: list[Call],
) -> None:
    recipe = RECIPE.changed(copies=3, epochs=7, order="constant", distortion=Distortion(shift=3))
    trainer = make_trainer(recipe)
    finish(trainer)
    assert trainer.steps_per_epoch == STEPS
    seen = np.concatenate([call.order.ravel() for call in calls])
    expected = draw_order(SEED, 0, 3 * COUNT)
    np.testing.assert_array_equal(seen, np.tile(expected, 3)[: 7 * COUNT])
    assert all(call.distortion == DistortedEpoch(recipe.distortion, SEED, 0, COUNT) for call in calls)


@pytest.mark.parametrize("order", ["constant", "shuffled"])
def test_an_epoch_may_take_all_copies_of_all_images(order: str, calls: list[Call]) -> None:
    recipe = RECIPE.changed(copies=3, patterns="all", order=order, distortion=Distortion(shift=3))
    trainer = make_trainer(recipe)
    finish(trainer)
    assert trainer.steps_per_epoch == -(-3 * COUNT // BATCH)
    seen = np.concatenate([call.order.ravel() for call in calls]).reshape(2, 3 * COUNT)
    for epoch in range(2):
        expected = draw_order(SEED, epoch if order == "shuffled" else 0, 3 * COUNT)
        np.testing.assert_array_equal(seen[epoch], expected)
    # the distortions stay the same: they are copies, not new draws
    assert all(call.distortion == DistortedEpoch(recipe.distortion, SEED, 0, COUNT) for call in calls)


def test_shuffled_copies_have_another_order_when_all_of_them_were_seen(calls: list[Call]) -> None:
    finish(make_trainer(RECIPE.changed(copies=2, epochs=4, distortion=Distortion(shift=3))))
    seen = np.concatenate([call.order.ravel() for call in calls]).reshape(2, 2 * COUNT)
    for round_ in range(2):
        np.testing.assert_array_equal(seen[round_], draw_order(SEED, round_, 2 * COUNT))


def test_without_second_derivatives_no_parameter_has_a_rate_of_its_own(calls: list[Call]) -> None:
    finish(make_trainer())
    assert all(call.scales is None for call in calls)


def test_each_parameters_rate_comes_from_its_curvature_at_the_beginning_of_the_epoch(
    calls: list[Call],
) -> None:
    finish(make_trainer(LM))
    # the epoch of each call: how many steps came before
    epochs = np.cumsum([0, *(len(call.order) for call in calls)])[:-1] // STEPS
    for epoch in range(2):
        of_epoch = [call for call, number in zip(calls, epochs, strict=True) if number == epoch]
        chosen = draw_order(SEED, epoch, COUNT, Purpose.SUBSET)[:5]
        model = ReferenceEngine().load(ORIGINAL, of_epoch[0].before)
        curvature = model.curvature(TRAIN.images[chosen], TRAIN.labels[chosen], LM.update.loss)
        for call in of_epoch:
            assert_scales(call, curvature)
        assert sum(len(call.order) for call in of_epoch) == STEPS


def assert_scales(call: Call, curvature: Parameters) -> None:
    for name, scale in call.scales.items():
        np.testing.assert_allclose(scale, 1 / (0.02 + curvature[name]), rtol=1e-5)


def test_a_constant_curvature_is_that_of_mse_whatever_the_loss(calls: list[Call]) -> None:
    finish(make_trainer(LM.changed(loss="map", j=10.0, curvature="constant", epochs=1)))
    chosen = draw_order(SEED, 0, COUNT, Purpose.SUBSET)[:5]
    model = ReferenceEngine().load(ORIGINAL, calls[0].before)
    assert_scales(calls[0], model.curvature(TRAIN.images[chosen], TRAIN.labels[chosen], Loss("mse")))


def test_the_curvature_is_measured_on_distorted_patterns_too(calls: list[Call]) -> None:
    recipe = LM.changed(copies=3, distortion=Distortion(shift=3, scale=0.2), epochs=1)
    finish(make_trainer(recipe))
    chosen = draw_order(SEED, 0, 3 * COUNT, Purpose.SUBSET)[:5]
    distorted = chosen >= COUNT
    assert distorted.any()
    images, samples = scale_images(TRAIN.images[chosen % COUNT], np.float32), chosen[distorted]
    maps = draw_maps(recipe.distortion, SEED, 0, samples)
    images[distorted] = distort_images(TRAIN.images[samples % COUNT], maps)
    model = ReferenceEngine().load(ORIGINAL, calls[0].before)
    assert_scales(calls[0], model.curvature(images, TRAIN.labels[chosen % COUNT], LM.update.loss))


def test_what_is_left_at_the_end_of_an_epoch_is_a_batch_of_its_own(calls: list[Call]) -> None:
    finish(make_trainer())
    shapes = [call.order.shape for call in calls]
    assert [shape for shape in shapes if shape[1] != BATCH] == [(1, 2), (1, 2)]
    assert sum(steps for steps, _ in shapes) == 2 * STEPS


@pytest.mark.parametrize(
    ("count", "batch", "steps"), [(8, 4, 2), (9, 4, 3), (3, 4, 1), (4, 4, 1), (1, 10_000, 1), (5, 1, 5)]
)
def test_an_epoch_has_as_many_steps_as_batches_the_last_one_counted_in(
    calls: list[Call], count: int, batch: int, steps: int
) -> None:
    trainer = make_trainer(RECIPE.changed(batch=batch), train=make_examples(count))
    finish(trainer)
    assert trainer.steps_per_epoch == steps
    assert sum(len(call.order) for call in calls) == 2 * steps
    assert sum(call.order.size for call in calls) == 2 * count


def test_the_rates_are_those_of_the_schedule_in_order(calls: list[Call]) -> None:
    finish(make_trainer())
    np.testing.assert_array_equal(
        np.concatenate([call.rates for call in calls]), plan_rates("one-cycle", RECIPE.rate, 12, STEPS)
    )


@pytest.mark.parametrize(
    "recipe",
    [RECIPE, RECIPE.changed(distortion=Distortion(shift=2, scale=0.1)), LM],
    ids=["plain", "distorted", "diagonal-lm"],
)
def test_the_bits_do_not_depend_on_how_the_steps_were_cut_into_stretches(
    monkeypatch: pytest.MonkeyPatch, calls: list[Call], recipe: Recipe
) -> None:
    results = []
    for seconds in ([1e-6], [STRETCH], [10.0], [1e-6, 1e-6, 10.0]):
        set_stretches(monkeypatch, seconds)
        calls.clear()
        trainer = make_trainer(recipe)
        records = [event.record for event in finish(trainer) if isinstance(event, EpochEnded)]
        results.append(([len(call.order) for call in calls], records, trainer.parameters()))
    lengths, records, parameters = zip(*results, strict=True)
    assert len(set(map(tuple, lengths))) >= 3, "the stretches were cut differently"
    assert lengths[2] == [1] * 12
    assert all(record == records[0] for record in records)
    for other in parameters[1:]:
        assert_same_bits(parameters[0], other)


def test_a_stretch_at_most_doubles_and_shrinks_at_once(
    monkeypatch: pytest.MonkeyPatch, calls: list[Call]
) -> None:
    set_stretches(monkeypatch, [1e-6, 1e-6, 1e-6, 3 * STRETCH, 1e-6])
    finish(make_trainer(RECIPE.changed(batch=1, epochs=1), train=make_examples(22)))
    # 8 steps took three times too long: 2 next
    assert [len(call.order) for call in calls] == [1, 2, 4, 8, 2, 4, 1]


@pytest.mark.parametrize("recipe", [RECIPE, LM], ids=["sgd", "diagonal-lm"])
def test_a_training_may_be_stopped_between_events_and_gone_on_with(recipe: Recipe) -> None:
    unbroken = make_trainer(recipe)
    all_events = finish(unbroken)
    for stop in range(len(all_events) + 1):
        first = make_trainer(recipe)
        events = list(itertools.islice(first.events(), stop))
        losses = [float(loss) for e in events if isinstance(e, Advanced) for loss in e.losses]
        second = make_trainer(recipe)
        second.restore(first.state(), first.steps, first.epochs, losses)
        rest = finish(second)
        records = [event.record for event in [*events, *rest] if isinstance(event, EpochEnded)]
        assert records == [event.record for event in all_events if isinstance(event, EpochEnded)]
        assert_same_bits(second.parameters(), unbroken.parameters())


def test_a_trainer_that_is_done_yields_nothing_more() -> None:
    trainer = make_trainer()
    finish(trainer)
    assert finish(trainer) == []


def test_an_interrupt_while_an_epoch_is_measured_leaves_it_unmeasured(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    trainer = make_trainer()
    monkeypatch.setattr(ReferenceEngine, "load", interrupt)
    with pytest.raises(KeyboardInterrupt):
        finish(trainer)
    assert (trainer.steps, trainer.epochs) == (STEPS, 0)


def test_the_errors_are_measured_with_the_weights_after_the_epoch() -> None:
    trainer = make_trainer()
    for event in trainer.events():
        if isinstance(event, EpochEnded):
            model = ReferenceEngine().load(ORIGINAL, trainer.parameters())
            for examples, error in (
                (TRAIN, event.record.training_error),
                (VALIDATION, event.record.validation_error),
            ):
                wrong = (model.penalties(examples.images).argmin(1) != examples.labels).sum()
                assert error == 100 * wrong / len(examples)


def test_without_a_validation_part_no_validation_error_is_measured() -> None:
    events = finish(make_trainer(validation=VALIDATION.first(0)))
    assert [e.record.validation_error for e in events if isinstance(e, EpochEnded)] == [None, None]


def test_a_training_learns() -> None:
    events = finish(make_trainer(RECIPE.changed(epochs=40)))
    last = events[-1]
    assert isinstance(last, EpochEnded)
    assert last.record.training_error == 0
    assert last.record.loss < 0.1


def test_distorted_images_are_drawn_anew_in_every_epoch(calls: list[Call]) -> None:
    limits = Distortion(shift=3)
    finish(make_trainer(RECIPE.changed(distortion=limits)))
    for epoch in range(2):
        own = [call.order.ravel() for call in calls if call.distortion == DistortedEpoch(limits, SEED, epoch)]
        np.testing.assert_array_equal(np.concatenate(own), draw_order(SEED, epoch, COUNT))
    assert sum(call.order.size for call in calls) == 2 * COUNT
