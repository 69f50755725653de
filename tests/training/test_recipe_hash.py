"""When two recipes are the same: their hash, and their way into a table and back."""

import dataclasses
import hashlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lenet.engines.loss import LOSSES
from lenet.engines.update import METHODS
from lenet.images.distort import Distortion
from lenet.parameters import INITIALIZATIONS
from lenet.training.recipe import CURVATURES, ORDERS, Recipe
from lenet.training.schedule import SCHEDULES

PLAIN = Recipe("plain", 1, 16, 0.1)
FIELDS = [field.name for field in dataclasses.fields(Recipe)]

recipes = st.builds(
    Recipe,
    name=st.text(st.characters(codec="utf-8")),
    epochs=st.integers(1, 10_000),
    batch=st.integers(1, 10_000),
    rate=st.floats(1e-9, 1e9),
    schedule=st.sampled_from(SCHEDULES),
    momentum=st.floats(0, 0.999),
    weight_decay=st.floats(0, 10),
    loss=st.sampled_from(LOSSES),
    scale=st.floats(1e-6, 1e6),
    j=st.floats(1e-6, 1e6),
    initialization=st.sampled_from(INITIALIZATIONS),
    method=st.sampled_from(METHODS),
    mu=st.floats(1e-6, 10),
    curvature=st.sampled_from(CURVATURES),
    curvature_samples=st.integers(1, 10_000),
    order=st.sampled_from(ORDERS),
    pens=st.integers(0, 10),
    hands=st.floats(0, 10),
    damage=st.floats(0, 1),
    keep=st.floats(0, 0.999),
    validation=st.booleans(),
    training_sample=st.integers(1, 100_000),
    distortion=st.builds(
        Distortion,
        scale=st.floats(0, 0.9),
        shift=st.floats(0, 16),
        elastic=st.floats(0, 16),
        elastic_width=st.floats(2, 16),
        rotation=st.floats(0, 45),
    ),
)


@given(recipes)
def test_a_recipe_comes_back_from_its_own_table(recipe: Recipe) -> None:
    assert Recipe.from_dict(recipe.to_dict()) == recipe


@given(recipes, recipes)
def test_two_recipes_are_equal_just_when_their_hashes_are(one: Recipe, other: Recipe) -> None:
    assert (one == other) == (one.hash == other.hash)
    assert dataclasses.replace(one).hash == one.hash


@pytest.mark.parametrize("name", FIELDS)
def test_every_setting_counts_for_the_hash(name: str) -> None:
    values: dict[str, Any] = {
        "name": "other",
        "epochs": 2,
        "batch": 17,
        "rate": 0.2,
        "schedule": "one-cycle",
        "momentum": 0.5,
        "weight_decay": 0.5,
        "loss": "mse",
        "scale": 0.5,
        "j": 0.5,
        "initialization": "variance",
        "method": "diagonal-lm",
        "mu": 0.5,
        "curvature": "constant",
        "curvature_samples": 7,
        "order": "constant",
        "copies": 2,
        "patterns": "all",
        "pens": 2,
        "hands": 0.5,
        "damage": 0.5,
        "keep": 0.5,
        "validation": False,
        "training_sample": 7,
        "distortion": Distortion(shift=1),
    }
    # with copies, so that each setting has something to decide
    distorted = PLAIN.changed(distortion=Distortion(shift=2), copies=3)
    assert distorted.changed(**{name: values[name]}).hash != distorted.hash


def test_a_setting_at_its_default_does_not_count_so_that_a_new_one_changes_no_hash() -> None:
    text = json.dumps({"batch": 16, "epochs": 1, "name": "plain", "rate": 0.1})
    assert PLAIN.hash == hashlib.sha256(text.encode()).hexdigest()[:16]
    shifted = PLAIN.changed(distortion=Distortion(shift=1))
    text = json.dumps(json.loads(text) | {"distortion": {"shift": 1.0}}, sort_keys=True)
    assert shifted.to_dict()["distortion"] == {"scale": 0, "squeeze": 0, "shear": 0, "shift": 1}
    assert shifted.hash == hashlib.sha256(text.encode()).hexdigest()[:16]


def test_a_loss_is_hashed_by_the_name_that_it_had_when_hashes_were_published() -> None:
    text = json.dumps({"batch": 16, "epochs": 1, "name": "plain", "objective": "mse", "rate": 0.1})
    assert PLAIN.changed(loss="mse").hash == hashlib.sha256(text.encode()).hexdigest()[:16]


def test_both_settings_of_elastic_distortion_count_for_the_hash() -> None:
    limits = (
        Distortion(),
        Distortion(elastic=2),
        Distortion(elastic=2, elastic_width=5),
        Distortion(elastic=3),
    )
    assert len({PLAIN.changed(distortion=limit).hash for limit in limits}) == 4
    values = {"batch": 16, "distortion": {"elastic": 2.0}, "epochs": 1, "name": "plain", "rate": 0.1}
    text = json.dumps(values)
    assert PLAIN.changed(distortion=limits[1]).hash == hashlib.sha256(text.encode()).hexdigest()[:16]


def test_a_width_without_elastic_distortion_decides_nothing() -> None:
    assert Distortion(elastic_width=9) == Distortion()
    assert not Distortion(elastic_width=9)


def test_zero_has_no_sign_so_that_equal_recipes_have_equal_hashes() -> None:
    assert PLAIN.changed(weight_decay=-0.0).hash == PLAIN.hash


@pytest.mark.parametrize("name", ["pens", "hands", "damage"])
def test_added_images_are_named_in_a_file_only_where_there_are_some(name: str) -> None:
    assert name not in PLAIN.to_dict()
    more = PLAIN.changed(**{name: 1})
    assert more.to_dict()[name] == 1
    assert Recipe.from_dict(more.to_dict()) == more
    assert more.hash != PLAIN.hash == PLAIN.changed(**{name: 0}).hash
