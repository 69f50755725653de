"""Recipes: what a file may say, what is refused, and when two of them are the same."""

import dataclasses
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lenet.architecture import CHOICES, MODERN, ORIGINAL, PRESETS, Architecture
from lenet.engines import Update
from lenet.engines.loss import LOSSES, Loss
from lenet.errors import FileError, RecipeError
from lenet.images.distort import Distortion
from lenet.training.recipe import MAX_BYTES, RECIPES, Recipe, load_recipe

PLAIN = Recipe("plain", 1, 16, 0.1)


def write(path: Path, text: str) -> Path:
    path.write_text(text, "utf-8")
    return path


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("name", RECIPES)
def test_every_built_in_recipe_fits_every_preset(name: str, preset: str) -> None:
    recipe = load_recipe(name, PRESETS[preset])
    assert recipe.name == name
    recipe.update.loss.check(PRESETS[preset])


def test_the_linear_table_holds_for_linear_outputs_alone(tmp_path: Path) -> None:
    text = (
        'name = "mine"\nepochs = 3\nbatch = 8\nrate = 0.5\nscale = 0.25\n[linear]\nscale = 1\nrate = 0.125\n'
    )
    path = write(tmp_path / "mine.toml", text)
    original, modern = load_recipe(path, ORIGINAL), load_recipe(str(path), MODERN)
    assert (original.scale, original.rate) == (0.25, 0.5)
    assert (modern.scale, modern.rate) == (1.0, 0.125)
    assert (original.epochs, modern.epochs) == (3, 3)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("activation", CHOICES["activation"])
@pytest.mark.parametrize("name", RECIPES)
def test_every_built_in_recipe_fits_every_loss_and_activation(name: str, activation: str, loss: str) -> None:
    recipe = load_recipe(name, Architecture(activation), loss)
    assert recipe.loss == recipe.update.loss.kind == loss


def test_a_table_holds_for_its_loss_and_a_later_one_goes_before_an_earlier_one(tmp_path: Path) -> None:
    text = 'name = "mine"\nepochs = 3\nbatch = 8\nrate = 0.5\n'
    path = write(tmp_path / "mine.toml", text + "[logistic]\nrate = 0.25\nbatch = 4\n[mse]\nrate = 0.125\n")
    logistic = Architecture("logistic")
    rates = [
        load_recipe(path, architecture, loss).rate
        for architecture in (ORIGINAL, logistic)
        for loss in (None, "mse")
    ]
    assert rates == [0.5, 0.125, 0.25, 0.125]
    assert load_recipe(path, logistic, "mse").batch == 4


def test_a_loss_that_is_asked_for_goes_before_the_files(tmp_path: Path) -> None:
    path = write(
        tmp_path / "r.toml", 'name = "r"\nepochs = 1\nbatch = 1\nrate = 1\nloss = "map"\n[mse]\nrate = 2\n'
    )
    assert load_recipe(path, ORIGINAL, "mse").rate == 2
    assert load_recipe(path, ORIGINAL).rate == 1
    with pytest.raises(RecipeError, match="loss 'hinge'"):
        load_recipe(path, ORIGINAL, "hinge")


def test_a_loss_comes_with_its_numbers(tmp_path: Path) -> None:
    path = write(tmp_path / "r.toml", 'name = "r"\nepochs = 1\nbatch = 1\nrate = 1\nloss = "map"\nj = 0.5\n')
    recipe = load_recipe(path, ORIGINAL)
    assert recipe.loss == recipe.to_dict()["loss"] == "map"
    assert recipe.update.loss == Loss("map", j=0.5)


def test_an_update_is_the_part_of_a_recipe_that_an_engine_needs() -> None:
    recipe = PLAIN.changed(
        loss="map", j=0.5, scale=0.2, momentum=0.9, weight_decay=1e-3, method="diagonal-lm"
    )
    assert recipe.update == Update(Loss("map", 0.2, 0.5), 0.9, 1e-3, "diagonal-lm")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("moment", "momentum"), ("Epochs", "epochs"), ("lss", "loss"), ("weight-decay", "weight_decay")],
)
def test_an_unknown_setting_suggests_the_nearest(typed: str, meant: str) -> None:
    with pytest.raises(RecipeError, match=f"{typed!r}.*: {meant}[?]"):
        Recipe.from_dict(PLAIN.to_dict() | {typed: 1})


def test_an_unknown_setting_that_is_near_to_nothing_shows_them_all() -> None:
    with pytest.raises(RecipeError) as caught:
        Recipe.from_dict(PLAIN.to_dict() | {"zzz": 1})
    for name in PLAIN.to_dict():
        assert name in str(caught.value)


def test_an_unknown_limit_of_distortion_suggests_the_nearest() -> None:
    with pytest.raises(RecipeError, match=r"'sheer'.*shear"):
        Recipe.from_dict(PLAIN.to_dict() | {"distortion": {"sheer": 1}})


@pytest.mark.parametrize("name", ["name", "epochs", "batch", "rate"])
def test_a_setting_without_a_default_must_be_there(name: str) -> None:
    values = PLAIN.to_dict()
    del values[name]
    with pytest.raises(RecipeError, match=f"{name} is missing|'{name}' is missing"):
        Recipe.from_dict(values)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("name", 5),
        ("epochs", 1.5),
        ("epochs", True),
        ("epochs", "12"),
        ("batch", None),
        ("rate", "0.1"),
        ("rate", True),
        ("rate", math.inf),
        ("rate", math.nan),
        ("rate", 10**400),
        ("momentum", [0.9]),
        ("validation", 1),
        ("validation", "yes"),
        ("schedule", 3),
        ("loss", 3),
        ("distortion", 3),
    ],
)
def test_a_setting_of_another_type_is_named(name: str, value: Any) -> None:
    with pytest.raises(RecipeError, match=f"recipe: {name} = "):
        Recipe.from_dict(PLAIN.to_dict() | {name: value})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("epochs", 0),
        ("epochs", 10_001),
        ("batch", 0),
        ("batch", -1),
        ("rate", 0),
        ("rate", -0.1),
        ("momentum", 1),
        ("momentum", -0.1),
        ("weight_decay", -1e-9),
        ("schedule", "cosine"),
        ("loss", "hinge"),
        ("initialization", "zero"),
        ("method", "adam"),
        ("mu", 0),
        ("curvature", "none"),
        ("curvature_samples", 0),
        ("copies", 0),
        ("copies", 1_001),
        ("order", "sorted"),
        ("patterns", "none"),
        ("training_sample", 0),
        ("scale", 0),
        ("j", -1),
    ],
)
def test_a_setting_out_of_range_is_named_with_its_value_and_its_range(name: str, value: Any) -> None:
    with pytest.raises(RecipeError) as caught:
        Recipe.from_dict(PLAIN.to_dict() | {name: value})
    assert str(caught.value).startswith(f"{name} {value!r}") or str(caught.value).startswith(
        f"{name} {value}"
    )
    assert "expected" in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [("epochs", 1), ("epochs", 10_000), ("batch", 10_000), ("momentum", 0), ("weight_decay", 0)],
)
def test_the_ends_of_a_range_belong_to_it(name: str, value: int) -> None:
    assert getattr(PLAIN.changed(**{name: value}), name) == value


def test_numbers_may_be_numpys_and_are_kept_as_pythons() -> None:
    recipe = Recipe("numpy", np.int64(3), np.uint8(16), np.float32(0.5), momentum=np.float64(0.25))
    assert recipe == Recipe("numpy", 3, 16, 0.5, momentum=0.25)
    assert recipe.hash == Recipe("numpy", 3, 16, 0.5, momentum=0.25).hash
    assert [type(value) for value in (recipe.epochs, recipe.batch, recipe.rate)] == [int, int, float]


def test_whole_numbers_will_do_where_a_fraction_is_meant() -> None:
    assert Recipe("whole", 1, 1, 2).hash == Recipe("whole", 1, 1, 2.0).hash
    whole, fraction = (dataclasses.replace(PLAIN, distortion=Distortion(shift=n)) for n in (2, 2.0))
    assert whole.hash == fraction.hash


@pytest.mark.parametrize(
    "setting", ["elastic = -1", "elastic = 17", "elastic_width = 1.9", "elastic_width = 17"]
)
def test_an_elastic_distortion_out_of_range_is_refused(tmp_path: Path, setting: str) -> None:
    text = f'name = "e"\nepochs = 1\nbatch = 1\nrate = 1\n[distortion]\n{setting}\n'
    path = write(tmp_path / "elastic.toml", text)
    with pytest.raises(RecipeError, match=rf"distortion\.{setting.split()[0]} .*{setting.split()[2]}"):
        load_recipe(path, ORIGINAL)


def test_copies_that_would_all_be_the_same_are_refused() -> None:
    with pytest.raises(RecipeError, match=r"copies 10.*\[distortion\]"):
        PLAIN.changed(copies=10)
    assert PLAIN.changed(copies=10, distortion=Distortion(shift=2)).copies == 10


@pytest.mark.parametrize(
    ("settings", "patterns", "steps"),
    [
        ({}, 100, 7),
        ({"pens": 2}, 300, 19),
        ({"pens": 1, "hands": 0.5, "damage": 0.25}, 275, 18),
        ({"copies": 3, "distortion": Distortion(shift=1)}, 100, 7),
        ({"copies": 3, "patterns": "all", "distortion": Distortion(shift=1)}, 300, 19),
        ({"copies": 3, "patterns": "all", "pens": 1, "distortion": Distortion(shift=1)}, 600, 38),
    ],
)
def test_an_epoch_has_patterns_and_steps_for_all_its_copies(
    settings: dict[str, Any], patterns: int, steps: int
) -> None:
    recipe = PLAIN.changed(**settings)
    assert (recipe.count_patterns(100), recipe.count_steps(100)) == (patterns, steps)


def test_all_patterns_without_copies_are_refused() -> None:
    with pytest.raises(RecipeError, match=r'patterns = "all" without copies'):
        PLAIN.changed(patterns="all")


def test_the_curvature_of_distances_is_refused_over_logits() -> None:
    recipe = PLAIN.changed(method="diagonal-lm", curvature="constant")
    recipe.check(ORIGINAL)
    with pytest.raises(RecipeError, match="--output rbf"):
        recipe.check(MODERN)


def test_a_change_of_none_changes_nothing() -> None:
    assert PLAIN.changed(rate=None, epochs=None) is PLAIN
    assert PLAIN.changed(rate=None, epochs=7) == dataclasses.replace(PLAIN, epochs=7)


def test_a_change_is_checked_like_a_setting() -> None:
    with pytest.raises(RecipeError, match="epochs 0"):
        PLAIN.changed(epochs=0)


def test_mse_over_logits_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "mse.toml", 'name = "m"\nepochs = 1\nbatch = 1\nrate = 1\nloss = "mse"\n')
    assert load_recipe(path, ORIGINAL).loss == "mse"
    with pytest.raises(RecipeError, match="logits"):
        load_recipe(path, Architecture(output="linear"))


def test_a_name_that_is_no_recipe_shows_those_that_are() -> None:
    with pytest.raises(RecipeError, match=r"'slow'.*fast.*\.toml"):
        load_recipe("slow", ORIGINAL)


@pytest.mark.parametrize(
    "text",
    [
        "name = ",
        "= 3",
        "[linear",
        "a = 1\na = 2",
        "rate = " + "9" * 5_000,
        "rate = 0x" + "f" * 5_000,
        "rate = " + "[" * 3_000,
        "name.a" + ".a" * 2_000 + " = 1",
    ],
)
def test_what_is_not_toml_is_refused_in_one_line(tmp_path: Path, text: str) -> None:
    with pytest.raises(RecipeError) as caught:
        load_recipe(write(tmp_path / "r.toml", text), ORIGINAL)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "r.toml"
    path.write_bytes('name = "中文"'.encode("gb18030"))
    with pytest.raises(RecipeError, match="not a readable recipe"):
        load_recipe(path, ORIGINAL)


def test_a_file_that_is_absent_or_too_large_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="no such file"):
        load_recipe(tmp_path / "r.toml", ORIGINAL)
    with pytest.raises(FileError, match=f"at most {MAX_BYTES}"):
        load_recipe(write(tmp_path / "r.toml", "#" * (MAX_BYTES + 1)), ORIGINAL)


@pytest.mark.parametrize("loss", ["[]", "{}", "5", "['mse']", "nan", "1979-05-27"])
def test_a_loss_that_is_no_name_is_refused(tmp_path: Path, loss: str) -> None:
    text = f'name = "r"\nepochs = 1\nbatch = 1\nrate = 1\nloss = {loss}\n'
    with pytest.raises(RecipeError, match="recipe: loss = "):
        load_recipe(write(tmp_path / "r.toml", text), ORIGINAL)


def test_a_linear_table_that_is_no_table_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="linear"):
        load_recipe(write(tmp_path / "r.toml", "linear = 5"), ORIGINAL)


def test_the_settings_of_a_run_are_a_recipe_too(tmp_path: Path) -> None:
    text = 'name = "r"\nepochs = 2\nbatch = 3\nrate = 0.5\n[run]\nseed = 1\n[architecture]\nclasses = 10\n'
    assert load_recipe(write(tmp_path / "r.toml", text), ORIGINAL) == Recipe("r", 2, 3, 0.5)


def test_tables_hold_for_a_loss_or_an_activation_and_the_later_one_wins(tmp_path: Path) -> None:
    path = write(
        tmp_path / "r.toml",
        'name = "r"\nepochs = 2\nbatch = 3\nrate = 0.5\n'
        "[logistic]\nrate = 0.25\nscale = 2.0\n[linear]\nscale = 1.0\n[mse]\nrate = 0.125\n",
    )
    logistic = Architecture(activation="logistic")
    assert load_recipe(path, ORIGINAL).rate == 0.5
    assert load_recipe(path, logistic) == Recipe("r", 2, 3, 0.25, scale=2.0)
    assert load_recipe(path, Architecture(activation="logistic", output="linear")).scale == 1.0
    assert load_recipe(path, logistic, loss="mse") == Recipe("r", 2, 3, 0.125, loss="mse", scale=2.0)
    assert load_recipe(path, ORIGINAL, loss="map").rate == 0.5
    with pytest.raises(RecipeError, match="mse"):
        load_recipe(path, Architecture(output="linear"), loss="mse")


@pytest.mark.parametrize(
    ("settings", "english", "chinese"),
    [
        ({"name": 5}, "a string in quotes", "应为带引号的文字"),
        ({"epochs": 2.5}, "a whole number", "应为整数"),
        ({"rate": "high"}, "a number", "应为数值"),
        ({"validation": 1}, "true or false", "应为 true 或 false"),
        ({"distortion": 3}, "a table", "应为一个表"),
    ],
)
def test_a_wrong_type_is_told_in_the_readers_words(
    monkeypatch: pytest.MonkeyPatch, settings: dict[str, Any], english: str, chinese: str
) -> None:
    with pytest.raises(RecipeError) as caught:
        Recipe.from_dict({"name": "x", "epochs": 1, "batch": 1, "rate": 0.1} | settings)
    assert str(caught.value).endswith(f"expected {english}.")
    monkeypatch.setenv("LENET_LANG", "zh")
    assert str(caught.value).endswith(f"：{chinese}。")


@pytest.mark.parametrize(
    ("name", "value"), [("pens", -1), ("pens", 11), ("hands", -0.1), ("hands", 10.5), ("damage", 1.01)]
)
def test_added_images_out_of_range_are_refused(name: str, value: float) -> None:
    with pytest.raises(RecipeError, match=f"{name} {value}"):
        PLAIN.changed(**{name: value})
