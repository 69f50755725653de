"""Train the network that reads pieces of numbers: python -m tools.train_segment --data FOLDER.

A LeNet-5 of eleven classes, 0 to 9 and none, from numbers written with the first 55,000 digits of MNIST's
training file and with digits of many hands (tools/segments.py), and from these digits alone. The last 5,000
give its temperature.
"""

from __future__ import annotations

import argparse
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.strings import HELD_OUT, Digits
from lenet.architecture import MODERN
from lenet.calibration import find_temperature
from lenet.codes import DIGITS
from lenet.data.examples import Dataset, Examples
from lenet.data.idx import read_idx
from lenet.doubt import RUBBISH, SEGMENT_FILE
from lenet.images.distort import Distortion
from lenet.images.hands import draw_digit
from lenet.network import Network
from lenet.training.recipe import load_recipe
from lenet.training.run import train
from tools.segments import SEED, list_examples, write_number

ROOT = Path(__file__).parents[1]
CHUNK = 250  # numbers written at once
DISTORTION = Distortion(scale=0.1, squeeze=0.1, shear=0.15, shift=1.0, elastic=2.0)
DRAWN, HANDS = 25_000, 3  # digits of many hands, and the seed of their hands
VALIDATION = 10**6  # the place of the first number that is written to measure with


def write_chunk(digits: Digits, start: int) -> tuple[np.ndarray, np.ndarray]:
    """The examples of some numbers; each number's place decides everything random."""
    examples = []
    for index in range(start, start + CHUNK):
        random = np.random.default_rng([SEED, index])
        number, layers = write_number(digits, random)
        examples += list(list_examples(layers, number, random))
    return np.stack([example.image for example in examples]), np.array([e.label for e in examples])


def make_examples(digits: Digits, first: int, count: int, processes: int) -> Examples:
    """The examples of `count` numbers from a place on."""
    with ProcessPoolExecutor(processes) as pool:
        parts = list(pool.map(partial(write_chunk, digits), range(first, first + count, CHUNK)))
    images, labels = (np.concatenate(column) for column in zip(*parts, strict=True))
    return Examples(images, labels)


def keep_examples(digits: Digits, count: int, processes: int) -> Examples:
    """The examples to learn from, kept in build/, because they take minutes."""
    kept = ROOT / "build" / f"segments-{count}.npz"
    if kept.exists():
        with np.load(kept) as arrays:
            return Examples(arrays["images"], arrays["labels"])
    made = make_examples(digits, 0, count, processes)
    kept.parent.mkdir(exist_ok=True)
    np.savez_compressed(kept, images=made.images, labels=made.labels)
    return made


def main() -> None:
    """Write the examples, train, write the weights."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the folder of MNIST's files")
    parser.add_argument("--numbers", type=int, default=24_000)
    parser.add_argument("--epochs", type=int, default=24)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--out", type=Path, default=SEGMENT_FILE)
    arguments = parser.parse_args()
    images, labels = (
        read_idx(arguments.data / f"train-{name}-ubyte.gz") for name in ("images-idx3", "labels-idx1")
    )
    drawn, their = zip(*(draw_digit(index, HANDS) for index in range(DRAWN)), strict=True)
    digits = Digits(
        np.concatenate([images[:-HELD_OUT], np.stack(drawn)]),
        np.concatenate([labels[:-HELD_OUT], np.array(their, labels.dtype)]),
    )
    made = keep_examples(digits, arguments.numbers, arguments.processes)
    pictures = np.concatenate([made.images, digits.images])
    classes = np.concatenate([made.labels, digits.labels.astype(np.int64)])
    order = np.random.default_rng(SEED).permutation(len(pictures))
    examples = Examples(pictures[order], classes[order])
    held_out = Digits(images[-HELD_OUT:], labels[-HELD_OUT:])
    validation = make_examples(held_out, VALIDATION, 2000, arguments.processes)
    recipe = load_recipe("fast", MODERN)
    recipe = replace(recipe, name="segment", epochs=arguments.epochs, distortion=DISTORTION)
    dataset = Dataset("segments", "", (*DIGITS, RUBBISH), examples, validation)
    result = train(dataset, recipe, architecture=MODERN, engine="native")
    penalties = result.network.penalties(validation.images)
    error = 100 * float((penalties.argmin(axis=1) != validation.labels).mean())
    print(f"{len(examples)} examples; {error:.2f}% of {len(validation)} validation segments misread")
    card = {
        "recipe": recipe.name,
        "recipe_hash": recipe.hash,
        "examples": len(examples),
        "seed": 0,
        "temperature": round(find_temperature(penalties, validation.labels), 4),
        "rubbish": 0.0,
    }
    network = result.network
    Network(network.architecture, network.parameters, network.labels, card).save(arguments.out)


if __name__ == "__main__":
    main()
