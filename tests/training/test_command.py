from dataclasses import replace
from pathlib import Path

import pytest

from lenet.architecture import MODERN, ORIGINAL, Architecture
from lenet.training.command import format_command, format_resume
from lenet.training.recipe import load_recipe
from lenet.training.settings import Settings


def make_settings(architecture: Architecture = ORIGINAL, **fields: object) -> Settings:
    recipe = load_recipe("fast", architecture)
    plain = Settings("digits", "0" * 64, None, architecture, recipe, "reference", 7)
    return replace(plain, **fields)  # type: ignore[arg-type]


def test_a_named_recipe_is_named() -> None:
    assert format_command(make_settings()) == (
        "lenet train --data digits --recipe fast --engine reference --seed 7 --out again"
    )


def test_changed_settings_become_options() -> None:
    changed = load_recipe("fast", ORIGINAL).changed(epochs=3, rate=0.01)
    command = format_command(make_settings(recipe=changed, limit=500))
    assert command is not None
    assert "--recipe fast --epochs 3 --rate 0.01 " in command
    assert "--limit 500" in command


def test_what_no_option_can_say_is_left_to_the_runs_own_file() -> None:
    for changed in ({"momentum": 0.5}, {"name": "mine"}):
        command = format_command(make_settings(recipe=load_recipe("fast", ORIGINAL).changed(**changed)))
        assert command is not None
        assert "--recipe recipe.toml " in command


@pytest.mark.parametrize(
    ("architecture", "words"),
    [
        (ORIGINAL, ""),
        (MODERN, "--architecture modern"),
        (replace(MODERN, classes=12), "--architecture modern"),
        (replace(ORIGINAL, pooling="max"), "--pooling max"),
        (replace(MODERN, pooling="average"), "--architecture modern --pooling average"),
    ],
)
def test_the_network_is_the_nearest_preset_with_its_differences(
    architecture: Architecture, words: str
) -> None:
    command = format_command(make_settings(architecture))
    assert command is not None
    assert command.split("--recipe fast ")[1].split(" --engine")[0].split("--engine")[0] == words


def test_data_made_by_hand_cannot_be_had_by_a_command() -> None:
    assert format_command(make_settings(data="my bars")) is None


def test_a_path_with_a_blank_stays_one_word(tmp_path: Path) -> None:
    import shlex

    path = tmp_path / "my data"
    command = format_command(make_settings(data=str(path)))
    assert command is not None
    assert str(path) in shlex.split(command)
    assert shlex.split(format_resume(path)) == ["lenet", "train", "--resume", str(path)]


@pytest.mark.parametrize(
    ("start", "named"), [("best", "best"), ("/her/net.safetensors", "start.safetensors")]
)
def test_a_network_that_it_started_from_replaces_the_architecture(start: str, named: str) -> None:
    recipe = load_recipe("fine-tune", MODERN)
    command = format_command(make_settings(MODERN, recipe=recipe, start=start, start_hash="0" * 64))
    assert command is not None
    assert f"--recipe fine-tune --from {named} --engine" in command
