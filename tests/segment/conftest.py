"""Numbers written with the samples that come with the package."""

import numpy as np
import pytest
from PIL import Image

from lenet.samples import read_sample


def write(number, gap=10, height=60, margin=20):
    """Dark digits on light paper, (H, W) uint8; a space leaves a gap as wide as three digits are tall."""
    parts = [np.zeros((height, margin))]
    for symbol in number:
        if symbol == " ":
            parts.append(np.zeros((height, 3 * height)))
            continue
        ink = draw(symbol, height)
        parts += [ink, np.zeros((height, gap))]
    ink = np.pad(np.concatenate([*parts, np.zeros((height, margin))], axis=1), ((margin, margin), (0, 0)))
    return (240 - 200 * ink).astype(np.uint8)


def draw(symbol, height):
    """One sign, (height, w) of 0 to 1: a sample digit cropped to its box, or a separator."""
    if symbol == ".":
        ink = np.zeros((height, 8))
        ink[-8:] = 1
        return ink
    if symbol == "-":
        ink = np.zeros((height, height // 2))
        ink[height // 2 - 3 : height // 2 + 3] = 1
        return ink
    ink = ~read_sample(int(symbol))
    rows, columns = np.flatnonzero(ink.max(axis=1) > 40), np.flatnonzero(ink.max(axis=0) > 40)
    box = Image.fromarray(ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1])
    width = max(1, round(box.width * height / box.height))
    return np.clip((np.asarray(box.resize((width, height))) / 255 - 0.2) / 0.5, 0, 1)


@pytest.fixture(scope="session")
def write_number():
    return write
