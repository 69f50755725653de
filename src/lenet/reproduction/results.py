"""The results of the experiment as plain numbers, with the published ones."""

from __future__ import annotations

import math
import re
import statistics
from collections.abc import Sequence
from typing import Any

import numpy as np

from lenet.data.examples import Dataset, Examples
from lenet.evaluation import Evaluation, Z, evaluate
from lenet.images.distort import distort_images
from lenet.network import Network
from lenet.reproduction import published
from lenet.reproduction.trainings import NOISE, Trained, invert_pixels

# Student's t for 95%, by the number of seeds; from 11 on a series is exact to 0.001
STUDENT = {2: 12.706, 3: 4.303, 4: 3.182, 5: 2.776, 6: 2.571, 7: 2.447, 8: 2.365, 9: 2.306, 10: 2.262}
CURVE_POINTS = np.linspace(0, 10, 41)  # percent refused, where a rejection curve is written down
EVERY = 5  # of the test digits, one in so many is moved and turned: 2,000

# What section III.E estimates: a factor of 2, half of a digit's height (20 pixels), 30 degrees, noise of 0.1.
CHANGES: dict[str, tuple[float, ...]] = {
    "scale": (0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.3, 1.4, 1.6),
    "shift": (-10, -8, -6, -4, -2, 0, 2, 4, 6, 8, 10),
    "rotation": (-60, -45, -30, -20, -10, 0, 10, 20, 30, 45, 60),
    "noise": (0.0, 0.05, 0.1, 0.15, 0.2, 0.3),
}
ROBUST: tuple[str, ...] = ("1998", "1998-distorted", "1998-noise")
ESTIMATED = {"scale": (0.5, 2.0), "shift": (-10.0, 10.0), "rotation": (-30.0, 30.0), "noise": (0.0, NOISE)}


def name_key(kind: str) -> str:
    """The key in the texts of a kind of training or a picture: "1998_1_4" for "1998-1/4"."""
    return re.sub(r"\W", "_", kind)


def find_student(count: int) -> float:
    """Student's t for the 95% interval of the mean of `count` values, at least 2.

    Source:
        Abramowitz and Stegun, "Handbook of mathematical functions", 26.7.5, for more than 10 values.
    """
    if count in STUDENT:
        return STUDENT[count]
    z, freedom = Z, count - 1
    second = (5 * z**5 + 16 * z**3 + 3 * z) / (96 * freedom**2)
    third = (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * freedom**3)
    return z + (z**3 + z) / (4 * freedom) + second + third


def summarize(values: Sequence[float]) -> dict[str, Any]:
    """Mean and spread of one number over the seeds.

    Returns:
        values, mean, sd (n - 1) and the 95% interval of the mean; the last two are None for a single seed.
    """
    mean, many = statistics.fmean(values), len(values) > 1
    sd = statistics.stdev(values) if many else None
    reach = find_student(len(values)) * (sd or 0.0) / math.sqrt(len(values)) if many else 0.0
    interval = [mean - reach, mean + reach] if many else None
    return {"values": list(values), "mean": mean, "sd": sd, "interval": interval}


def summarize_kinds(trained: Sequence[Trained], count: int) -> dict[str, Any]:
    """For each kind of training: both curves of every seed, and the last errors over the seeds.

    Args:
        trained: all trainings.
        count: number of training images of the whole data set, 60,000 for MNIST.
    """
    kinds: dict[str, Any] = {}
    for one in trained:
        entry = kinds.setdefault(
            one.training.kind,
            {"recipe": one.training.recipe_name, "hash": one.training.recipe.hash, "runs": []},
        )
        entry["images"] = count // one.training.part
        entry["runs"].append(
            {
                "seed": one.training.seed,
                "test": one.test,
                "training": one.learned,
                "seconds": round(one.seconds, 1),
            }
        )
    for entry in kinds.values():
        entry["test"] = summarize([run["test"][-1] for run in entry["runs"]])
        entry["training"] = summarize([run["training"][-1] for run in entry["runs"]])
    return kinds


def measure_rejection(evaluations: Sequence[Evaluation]) -> dict[str, Any]:
    """Percent rejected for 0.5% error on the rest, and the rejection curve, over the seeds."""
    curves = []
    for evaluation in evaluations:
        refused, error = evaluation.rejection_curve()
        curves.append(np.interp(CURVE_POINTS, refused, error).tolist())
    wanted = [evaluation.rejection_for(published.REJECTION_ERROR) for evaluation in evaluations]
    reached = [share for share in wanted if share is not None]
    return {
        "wanted": summarize(reached) if len(reached) == len(wanted) else None,
        "refused": CURVE_POINTS.tolist(),
        "errors": curves,
    }


def compare_figure_8(answers: Sequence[np.ndarray]) -> list[dict[str, Any]]:
    """Each digit that the network of 1998 misread, with its answer and ours, one for each seed."""
    return [
        {
            "index": int(index),
            "label": int(label),
            "1998": int(said),
            "ours": [int(own[index]) for own in answers],
        }
        for index, label, said in published.read_figure_8()
    ]


def look_at_labels(labels: np.ndarray, answers: Sequence[np.ndarray]) -> list[dict[str, Any]]:
    """The test digits whose labels are wrong or undecided: the label, the answer of 1998, and ours."""
    theirs = {int(index): int(said) for index, _, said in published.read_figure_8()}
    return [
        {
            "index": index,
            "doubt": doubt,
            "label": int(labels[index]),
            "1998": theirs.get(index),  # None: it gave the label
            "ours": [int(own[index]) for own in answers],
        }
        for doubt, indices in (("wrong", published.WRONG_LABELS), ("undecided", published.UNDECIDED))
        for index in indices
    ]


def change_images(images: np.ndarray, kind: str, amount: float) -> np.ndarray:
    """Scale, shift, turn or invert test digits.

    Args:
        images: (N, 28, 28) uint8.
        kind: "scale": a factor; "shift": pixels downward; "rotation": degrees; "noise": share of pixels.
        amount: of the change.
    Returns:
        The changed digits, as input of the network.
    """
    if kind == "noise":
        return invert_pixels(images, amount, 0)
    maps = np.zeros((len(images), 2, 3))
    factor, angle = (amount if kind == "scale" else 1.0), math.radians(amount if kind == "rotation" else 0.0)
    maps[:, :, :2] = factor * np.array(
        [[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]]
    )
    maps[:, 1, 2] = amount if kind == "shift" else 0.0
    return distort_images(images, maps)


def measure_robustness(networks: dict[str, Network], test: Examples) -> dict[str, Any]:
    """Percent of changed test digits misread, by each network.

    Args:
        networks: by the kind of their training.
        test: the test digits, of which one in `EVERY` is used.
    """
    digits = test.take(slice(None, None, EVERY))
    errors: dict[str, Any] = {name: {} for name in networks}
    for kind, amounts in CHANGES.items():
        for amount in amounts:
            shown = change_images(digits.images, kind, amount)
            for name, network in networks.items():
                answers = network.penalties(shown).argmin(axis=1)
                error = 100 * float((answers != digits.labels).mean())
                errors[name].setdefault(kind, []).append(round(error, 2))
    written = {kind: list(values) for kind, values in CHANGES.items()}
    return {"images": len(digits), "amounts": written, "errors": errors}


def collect_results(trained: Sequence[Trained], dataset: Dataset, engine: str, mnist: bool) -> dict[str, Any]:
    """Everything that the experiment measures.

    Args:
        trained: all trainings.
        dataset: the whole data set.
        engine: name of the engine that ran them.
        mnist: whether the test digits are MNIST's, to which figure 8 belongs.
    """
    test = dataset.test
    whole = [one for one in trained if one.training.part == 1 and not one.training.noise]
    evaluations: dict[str, list[Evaluation]] = {}
    for one in whole:
        found = evaluate(one.network, test.images, test.labels)
        evaluations.setdefault(one.training.kind, []).append(found)
    answers = {kind: [found.answers for found in several] for kind, several in evaluations.items()}
    first = {one.training.kind: one.network for one in trained if one.training.seed == 0}
    robust: dict[str, Network] = {kind: first[kind] for kind in ROBUST if kind in first}
    distorted = answers.get("1998-distorted", [])
    return {
        "data": {"name": dataset.name, "training": len(dataset.train), "test": len(test)},
        "engine": engine,
        "seeds": sorted({one.training.seed for one in trained}),
        "epochs": max(len(one.test) for one in trained),
        "kinds": summarize_kinds(trained, len(dataset.train)),
        "rejection": {kind: measure_rejection(several) for kind, several in evaluations.items()},
        "figure_8": compare_figure_8(distorted) if mnist and distorted else None,
        "misread": {
            kind: [np.flatnonzero(own != test.labels).tolist() for own in several]
            for kind, several in answers.items()
        },
        "labels": {kind: look_at_labels(test.labels, several) for kind, several in answers.items()}
        if mnist
        else None,
        "robustness": measure_robustness(robust, test),
    }
