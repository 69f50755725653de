"""Does a confidence keep its word? Digits of several sources: how often right, beside how often it was said.

    python -m benchmarks.confidence --data FOLDER [--people FOLDER] [--network NAME]

The calibration of a network has seen the validation digits, the same ones damaged with other random numbers,
and scikit-learn's digits; it has seen no stranger's picture, no corruption of benchmarks/corruptions28.py and
no spoilt page.
"""

from __future__ import annotations

import argparse
import json
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np

import lenet
from benchmarks.corruptions import corrupt
from benchmarks.corruptions28 import CORRUPTIONS28, spoil
from benchmarks.people import list_people, read_all
from benchmarks.provenance import describe_run, name_network
from lenet.answer import Answer
from lenet.calibration import measure_calibration
from lenet.data.idx import read_idx
from lenet.images.damage import damage_digits
from lenet.images.normalize import normalize_digit
from lenet.images.read import read_picture
from lenet.storage import write_text

ROOT = Path(__file__).parents[1]
SEED = 3  # of the damage
EACH = 3000  # digits of a set that is made
HIGH = 0.99
PAGES = ("everything together", "pen of double thickness", "pencil")


def measure(answers: list[Answer], labels: list[str]) -> dict[str, float]:
    """How true the confidences of some answers are, in percent and points."""
    right = np.array([answer.label == label for answer, label in zip(answers, labels, strict=True)])
    said = np.array([answer.confidence for answer in answers], float)
    high = said >= HIGH
    return {
        "images": len(answers),
        "error": round(100 * float(1 - right.mean()), 2),
        "calibration_error": round(measure_calibration(said, right), 2),
        "high": round(100 * float(high.mean()), 1),
        "high_wrong": round(100 * float(1 - right[high].mean()), 2) if high.any() else 0.0,
    }


def spoil_page(task: tuple[int, np.ndarray]) -> np.ndarray:
    """A digit on a spoilt page, brought into MNIST's form."""
    index, ink = task
    return normalize_digit(read_picture(corrupt(PAGES[index % len(PAGES)], ink, 90_000 + index)))


def measure_all(
    network: lenet.Network, data: Path, people: Path | None, name: str, processes: int
) -> dict[str, dict[str, float]]:
    """Every source, and what `measure` says.

    Args:
        network: with a calibration.
        data: the folder of MNIST's files.
        people: that of `benchmarks.people`; None to leave the strangers out.
        name: of the network, for the processes that read the strangers' pictures.
        processes: how many read pictures at once.
    """
    images, labels = (
        read_idx(data / f"train-{name}-ubyte.gz")[-5000:] for name in ("images-idx3", "labels-idx1")
    )
    names = [str(label) for label in labels]
    kinds = list(CORRUPTIONS28)
    small = [
        np.rint(spoil(kinds[index % len(kinds)], images[index], np.random.default_rng([SEED, index])))
        for index in range(EACH)
    ]
    with ProcessPoolExecutor(processes) as pool:
        pages = list(pool.map(spoil_page, enumerate(images[:EACH]), chunksize=16))
    others = lenet.load_dataset("digits")
    sources = {
        "validation digits": (images, names),
        "damaged digits": (damage_digits(images, SEED), names),
        "scikit-learn's digits": (
            np.concatenate([others.train.images, others.test.images]),
            [str(label) for part in (others.train, others.test) for label in part.labels],
        ),
        "spoilt pages": (np.stack(pages), names[:EACH]),
        "corruptions of 28x28": (np.stack(small).astype(np.uint8), names[:EACH]),
    }
    results = {title: measure(network.answer(shown), wanted) for title, (shown, wanted) in sources.items()}
    if people:
        outcomes = read_all(list(list_people(people)), name, processes)
        answers = [outcome.answer for outcome in outcomes]
        results["strangers' pictures"] = measure(answers, [outcome.picture.label for outcome in outcomes])
    return results


def main() -> None:
    """Write the table as JSON."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="the folder of MNIST's files")
    parser.add_argument("--people", type=Path, help="the folder of benchmarks/people.py")
    parser.add_argument("--network", default="best", help="a bundled network's name or a file")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks/results/confidence.json")
    arguments = parser.parse_args()
    network = lenet.load(arguments.network)
    report = describe_run(sys.argv) | {
        "network": arguments.network,
        "network_sha256": name_network(network),
        "calibration": network.card["calibration"],
        "results": measure_all(
            network, arguments.data, arguments.people, arguments.network, arguments.processes
        ),
    }
    write_text(arguments.out, json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()
