"""Calibrate a network on 5,000 validation digits: python tools/calibrate_network.py NAME --data FOLDER."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

from lenet.calibration import calibrate
from lenet.data.idx import read_idx
from lenet.errors import LenetError
from lenet.network import BUNDLED, Network
from lenet.storage import write_text

WEIGHTS = Path(__file__).parents[1] / "src" / "lenet" / "weights"
VALIDATION = 5_000
LINE = (
    "| calibration | on {images:,} validation digits: temperature {temperature:g}; an answer stands from a "
    "confidence of {sure:.1%} |\n"
)


def calibrate_file(name: str, data: Path) -> Network:
    """Write the calibration into a network's file, and for a bundled one into its card.

    Args:
        name: of a bundled network, or a file.
        data: the folder of MNIST's files.
    """
    images, labels = (
        read_idx(data / f"train-{part}-ubyte.gz")[-VALIDATION:] for part in ("images-idx3", "labels-idx1")
    )
    network = calibrate(Network.load(name), images, labels.astype(int))
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
    parser.add_argument("--data", type=Path, required=True, help="the folder of MNIST's files")
    arguments = parser.parse_args()
    try:
        print(calibrate_file(arguments.name, arguments.data).card["calibration"])
    except LenetError as error:
        parser.exit(1, f"{error}\n")
