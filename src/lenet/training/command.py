"""The command lines that repeat a training or resume it."""

from __future__ import annotations

from pathlib import Path

from lenet.architecture import CHOICES, PRESETS, Architecture
from lenet.data.sources import SOURCES
from lenet.network import BUNDLED
from lenet.texts import quote_words
from lenet.training.recipe import RECIPES, Recipe, load_recipe
from lenet.training.settings import Settings
from lenet.training.start import START_FILE

# the settings of a recipe that have an option of their own
OPTIONS = {"epochs": "--epochs", "rate": "--rate", "batch": "--batch", "loss": "--loss"}


def format_command(settings: Settings) -> str | None:
    """The command line that repeats a training in another folder.

    Args:
        settings: of the training.
    Returns:
        One line, quoted for this system's shell. If no named recipe with options is the same, its recipe is
        the run's own `recipe.toml`; a network that it started from, unless bundled, is the run's copy. None
        for data made by hand, which no command can load.
    """
    if settings.data not in SOURCES and not Path(settings.data).is_absolute():
        return None
    words = ["lenet", "train", "--data", settings.data, *_name_recipe(settings.recipe, settings.architecture)]
    if settings.start is None:
        words += _name_architecture(settings.architecture)
    else:
        words += ["--from", settings.start if settings.start in BUNDLED else START_FILE]
    words += ["--engine", settings.engine, "--seed", str(settings.seed)]
    words += [] if settings.limit is None else ["--limit", str(settings.limit)]
    return quote_words([*words, "--out", "again"])


def format_resume(folder: Path) -> str:
    """The command line that resumes a training."""
    return quote_words(["lenet", "train", "--resume", str(folder)])


def _name_recipe(recipe: Recipe, architecture: Architecture) -> list[str]:
    if recipe.name in RECIPES:
        named = load_recipe(recipe.name, architecture)
        values = {name: getattr(recipe, name) for name in OPTIONS}
        changed = {name: value for name, value in values.items() if value != getattr(named, name)}
        if named.changed(**changed) == recipe:
            options = [word for name, value in changed.items() for word in (OPTIONS[name], str(value))]
            return ["--recipe", recipe.name, *options]
    return ["--recipe", "recipe.toml"]


def _name_architecture(architecture: Architecture) -> list[str]:
    """The nearest preset, and the fields that differ from it."""
    fields = architecture.to_dict()
    candidates = []
    for name, preset in PRESETS.items():
        differing = [field for field in CHOICES if fields[field] != preset.to_dict()[field]]
        words = [] if name == "original" else ["--architecture", name]
        candidates.append(words + [word for field in differing for word in (f"--{field}", fields[field])])
    return min(candidates, key=len)
