"""The digits that the page trains on and counts its errors with, packed small."""

from __future__ import annotations

import gzip
from dataclasses import dataclass, replace

import numpy as np

from lenet.data.dataset import load_dataset
from lenet.data.examples import Examples
from lenet.errors import DataError, MissingExtra

MAGIC = b"LNDG"
LEVELS = 16  # of grey: the network of 1998 misreads as many digits as with 256
TRAIN, NEW = 10_000, 2_000
SMALL_TRAIN, SMALL_NEW = 5_000, 1_000  # in the one file


@dataclass(frozen=True, eq=False)
class PageDigits:
    """Digits for the page.

    Args:
        name: "mnist" or "digits", the data set that they are of.
        train: those that the page trains on.
        new: those that it counts its errors on.
    """

    name: str
    train: Examples
    new: Examples

    def limit(self, train: int, new: int) -> PageDigits:
        """At most so many of them, from the beginning."""
        return replace(self, train=self.train.first(train), new=self.new.first(new))


def find_page_digits(train: int = TRAIN, new: int = NEW) -> PageDigits | None:
    """Take the page's digits from MNIST if it is at hand, else from scikit-learn if it is installed.

    Nothing is downloaded.

    Args:
        train: at most so many of the training set, from its beginning.
        new: at most so many of the test set, from its beginning.
    Returns:
        The digits; None if there are neither.
    Raises:
        DataError: $LENET_DATA has other files than those that were released.
    """
    for name in ("mnist", "digits"):
        try:
            dataset = load_dataset(name, download=False)
        except MissingExtra:
            continue
        except DataError as error:
            if error.key != "data.not_here":
                raise
            continue
        return PageDigits(name, dataset.train, dataset.test).limit(train, new)
    return None


def reduce_levels(images: np.ndarray) -> np.ndarray:
    """Round grey levels to the sixteen that the page's digits have: multiples of 17.

    Args:
        images: uint8.
    Returns:
        uint8 of the same shape.
    """
    return ((images.astype(np.uint16) * (LEVELS - 1) + 127) // 255 * 17).astype(np.uint8)


def pack_digits(examples: Examples) -> bytes:
    """Pack digits and their labels: about 94 bytes for each.

    Args:
        examples: (N, 28, 28) uint8 images with labels 0 to 9; N at least 1.
    Returns:
        gzip of b"LNDG", N as uint32 (little-endian), N labels and N x 784 pixels of 4 bits each, two to a
        byte, the first in the high half. Equal digits give equal bytes.
    """
    assert len(examples) >= 1
    levels = reduce_levels(examples.images).reshape(-1) // 17
    count = np.array([len(examples)], "<u4").tobytes()
    content = MAGIC + count + _pack_halves(examples.labels.astype(np.uint8)) + _pack_halves(levels)
    return gzip.compress(content, 9, mtime=0)


def _pack_halves(numbers: np.ndarray) -> bytes:
    padded = np.append(numbers, np.zeros(len(numbers) % 2, np.uint8))
    return (padded[::2] << 4 | padded[1::2]).astype(np.uint8).tobytes()
