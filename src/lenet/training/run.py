"""A training from its settings to its evaluated network, with or without a folder for its files."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from operator import index
from os import PathLike
from pathlib import Path

from lenet.architecture import ORIGINAL, Architecture, get_preset
from lenet.data.dataset import Dataset, load_dataset
from lenet.data.split import split_dataset
from lenet.engines import get_engine
from lenet.errors import Diverged, RunError, UsageError
from lenet.evaluation import evaluate
from lenet.network import Network
from lenet.training.curve import write_curves
from lenet.training.events import Event
from lenet.training.folder import RunFolder
from lenet.training.history import History, write_table
from lenet.training.lock import hold_folder
from lenet.training.recipe import Recipe, load_recipe
from lenet.training.report import write_report
from lenet.training.result import Result
from lenet.training.settings import SETTINGS_FILE, Settings, check_seed
from lenet.training.trainer import Trainer, start_trainer

Watch = Callable[[Trainer, Event], None]


def train(
    data: str | Path | Dataset = "mnist",
    recipe: str | Path | Recipe = "fast",
    *,
    architecture: Architecture | str = ORIGINAL,
    engine: str = "auto",
    seed: int = 0,
    limit: int | None = None,
    out: str | Path | None = None,
    watch: Watch | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> Result:
    """Train a network and evaluate it once on the test part.

    Args:
        data: what `load_dataset` takes, or a data set.
        recipe: a recipe's name, its TOML file, or a `Recipe`.
        architecture: the network, or "original" or "modern"; its number of classes becomes that of the data.
        engine: "auto" for the fastest one available, or an engine's name.
        seed: of the initial weights and the order of the images, 0 to 2^63 - 1.
        limit: use only the first so many training images; None for all.
        out: a folder for settings, history, checkpoint and network; None to write nothing.
        watch: is called with the trainer and every event.
        stop: is asked about four times a second; True ends the training.
    Returns:
        The result; `result.network` is the trained network.
    Raises:
        LenetError: an invalid setting, data that cannot be loaded, a folder that already holds a run, or a
            training that diverged.
    """
    if out is not None:
        if not isinstance(out, str | PathLike):
            raise UsageError("training.folder", value=out)
        out = Path(out)
    check_request(engine, seed, out)
    if not isinstance(architecture, Architecture):
        architecture = get_preset(architecture)
    dataset = data.limit_training(limit) if isinstance(data, Dataset) else load_dataset(data, limit=limit)
    fitted = replace(architecture, classes=len(dataset.labels))
    settings = Settings(
        data=dataset.source or dataset.name,
        fingerprint=dataset.fingerprint,
        limit=None if limit is None else index(limit),
        architecture=fitted,
        recipe=recipe if isinstance(recipe, Recipe) else load_recipe(recipe, fitted),
        engine=get_engine(engine, training=True).name,
        seed=index(seed),
    )
    if out is None:
        return run_training(settings, dataset, None, watch, stop)
    with hold_folder(out):
        _refuse_run(out)  # another one may have come while the data were read
        return run_training(settings, dataset, RunFolder(out, settings), watch, stop)


def check_request(engine: str, seed: int, folder: Path | None) -> None:
    """Check what can be checked before the data are loaded, which may mean a download.

    Args:
        engine: "auto", or an engine's name.
        seed: 0 to 2^63 - 1.
        folder: the folder of the new run; None if nothing is to be written.
    Raises:
        LenetError: an unavailable engine, a seed out of range, or a folder that already holds a run.
    """
    check_seed(seed)
    get_engine(engine, training=True)
    if folder:
        _refuse_run(folder)


def _refuse_run(folder: Path) -> None:
    """Raise RunError if the folder already holds a run."""
    if (folder / SETTINGS_FILE).exists():
        raise RunError("run.exists", path=folder)


def resume(
    folder: str | Path,
    *,
    data: Dataset | None = None,
    watch: Watch | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> Result:
    """Resume a training that was stopped or killed; it ends in the same bytes as an uninterrupted one.

    Args:
        folder: of the run.
        data: the data set that the run began with, if it was made by hand; else it is loaded again.
        watch: is called with the trainer and every event.
        stop: is asked about four times a second; True ends the training.
    Raises:
        LenetError: the folder holds no run, or the data are not those that the run began with.
    """
    settings = Settings.read(Path(folder) / SETTINGS_FILE)
    dataset = (data or load_dataset(settings.data)).limit_training(settings.limit)
    if dataset.fingerprint != settings.fingerprint:
        raise RunError("run.other_data", path=folder, data=settings.data)
    with hold_folder(Path(folder)):
        return run_training(settings, dataset, RunFolder(Path(folder), settings), watch, stop)


def run_training(
    settings: Settings,
    dataset: Dataset,
    folder: RunFolder | None,
    watch: Watch | None,
    stop: Callable[[], bool],
) -> Result:
    """Train from the beginning, or from the folder's checkpoint if there is one, and evaluate.

    Args:
        settings: what is trained, on what, and how.
        dataset: the data that the settings name, limited as they say.
        folder: receives all files; None to write nothing.
        watch: is called with the trainer and every event.
        stop: is asked about four times a second; True ends the training.
    Raises:
        Diverged: the training diverged; what it came to is saved in the folder.
    """
    begun = time.perf_counter()
    recipe = settings.recipe
    splits = split_dataset(dataset, None if recipe.validation else 0)
    engine = get_engine(settings.engine, training=True)
    trainer = start_trainer(
        engine, settings.architecture, recipe, splits.train, splits.validation, settings.seed
    )

    def name_network() -> Network:
        card: dict[str, str | int] = {"data": dataset.name, "recipe": recipe.name, "recipe_hash": recipe.hash}
        card |= {"engine": engine.name, "seed": settings.seed, "epochs": trainer.epochs}
        return Network(settings.architecture, trainer.parameters(), dataset.labels, card, engine.name)

    try:
        history = follow_training(trainer, folder, watch, stop)
    except Diverged as error:
        if not folder:
            raise
        folder.save(trainer)
        name_network().save(folder.network)
        raise Diverged("run.diverged", reason=error, path=folder.network) from error

    network, evaluation = name_network(), None
    if trainer.epochs == recipe.epochs:
        evaluation = evaluate(network, splits.test.images, splits.test.labels)
        network = replace(
            network, card={**network.card, "test_error": evaluation.error, "test_count": len(evaluation)}
        )
    seconds = time.perf_counter() - begun
    where = folder.path if folder else None
    result = Result(
        network, trainer.start, history, evaluation, splits, dataset.seen, settings, seconds, where
    )
    if folder:
        network.save(folder.network)
        write_table(history, folder.path / "history.csv")
        write_curves(history, recipe.epochs, trainer.steps_per_epoch, folder.path)
        write_report(result, folder.path)
    return result


def follow_training(
    trainer: Trainer,
    folder: RunFolder | None = None,
    watch: Watch | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> History:
    """Train until the end of the recipe, or until `stop`, and keep the history.

    Args:
        trainer: the training; one that a folder has a checkpoint of continues there.
        folder: receives history and checkpoints; None to write nothing.
        watch: is called with the trainer and every event.
        stop: is asked after every event; True ends the training.
    """
    history = folder.open_history(trainer) if folder else History()
    try:
        for event in trainer.events():
            if event.entry is not None:
                history.add(event.entry)
            if folder:
                folder.follow(trainer, event)
            if watch:
                watch(trainer, event)
            if stop():
                break
        if folder:
            folder.save(trainer)
    finally:
        # no checkpoint here: an interrupt may have come in the middle of a step
        if folder:
            folder.close()
    return history
