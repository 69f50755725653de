"""Readers of what a training writes, of recipes, and of pasted error texts."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from tools.hostile.mutate import damage_text
from tools.hostile.readers import Reader, make_arrays

ERRORS = b"""Traceback (most recent call last):
  File "train.py", line 3, in <module>
ModuleNotFoundError: No module named 'torch'
RuntimeError: mat1 and mat2 shapes cannot be multiplied (64x400 and 256x120)
Solving environment: failed
"""


def list_run_readers(work: Path) -> dict[str, Callable[[], Reader]]:
    """The readers of runs, recipes and texts by name."""
    return {
        "resume": partial(_make_run, work),
        "history": partial(_make_history, work),
        "recipe": _make_recipe,
        "error-text": _make_error_text,
    }


def _make_run(work: Path) -> Reader:
    from lenet.architecture import MODERN
    from lenet.data.examples import Dataset, Examples
    from lenet.training.recipe import load_recipe
    from lenet.training.run import resume, train

    arrays = make_arrays()
    parts = Examples(arrays["x_train"], arrays["y_train"]), Examples(arrays["x_test"], arrays["y_test"])
    data = Dataset("small", "small", tuple("0123456789"), *parts)
    folder = work / "run"
    recipe = load_recipe("demo", MODERN).changed(epochs=2, batch=4, validation=False)
    train(data, recipe, architecture="modern", engine="native", out=folder)
    names = ("recipe.toml", "history.jsonl", "checkpoint.safetensors")

    def read(damaged: Path) -> None:
        before = (damaged / "recipe.toml").read_bytes()
        try:
            resume(damaged, data=data, stop=lambda: True)
        finally:
            if (damaged / "recipe.toml").read_bytes() != before:
                raise AssertionError("resuming changed the settings")

    return Reader({name: (folder / name).read_bytes() for name in names}, read, damage_text_or_bytes)


def damage_text_or_bytes(whole: bytes, chance) -> bytes:
    """Text where it is text, else bytes."""
    from tools.hostile.mutate import damage_bytes

    return (
        damage_text(whole, chance)
        if whole[:1].isascii() and b"\0" not in whole
        else damage_bytes(whole, chance)
    )


def _make_history(work: Path) -> Reader:
    from lenet.training.history import History

    whole = _make_run(work / "history").files["history.jsonl"]
    return Reader(
        {"history.jsonl": whole}, lambda folder: History.read(folder / "history.jsonl"), damage_text
    )


def _make_recipe() -> Reader:
    from importlib.resources import files

    from lenet.architecture import ORIGINAL
    from lenet.training.recipe import load_recipe

    whole = files("lenet.training.recipes").joinpath("1998-distorted.toml").read_bytes()
    return Reader({"own.toml": whole}, lambda folder: load_recipe(folder / "own.toml", ORIGINAL), damage_text)


def _make_error_text() -> Reader:
    def read(folder: Path) -> None:
        from lenet.cli.trouble import recognize_troubles

        for trouble in recognize_troubles((folder / "error.txt").read_text("utf-8", "replace")):
            str(trouble)

    return Reader({"error.txt": ERRORS * 40}, read, damage_text)
