"""trainer.mjs and rate_trial.mjs: the trainings of Python, loss for loss."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lenet.architecture import MODERN, ORIGINAL
from lenet.codes import DIGITS
from lenet.data.examples import Dataset, Examples
from lenet.engines import Engine, get_engine
from lenet.page.digits import find_page_digits, pack_digits, reduce_levels
from lenet.page.lessons import list_lessons
from lenet.parameters import Parameters
from lenet.rates.comparison import compare_rates
from lenet.training.diagnosis import find_stuck
from lenet.training.recipe import Recipe, load_recipe
from lenet.training.trainer import start_trainer

from .conftest import Script

LESSONS = list_lessons()
SETTING = """
const { readDigits } = await import("/page/static/digits.mjs");
const { Trainer } = await import("/page/static/trainer.mjs");
const train = await readDigits(await load("/given/train.bin"));
const fresh = await readDigits(await load("/given/new.bin"));
const trainer = new Trainer(kernels, train, fresh);
"""


def give(folder: Path, train: Examples, new: Examples) -> Examples:
    """Put digits where the scripts find them; gives those of the training as the scripts see them."""
    (folder / "train.bin").write_bytes(pack_digits(train))
    (folder / "new.bin").write_bytes(pack_digits(new))
    return Examples(reduce_levels(train.images), train.labels)


def train_in_python(
    engine: Engine, recipe: Recipe, seen: Examples, steps: int, seed: int, architecture=ORIGINAL
) -> tuple[np.ndarray, Any]:
    trainer = start_trainer(engine, architecture, recipe, seen, seen.first(0), seed)
    losses: list[float] = []
    for event in trainer.events():
        losses += getattr(event, "losses", np.empty(0)).tolist()
        if len(losses) >= steps:
            break
    return np.array(losses[:steps]), trainer


@pytest.mark.parametrize("seed", range(5))
def test_the_first_20_losses_are_those_of_native(
    script: Script, given: Path, digits: Examples, native: Engine, seed: int
) -> None:
    seen = give(given, digits, digits.first(20))
    recipe = Recipe("page", 5, 64, 0.02, momentum=0.9, initialization="variance", validation=False)
    expected, _ = train_in_python(native, recipe, seen, 20, seed)
    found = script(
        f"""{SETTING}
        trainer.begin({{ architecture, seed, batch: 64, rate: 0.02, momentum: 0.9, old: null }});
        const losses = [];
        while (losses.length < 20) losses.push(...trainer.advance(3).losses);
        return losses;""",
        seed=seed,
        architecture=ORIGINAL.to_dict(),
    )
    np.testing.assert_allclose(found[:20], expected, rtol=1e-5)


def test_an_epoch_has_the_steps_of_python(script: Script, given: Path, digits: Examples) -> None:
    give(given, digits, digits.first(20))
    found = script(
        f"""{SETTING}
        trainer.begin({{ architecture, seed: 1, batch: 64, rate: 0.02, momentum: 0, old: null }});
        const stretches = [];
        while (trainer.epoch < 2) stretches.push(trainer.advance(5));
        const show = ({{ first, losses, images, ended }}) => [first, losses.length, images, ended];
        return stretches.map(show);""",
        architecture=ORIGINAL.to_dict(),
    )
    epoch = [[0, 5, 320, False], [5, 1, 64, False], [6, 1, 16, True]]
    assert found == [*epoch, *([first + 7, *others] for first, *others in epoch)]


def test_the_method_of_1998_trains_as_in_python(
    script: Script, given: Path, digits: Examples, native: Engine
) -> None:
    seen = give(given, digits.first(100), digits.first(20))
    recipe = replace(load_recipe("1998", ORIGINAL), schedule="constant", epochs=3)
    expected, _ = train_in_python(native, recipe, seen, 150, 3)
    found = script(
        f"""{SETTING}
        trainer.begin({{ architecture, seed: 3, batch: old.batch, rate: old.rate, momentum: 0, old }});
        const losses = [];
        while (losses.length < 150) losses.push(...trainer.advance(30).losses);
        return losses;""",
        architecture=ORIGINAL.to_dict(),
        old=LESSONS["method1998"],
    )
    np.testing.assert_allclose(found[:20], expected[:20], rtol=1e-4)
    np.testing.assert_allclose(found[100:120], expected[100:120], rtol=1e-2)  # of the second epoch


def test_modern_trains_as_in_python(script: Script, given: Path, digits: Examples, native: Engine) -> None:
    seen = give(given, digits, digits.first(20))
    recipe = Recipe("page", 5, 64, 0.02, scale=1.0, initialization="variance", validation=False)
    expected, _ = train_in_python(native, recipe, seen, 20, 2, MODERN)
    found = script(
        f"""{SETTING}
        trainer.begin({{ architecture, seed: 2, batch: 64, rate: 0.02, momentum: 0, old: null }});
        const losses = [];
        while (losses.length < 20) losses.push(...trainer.advance(3).losses);
        return losses;""",
        architecture=MODERN.to_dict(),
    )
    np.testing.assert_allclose(found[:20], expected, rtol=1e-5)


def test_a_changed_rate_acts_at_the_next_step(script: Script, given: Path, digits: Examples) -> None:
    give(given, digits, digits.first(20))
    found = script(
        f"""{SETTING}
        const settings = {{ architecture, seed: 2, batch: 32, rate: 0.1, momentum: 0, old: null }};
        const weights = () => Array.from(trainer.network.parameters()["f6.bias"]);
        trainer.begin(settings);
        trainer.advance(4);
        trainer.change({{ rate: 0 }});
        const before = weights();
        trainer.advance(4);
        const after = weights();
        trainer.begin(settings);
        trainer.advance(4);
        return {{ before, after, again: weights(), steps: trainer.steps }};""",
        architecture=ORIGINAL.to_dict(),
    )
    assert found["before"] == found["after"] == found["again"]
    assert any(found["before"])
    assert found["steps"] == 4


def test_a_training_that_diverges_stops_at_weights_that_are_numbers(
    script: Script, given: Path, digits: Examples
) -> None:
    give(given, digits, digits.first(20))
    found = script(
        f"""{SETTING}
        trainer.begin({{ architecture, seed: 0, batch: 32, rate: 0.02, momentum: 0, old: null }});
        trainer.advance(3);
        trainer.change({{ rate: 1e30 }});
        const {{ first, losses, diverged }} = trainer.advance(5);
        const arrays = Object.values(trainer.network.parameters());
        const finite = arrays.every((array) => array.every(Number.isFinite));
        return {{ first, count: losses.length, diverged, finite, steps: trainer.steps }};""",
        architecture=MODERN.to_dict(),
    )
    assert found["finite"]
    assert found["first"] == found["steps"] == 3
    assert found["diverged"] == 3 + found["count"] + 1


def test_errors_are_counted_and_shown(script: Script, given: Path, digits: Examples) -> None:
    import lenet

    give(given, digits, digits)
    found = script(
        f"""{SETTING}
        const {{ readNetwork }} = await import("/page/static/network_file.mjs");
        const {{ architecture, parameters }} = readNetwork(await load("/weights/1998.safetensors"));
        trainer.begin({{ architecture, seed: 0, batch: 1, rate: 0, momentum: 0, old: null, parameters }});
        return {{ ...trainer.measure(), frozen: trainer.findFrozen(limits) }};""",
        limits=LESSONS["frozen"],
    )
    answers = lenet.load("1998").penalties(reduce_levels(digits.images)).argmin(axis=1)
    wrong = np.flatnonzero(answers != digits.labels)
    assert (found["count"], found["errors"]) == (400, len(wrong))
    assert [one["index"] for one in found["misread"]] == wrong[:24].tolist()
    assert [one["answer"] for one in found["misread"]] == answers[wrong[:24]].tolist()
    expected = np.zeros((10, 10), int)
    np.add.at(expected, (digits.labels, answers), 1)
    assert found["confusion"] == expected.ravel().tolist()
    assert found["frozen"] == [False] * 84


def test_200_trainings_take_the_memory_of_one(script: Script, given: Path, digits: Examples) -> None:
    give(given, digits.first(64), digits.first(20))
    found = script(
        f"""{SETTING}
        const settings = {{ architecture, batch: 32, rate: 0.02, momentum: 0.9, old: null }};
        const sizes = [];
        for (let seed = 0; seed < 200; seed++) {{
          trainer.begin({{ ...settings, seed }});
          trainer.advance(2);
          trainer.measure();
          sizes.push(kernels.wasm.memory.buffer.byteLength);
        }}
        return sizes;""",
        architecture=ORIGINAL.to_dict(),
    )
    assert len(set(found[9:])) == 1


@pytest.mark.parametrize("rate", [0.5, 0.02])
def test_a_trial_is_that_of_lenet_rates(
    script: Script, given: Path, digits: Examples, native: Engine, rate: float
) -> None:
    seen = give(given, digits, digits.first(20))
    data = Dataset("test", "", DIGITS, seen, seen)
    setting = {"epochs": 2, "batch": 32, "limit": 300, "seed": 1}
    compared = compare_rates(data, [rate], seeds=1, **setting)
    expected = compared.trials[0].first
    found = script(
        f"""{SETTING}
        const {{ holdOut, runTrial }} = await import("/page/static/rate_trial.mjs");
        const [rest, held] = holdOut(train, settings);
        if (held.count !== expectedHeld || held.labels[0] !== train.labels[rest.count]) return held;
        return Array.from(runTrial(kernels, rest, settings)).map(({{ loss, frozen }}) => [loss, frozen]);""",
        settings={**LESSONS["rates"], "architecture": ORIGINAL.to_dict(), "rate": rate, **setting},
        expectedHeld=compared.held,
    )
    assert len(found) == len(expected.losses) == 18
    losses, frozen = np.array(found, float).T
    np.testing.assert_allclose(losses[:8], expected.losses[:8], rtol=1e-3)
    np.testing.assert_allclose(frozen[:7], expected.frozen[:7], rtol=1e-3)


@pytest.mark.mnist
@pytest.mark.slow
def test_10000_digits_give_less_than_8_percent_errors(script: Script, given: Path) -> None:
    found = find_page_digits()
    if found is None or found.name != "mnist":
        pytest.skip("MNIST is not at hand")
    give(given, found.train, found.new)
    errors = script(
        f"""{SETTING}
        trainer.begin({{ architecture, seed, batch: 64, rate: 0.02, momentum: 0.9, old: null }});
        const errors = [];
        while (trainer.epoch < 3) if (trainer.advance(50).ended) errors.push(trainer.measure().errors);
        return errors;""",
        architecture=ORIGINAL.to_dict(),
        seed=LESSONS["seed"],
    )
    assert errors[0] <= 160
    assert errors[2] <= 120


def tell_story(script: Script, given: Path, rate: float, seeds: list[int]) -> list[dict[str, Any]]:
    """The story of the page without the page: 150 steps at a rate, 150 at the calm one."""
    found = find_page_digits()
    if found is None or found.name != "mnist":
        pytest.skip("MNIST is not at hand")
    give(given, found.train, found.new)
    ends: list[dict[str, Any]] = script(
        f"""{SETTING}
        const go = (steps) => {{
          while (trainer.steps < steps) trainer.advance(Math.min(50, steps - trainer.steps));
        }};
        return seeds.map((seed) => {{
          trainer.begin({{ architecture, seed, batch: story.batch, rate, momentum: 0, old: null }});
          go(story.steps);
          trainer.change({{ rate: calm }});
          go(2 * story.steps);
          const frozen = trainer.findFrozen(limits).filter(Boolean).length;
          const parameters = list(trainer.network.parameters());
          return {{ errors: trainer.measure().errors, frozen, parameters: seeds.length === 1 && parameters }};
        }});""",
        architecture=ORIGINAL.to_dict(),
        story=LESSONS["story"],
        calm=LESSONS["rate"],
        limits=LESSONS["frozen"],
        rate=rate,
        seeds=seeds,
    )
    return ends


@pytest.mark.mnist
@pytest.mark.slow
def test_a_loss_that_jumps_heals(script: Script, given: Path) -> None:
    ends = tell_story(script, given, LESSONS["story"]["rates"][0], list(range(8)))
    assert all(end["errors"] < 200 and end["frozen"] == 0 for end in ends), ends


@pytest.mark.mnist
@pytest.mark.slow
def test_a_loss_that_jumps_too_far_leaves_frozen_pixels(script: Script, given: Path) -> None:
    story = LESSONS["story"]
    (end,) = tell_story(script, given, story["rates"][1], [story["seed"]])
    assert end["errors"] > 1300
    assert end["frozen"] >= 35
    arrays = {
        name: np.array(end["parameters"][name], np.float32).reshape(shape)
        for name, shape in ORIGINAL.parameter_shapes.items()
    }
    digits = find_page_digits()
    assert digits is not None
    model = get_engine("native").load(ORIGINAL, Parameters(ORIGINAL, arrays))
    trace = model.trace(reduce_levels(digits.new.images[: LESSONS["frozen"]["digits"]]))
    assert find_stuck(trace["f6"], ORIGINAL).sum() == end["frozen"]
