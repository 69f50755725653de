"""Train the judge, a LeNet-5 that knows what no digit looks like: python -m tools.train_judge --data FOLDER.

It learns from the first 55,000 digits of MNIST's training file, from some of them spoilt as a person's
pictures are or damaged, from digits of many hands, from printed digits, and from the sets "tuning" of
benchmarks/nondigits.py and benchmarks/scripts.py; nothing of the sets "evaluation" is seen.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import scripts
from benchmarks.corruptions import corrupt
from benchmarks.nondigits import KINDS, PRINTED, draw_picture
from lenet.architecture import MODERN
from lenet.calibration import find_temperature
from lenet.data.examples import Dataset, Examples
from lenet.data.idx import read_idx
from lenet.doubt import JUDGE_FILE, RUBBISH
from lenet.errors import PictureError
from lenet.images.damage import damage_digits
from lenet.images.distort import Distortion
from lenet.images.hands import draw_digit
from lenet.images.normalize import normalize_digit
from lenet.images.read import read_picture
from lenet.network import Network
from lenet.training.recipe import load_recipe
from lenet.training.run import train

ROOT = Path(__file__).parents[1]

DIGITS = 55_000
EACH = range(125, 925)  # of each kind that is no digit; the first 125 are left to decide on
EACH_PRINTED = range(125, 525)  # of each kind of printed digits, so that print alone is no reason to refuse
EACH_FOREIGN = range(scripts.EACH, scripts.EACH + 600)  # of each script
EACH_TEXTURE = range(scripts.EACH, scripts.EACH + 3000)
SPOILT = {"everything together": 3000, "pen of double thickness": 1500, "pen of half thickness": 1500}
DRAWN, DAMAGED = 10_000, 8_000  # digits of many hands, and damaged ones
REPEATED = 4  # what is no digit, each time distorted otherwise
# to its logit: of -1 to -6 the one that refuses few digits of strangers and most other marks
RUBBISH_ADDED = -2.0
REPEATED_FOREIGN = 2  # the same, of which there are more
DISTORTION = Distortion(scale=0.15, squeeze=0.15, shear=0.2, shift=1.5)
DIGITS_ALONE = tuple("0123456789")

NONE = len(DIGITS_ALONE)  # the judge's class of what is no digit
BAR = 2.5  # times as tall as wide
SEED = 1  # of the drawn and the damaged digits; the networks of the digits learn from seed 0

Task = tuple[str, int, np.ndarray | None]


def make_picture(task: Task) -> np.ndarray | None:
    """One picture in MNIST's form: a spoilt digit, or no digit at all; None where nothing was found."""
    name, index, ink = task
    if ink is not None:
        content = corrupt(name, ink, DIGITS + index)
    else:
        draw = draw_picture if name in KINDS or name in PRINTED else scripts.draw_picture
        content = draw("tuning", name, index)
    try:
        return normalize_digit(read_picture(content))
    except PictureError:
        return None


def make_examples(images: np.ndarray, labels: np.ndarray, processes: int) -> Examples:
    """All that the judge learns from, in a random order.

    Args:
        images: (55000, 28, 28) uint8, MNIST's.
        labels: (55000,) their digits.
        processes: how many make pictures at once.
    """
    parts = [(images, labels)]
    with ProcessPoolExecutor(processes) as pool:
        start = 0
        for name, count in SPOILT.items():
            own = range(start, start + count)
            made = pool.map(make_picture, [(name, index, images[index]) for index in own], chunksize=16)
            parts.append(_pair(made, labels[start : start + count]))
            start += count
            print(f"{name}: {len(parts[-1][0])}", file=sys.stderr)
        for kind in KINDS:
            made = pool.map(make_picture, [(kind, index, None) for index in EACH], chunksize=16)
            found, marks = _pair(made, np.full(len(EACH), NONE))
            parts += [(found, marks)] * REPEATED
            print(f"{kind}: {len(found)}", file=sys.stderr)
        for kind in [*scripts.SCRIPTS["tuning"], *scripts.OTHERS]:
            made = pool.map(make_picture, [(kind, index, None) for index in EACH_FOREIGN], chunksize=16)
            parts += [_drop_bars(*_pair(made, np.full(len(EACH_FOREIGN), NONE)))] * REPEATED_FOREIGN
            print(f"{kind}: {len(parts[-1][0])}", file=sys.stderr)
        made = pool.map(
            make_picture, [(scripts.TEXTURES, index, None) for index in EACH_TEXTURE], chunksize=16
        )
        parts += [_drop_bars(*_pair(made, np.full(len(EACH_TEXTURE), NONE)))] * REPEATED_FOREIGN
        print(f"{scripts.TEXTURES}: {len(parts[-1][0])}", file=sys.stderr)
        for kind in PRINTED:
            made = pool.map(make_picture, [(kind, index, None) for index in EACH_PRINTED], chunksize=16)
            parts += [_pair(made, np.array(EACH_PRINTED) % 10)] * REPEATED
            print(f"{kind}: {len(parts[-1][0])}", file=sys.stderr)
    drawn = [draw_digit(index, SEED) for index in range(DRAWN)]
    parts.append((np.stack([image for image, _ in drawn]), np.array([digit for _, digit in drawn])))
    parts.append((damage_digits(images[-DAMAGED:], SEED), labels[-DAMAGED:]))
    pictures, classes = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.random.default_rng(0).permutation(len(pictures))
    return Examples(pictures[order], classes[order].astype(np.int64))


def _pair(made: Iterable[np.ndarray | None], labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    pairs = [(picture, label) for picture, label in zip(made, labels, strict=True) if picture is not None]
    return np.stack([picture for picture, _ in pairs]), np.array([label for _, label in pairs])


def _drop_bars(images: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What is no upright bar: a bar is a 1, whatever it was drawn as."""
    tall = np.array([np.ptp(np.flatnonzero(image.any(axis=1))) + 1 for image in images])
    wide = np.array([np.ptp(np.flatnonzero(image.any(axis=0))) + 1 for image in images])
    kept = tall < BAR * wide
    return images[kept], labels[kept]


def main() -> None:
    """Make the examples (kept in build/, because they take minutes), train, write the weights."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the folder of MNIST's files")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--out", type=Path, default=JUDGE_FILE)
    arguments = parser.parse_args()
    kept = ROOT / "build" / "judge.npz"
    if kept.exists():
        with np.load(kept) as arrays:
            examples = Examples(arrays["images"], arrays["labels"])
    else:
        images, labels = (
            read_training(arguments.data, name)[:DIGITS] for name in ("images-idx3", "labels-idx1")
        )
        examples = make_examples(images, labels, arguments.processes)
        kept.parent.mkdir(exist_ok=True)
        np.savez_compressed(kept, images=examples.images, labels=examples.labels)
    recipe = load_recipe("fast", MODERN)
    recipe = replace(recipe, name="judge", epochs=arguments.epochs, distortion=DISTORTION)
    # a test part is asked for; no number of it is reported
    dataset = Dataset("judge", "", (*DIGITS_ALONE, RUBBISH), examples, examples.first(1000))
    result = train(dataset, recipe, architecture=MODERN, engine="native")
    card = {"recipe": recipe.name, "recipe_hash": recipe.hash, "examples": len(examples), "seed": 0}
    save_judge(result.network, card, arguments.data, arguments.out)


def save_judge(network: Network, card: dict[str, Any], data: Path, out: Path) -> None:
    """Write the judge with the temperature that the last 5,000 training digits ask for.

    Args:
        network: trained, eleven classes.
        card: what is known of its training.
        data: the folder of MNIST's files.
        out: its file.
    """
    images, labels = (read_training(data, name)[DIGITS:] for name in ("images-idx3", "labels-idx1"))
    temperature = round(find_temperature(network.penalties(images), labels.astype(int)), 4)
    card = card | {"temperature": temperature, "rubbish": RUBBISH_ADDED}
    Network(network.architecture, network.parameters, network.labels, card).save(out)


def read_training(data: Path, name: str) -> np.ndarray:
    """MNIST's training images or labels, all 60,000."""
    return read_idx(data / f"train-{name}-ubyte.gz")


if __name__ == "__main__":
    main()
