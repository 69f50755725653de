"""Calibrate a network on 5,000 validation digits of MNIST: python tools/calibrate_network.py NAME."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

from lenet.calibration import calibrate
from lenet.data.dataset import load_dataset
from lenet.data.split import split_dataset
from lenet.errors import LenetError
from lenet.network import BUNDLED, Network
from lenet.storage import write_text

WEIGHTS = Path(__file__).parents[1] / "src" / "lenet" / "weights"
VALIDATION = 5_000
LINE = (
    "| calibration | on {images:,} validation digits: temperature {temperature:g}; an answer stands from a "
    "confidence of {sure:.1%} |\n"
)


def calibrate_file(name: str, data: str) -> Network:
    """Write the calibration into a network's file, and for a bundled one into its card.

    Args:
        name: of a bundled network, or a file.
        data: MNIST, as `load_dataset` finds it.
    """
    digits = split_dataset(load_dataset(data), VALIDATION).validation
    network = calibrate(Network.load(name), digits.images, digits.labels)
    network.save(WEIGHTS / f"{name}.safetensors" if name in BUNDLED else name)
    card = WEIGHTS / f"{name}.md"
    if name in BUNDLED and card.exists():
        text = re.sub(r"^\| calibration \|.*\n", "", card.read_text("utf-8"), flags=re.MULTILINE)
        line = LINE.format(**network.card["calibration"])
        write_text(card, re.sub(r"^(?=\| made with \|)", line, text, count=1, flags=re.MULTILINE))
    return network


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", help="of a bundled network, or a file that is rewritten")
    parser.add_argument("--data", default="mnist", help="MNIST, if not where lenet finds it")
    arguments = parser.parse_args()
    try:
        print(calibrate_file(arguments.name, arguments.data).card["calibration"])
    except LenetError as error:
        parser.exit(1, f"{error}\n")
