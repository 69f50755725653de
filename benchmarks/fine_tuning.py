"""What going on from trained weights brings and costs: errors on held-out pictures and on MNIST, per setting.

    python -m benchmarks.fine_tuning FOLDER [--networks best 1998] [--rates 0.003 0.01] [--keep 0 0.5]

FOLDER is that of `benchmarks.people`. Its pictures are cut into halves, people by author and cells by number,
and each half is held out once. MNIST's share is the last 5,000 training images; its test set is not read.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import NamedTuple

import numpy as np

import lenet
from benchmarks.people import list_people
from lenet.calibration import measure_calibration
from lenet.data.examples import Examples
from lenet.data.picture import read_example
from lenet.engines import get_engine
from lenet.images.distort import Distortion
from lenet.training.recipe import Recipe, load_recipe
from lenet.training.start import mix_weights
from lenet.training.trainer import start_trainer

SMALL = 20  # pictures of the smallest set
FIRST_CELLS = 180  # the numbers of cells in the first half are below
SEEDS = (0, 1, 2)


class Task(NamedTuple):
    """What is learned, and what is held out."""

    name: str
    train: Examples
    held: Examples


def list_tasks(folder: Path, network: lenet.Network) -> Iterator[Task]:
    """Two tasks of each kind: one for each half that is held out."""
    halves: dict[tuple[str, bool], list[tuple[np.ndarray, int]]] = defaultdict(list)
    for picture in list_people(folder):
        group, kind = picture.group.split(", ")
        number, *_, last = picture.path.stem.split("_")
        if kind != "rules":
            half = int(number) % 2 == 1 if group == "people" else int(last) >= FIRST_CELLS
            halves[group, half].append((read_example(picture.path, pick=network.pick), int(picture.label)))
    for (group, half), rows in halves.items():
        held, train = _stack(rows), _stack(halves[group, not half])
        yield Task(group, train, held)
        if group == "people":
            yield Task(f"{SMALL} people", take_few(train, SMALL), held)


def _stack(rows: list[tuple[np.ndarray, int]]) -> Examples:
    images, labels = zip(*rows, strict=True)
    return Examples(np.array(images), np.array(labels))


def take_few(examples: Examples, count: int) -> Examples:
    """The first pictures of each class, as evenly as they go."""
    ranks = np.zeros(len(examples), int)
    for label in np.unique(examples.labels):
        places = np.flatnonzero(examples.labels == label)
        ranks[places] = np.arange(len(places))
    return examples.take(np.argsort(ranks, kind="stable")[:count])


def tune(network: lenet.Network, recipe: Recipe, train: Examples, seed: int) -> lenet.Network:
    """The network after the recipe."""
    nothing = train.first(0)
    trainer = start_trainer(
        get_engine("native"), network.architecture, recipe, train, nothing, seed, network.parameters
    )
    for _ in trainer.events():
        pass
    mixed = mix_weights(network.parameters, trainer.parameters(), recipe.keep)
    return lenet.Network(network.architecture, mixed, network.labels, network.card, "native")


def measure(network: lenet.Network, held: Examples, mnist: Examples) -> tuple[int, float, float]:
    """Held-out pictures misread, percent misread of MNIST's, and the calibration error there in points."""
    wrong = int((network.penalties(held.images).argmin(axis=1) != held.labels).sum())
    answers = network.answer(mnist.images)
    right = np.array([a.label for a in answers]) == mnist.labels.astype(str)
    confidences = np.array([a.confidence for a in answers])
    return wrong, 100 * (1 - right.mean()), measure_calibration(confidences, right)


def main() -> None:
    """Print one line for each setting and task."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--networks", nargs="+", default=["best", "1998"])
    parser.add_argument("--rates", nargs="+", type=float, default=[])
    parser.add_argument("--keep", nargs="+", type=float, default=[0.5])
    parser.add_argument("--plain", action="store_true", help="without distortion")
    given = parser.parse_args()
    mnist = lenet.load_dataset("mnist").train.take(slice(55_000, None))
    print("network | rate | keep | task | held out | misread before | after | MNIST before | after | its ECE")
    for name in given.networks:
        start = lenet.load(name)
        tasks = list(list_tasks(given.folder, start))
        before = [measure(start, task.held, mnist) for task in tasks]
        recipe = load_recipe("fine-tune", start.architecture)
        recipe = recipe.changed(distortion=Distortion() if given.plain else None)
        for rate, keep in product(given.rates or [recipe.rate], given.keep):
            setting = recipe.changed(rate=rate, keep=keep)
            after = [
                np.mean([measure(tune(start, setting, task.train, s), task.held, mnist) for s in SEEDS], 0)
                for task in tasks
            ]
            for kind in dict.fromkeys(task.name for task in tasks):
                rows = [i for i, task in enumerate(tasks) if task.name == kind]
                count = sum(len(tasks[i].held) for i in rows)
                old, new = (np.array([found[i] for i in rows]) for found in (before, after))
                cells = [
                    name,
                    f"{rate:g}",
                    f"{keep:g}",
                    kind,
                    count,
                    old[:, 0].sum(),
                    f"{new[:, 0].sum():.1f}",
                ]
                cells += [f"{old[:, 1].mean():.2f}%", f"{new[:, 1].mean():.2f}%"]
                cells += [f"{old[:, 2].mean():.2f} to {new[:, 2].mean():.2f}"]
                print(*cells, sep=" | ", flush=True)


if __name__ == "__main__":
    main()
