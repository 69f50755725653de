"""A training from its settings to its evaluated network, with or without a folder for its files."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from operator import index
from os import PathLike
from pathlib import Path
from typing import Any

from lenet.architecture import Architecture, get_preset
from lenet.data.dataset import Dataset, load_dataset
from lenet.data.split import split_dataset
from lenet.engines import get_engine
from lenet.errors import Diverged, RunError, UsageError
from lenet.evaluation import evaluate
from lenet.network import Network
from lenet.training.additions import check_hands
from lenet.training.change import measure_change
from lenet.training.curve import write_curves
from lenet.training.events import Event
from lenet.training.folder import RunFolder
from lenet.training.history import History, write_table
from lenet.training.lock import hold_folder
from lenet.training.recipe import Recipe, load_recipe
from lenet.training.report import write_report
from lenet.training.result import Result
from lenet.training.settings import SETTINGS_FILE, Settings, check_seed
from lenet.training.start import (
    START_FILE,
    check_keep,
    choose_recipe,
    fit_labels,
    hash_weights,
    mix_weights,
    take_start,
)
from lenet.training.trainer import Trainer, start_trainer

Watch = Callable[[Trainer, Event], None]


def train(
    data: str | Path | Dataset = "mnist",
    recipe: str | Path | Recipe | None = None,
    *,
    architecture: Architecture | str | None = None,
    engine: str = "auto",
    seed: int = 0,
    limit: int | None = None,
    out: str | Path | None = None,
    watch: Watch | None = None,
    stop: Callable[[], bool] = lambda: False,
    start: str | Path | Network | None = None,
) -> Result:
    """Train a network, or go on training one, and evaluate it once on the test part.

    Args:
        data: what `load_dataset` takes, or a data set.
        recipe: a recipe's name, its TOML file, or a `Recipe`; None for "fast", with `start` for "fine-tune".
        architecture: the network, or "original" or "modern"; its number of classes becomes that of the data.
            None for "original", with `start` for the architecture of that network.
        engine: "auto" for the fastest one available, or an engine's name.
        seed: of the initial weights and the order of the images, 0 to 2^63 - 1.
        limit: use only the first so many training images; None for all.
        out: a folder for settings, history, checkpoint and network; None to write nothing.
        watch: is called with the trainer and every event.
        stop: is asked about four times a second; True ends the training.
        start: a trained network to go on from, as `Network.load` takes it or loaded; None for random weights.
            It keeps its classes, among which the data's must be, and its calibration.
    Returns:
        The result; `result.network` is the trained network. With `start`, `result.change` has the errors
        before and after, on the test part and on MNIST's test digits where these are at hand.
    Raises:
        LenetError: an invalid setting, data that cannot be loaded, a folder that already holds a run, or a
            training that diverged.
    """
    if out is not None:
        if not isinstance(out, str | PathLike):
            raise UsageError("training.folder", value=out)
        out = Path(out)
    check_request(engine, seed, out)
    name, network = (None, None) if start is None else take_start(start)
    if network and architecture is not None:
        raise UsageError("further.architecture")
    if not isinstance(architecture, Architecture):
        architecture = get_preset(architecture or "original")
    dataset = data.limit_training(limit) if isinstance(data, Dataset) else _load(data, limit, network)
    if network:
        dataset, architecture = fit_labels(dataset, network), network.architecture
    fitted = replace(architecture, classes=len(dataset.labels))
    chosen = recipe if isinstance(recipe, Recipe) else load_recipe(recipe or choose_recipe(start), fitted)
    check_keep(chosen, start)
    check_hands(chosen, dataset.labels)
    settings = Settings(
        data=dataset.source or dataset.name,
        fingerprint=dataset.fingerprint,
        limit=None if limit is None else index(limit),
        architecture=fitted,
        recipe=chosen,
        engine=get_engine(engine, training=True).name,
        seed=index(seed),
        start=name,
        start_hash=hash_weights(network) if network else None,
    )
    if out is None:
        return run_training(settings, dataset, None, watch, stop, network)
    with hold_folder(out):
        _refuse_run(out)  # another one may have come while the data were read
        return run_training(settings, dataset, RunFolder(out, settings), watch, stop, network)


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
    network = None
    if settings.start is not None:
        network = Network.load(Path(folder) / START_FILE)
        if hash_weights(network) != settings.start_hash:
            raise RunError("run.other_start", path=Path(folder) / START_FILE)
    dataset = (data or _load(settings.data, None, network)).limit_training(settings.limit)
    dataset = fit_labels(dataset, network) if network else dataset
    if dataset.fingerprint != settings.fingerprint:
        raise RunError("run.other_data", path=folder, data=settings.data)
    with hold_folder(Path(folder)):
        return run_training(settings, dataset, RunFolder(Path(folder), settings), watch, stop, network)


def _load(source: str | Path, limit: int | None, network: Network | None) -> Dataset:
    """Load data; the network that learns them reads their pictures as it will read others."""
    return load_dataset(source, limit=limit, pick=network.picker if network else None)


def run_training(
    settings: Settings,
    dataset: Dataset,
    folder: RunFolder | None,
    watch: Watch | None,
    stop: Callable[[], bool],
    start: Network | None = None,
) -> Result:
    """Train from the beginning, or from the folder's checkpoint if there is one, and evaluate.

    Args:
        settings: what is trained, on what, and how.
        dataset: the data that the settings name, limited as they say.
        folder: receives all files; None to write nothing.
        watch: is called with the trainer and every event.
        stop: is asked about four times a second; True ends the training.
        start: the trained network that the settings name; None for random weights.
    Raises:
        Diverged: the training diverged; what it came to is saved in the folder.
    """
    begun = time.perf_counter()
    recipe = settings.recipe
    splits = split_dataset(dataset, None if recipe.validation else 0)
    engine = get_engine(settings.engine, training=True)
    parts, parameters = (splits.train, splits.validation), start.parameters if start else None
    trainer = start_trainer(engine, settings.architecture, recipe, *parts, settings.seed, parameters)

    def name_network() -> Network:
        card: dict[str, Any] = {"data": dataset.name, "recipe": recipe.name, "recipe_hash": recipe.hash}
        card |= {"engine": engine.name, "seed": settings.seed, "epochs": trainer.epochs}
        weights = trainer.parameters()
        if start:
            card |= {"start": settings.start, "start_hash": settings.start_hash}
            card |= {key: start.card[key] for key in ("calibration",) if key in start.card}
            weights = mix_weights(start.parameters, weights, recipe.keep)
        return Network(settings.architecture, weights, dataset.labels, card, engine.name)

    if folder and start:
        start.save(folder.start)  # before the settings that name it
    try:
        history = follow_training(trainer, folder, watch, stop)
    except Diverged as error:
        if not folder:
            raise
        folder.save(trainer)
        name_network().save(folder.network)
        raise Diverged("run.diverged", reason=error, path=folder.network) from error

    network, evaluation, change = name_network(), None, None
    if trainer.epochs == recipe.epochs:
        evaluation = evaluate(network, splits.test.images, splits.test.labels)
        network = replace(
            network, card={**network.card, "test_error": evaluation.error, "test_count": len(evaluation)}
        )
        if start:
            change = measure_change(start, network, dataset, evaluation)
    seconds = time.perf_counter() - begun
    where = folder.path if folder else None
    result = Result(
        network, trainer.start, history, evaluation, splits, dataset.seen, settings, seconds, where, change
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
