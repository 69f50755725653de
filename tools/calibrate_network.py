"""Calibrate a network on digits that it has not learned: python -m tools.calibrate_network NAME.

They are 5,000 validation digits of MNIST, from which alone the least confidence is taken with which an answer
stands. Where the network has learned damaged digits, its temperature is measured on half of them damaged and
on scikit-learn's digits, too; it would be no use on digits that a network cannot read at all.

A network that has learned from those digits, too, knows them too well; it takes over the calibration of a
twin, trained in the same way without them.
"""

from __future__ import annotations

import argparse
import re
from dataclasses import replace

import numpy as np

from lenet.calibration import calibrate, measure_calibration
from lenet.data.dataset import load_dataset
from lenet.data.examples import Dataset
from lenet.data.split import split_dataset
from lenet.errors import LenetError, RecipeError
from lenet.images.damage import damage_digits
from lenet.network import BUNDLED, Network
from lenet.storage import write_text
from lenet.training.recipe import load_recipe
from lenet.training.run import train
from tools.bundle_network import WEIGHTS

VALIDATION = 5_000
SEED = 2  # of the damage; networks and judge learn from 0 and 1
LINE = (
    "| calibration | on {images:,} digits{twin}: temperature {temperature:g}; "
    "an answer stands from a confidence of {sure:.1%} |\n"
)
TWIN = ", with a network that was trained in the same way without them"


def calibrate_file(name: str, data: str) -> Network:
    """Write the calibration into a network's file, and for a bundled one into its card.

    Args:
        name: of a bundled network, or a file.
        data: MNIST, as `load_dataset` finds it.
    """
    dataset = load_dataset(data)
    digits = split_dataset(dataset, VALIDATION).validation
    network = Network.load(name)
    twin = train_twin(network, dataset)
    given = digits.images, digits.labels
    damaged = load_recipe(network.card["recipe"], network.architecture).damage
    harder = make_harder(*given) if damaged else None
    calibrated = calibrate(twin or network, *given, harder=harder)
    found = calibrated.card["calibration"] | {"error": measure_error(calibrated, *given)}
    found |= {"twin": True} if twin else {}
    network = replace(network, card={**network.card, "calibration": found})
    network.save(WEIGHTS / f"{name}.safetensors" if name in BUNDLED else name)
    card = WEIGHTS / f"{name}.md"
    if name in BUNDLED and card.exists():
        text = re.sub(r"^\| calibration \|.*\n", "", card.read_text("utf-8"), flags=re.MULTILINE)
        line = LINE.format(**found | {"twin": TWIN if twin else ""})
        write_text(card, re.sub(r"^(?=\| made with \|)", line, text, count=1, flags=re.MULTILINE))
    return network


def measure_error(network: Network, images: np.ndarray, labels: np.ndarray) -> float:
    """The expected calibration error on digits that a network has not learned, in percentage points."""
    answers = network.answer(images)
    right = np.array([answer.label == str(label) for answer, label in zip(answers, labels, strict=True)])
    return round(measure_calibration(np.array([answer.confidence for answer in answers], float), right), 2)


def make_harder(images: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Every other validation digit damaged, and scikit-learn's digits: images and labels."""
    others = load_dataset("digits")
    parts = [(damage_digits(images[::2], SEED), labels[::2])]
    parts += [(part.images, part.labels) for part in (others.train, others.test)]
    return np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts])


def train_twin(network: Network, dataset: Dataset) -> Network | None:
    """A network trained as this one was, without the validation digits; None if this one has not seen them.

    Args:
        network: of a run.
        dataset: MNIST. Its test part is not looked at.
    Raises:
        RecipeError: the network's recipe is none of those that come with the package, or another one by now.
    """
    card = network.card
    recipe = load_recipe(card["recipe"], network.architecture)
    if recipe.hash != card["recipe_hash"]:
        raise RecipeError("recipe.choice", name="recipe_hash", value=card["recipe_hash"], choices=recipe.hash)
    if recipe.validation:
        return None
    untested = replace(dataset, test=split_dataset(dataset, VALIDATION).validation, source=None)
    recipe = recipe.changed(validation=True)
    return train(
        untested, recipe, architecture=network.architecture, engine=card["engine"], seed=card["seed"]
    ).network


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", help="of a bundled network, or a file that is rewritten")
    parser.add_argument("--data", default="mnist", help="MNIST, if not where lenet finds it")
    arguments = parser.parse_args()
    try:
        print(calibrate_file(arguments.name, arguments.data).card["calibration"])
    except LenetError as error:
        parser.exit(1, f"{error}\n")
