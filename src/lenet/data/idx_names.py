"""The four IDX files of a set under the names that downloads, browsers and unpackers give them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from lenet.errors import DataError

# in the order of a source's files
ROLES = (("train", "images"), ("train", "labels"), ("test", "images"), ("test", "labels"))
# train-images-idx3-ubyte, t10k-labels.idx1-ubyte, qmnist-train-labels-idx2-int, emnist-digits-test-images...
NAME = re.compile(
    r"(?P<set>(?:q|k|e)?mnist(?:-(?:byclass|bymerge|balanced|letters|digits|mnist))?[-_])?"
    r"(?P<part>train|t10k|test)[-_. ]*(?P<kind>images|labels)[-_. ]*idx[1-3][-_. ]*(?:ubyte|int)"
)
COPY = re.compile(r"\s*\(\d+\)|\s+|\.gz$")  # what a browser adds to a second download


def find_idx(folder: Path) -> list[Path | None]:
    """Look for a set's four files in a folder, and in folders of their own names, as some archives unpack.

    Args:
        folder: an existing folder.
    Returns:
        Training images, training labels, test images, test labels; None for each that is missing.
    Raises:
        DataError: files of several sets.
    """
    found: dict[tuple[str, str], dict[str, Path]] = {}
    for path in _list_files(folder):
        match = NAME.fullmatch(COPY.sub("", path.name.lower()))
        if match:
            part = "train" if match["part"] == "train" else "test"
            # the plain file before the gzipped one, the first download before its copies
            found.setdefault((part, match["kind"]), {}).setdefault(match["set"] or "", path)
    sets = {name for files in found.values() for name in files}
    if len(sets) > 1:
        names = ", ".join(sorted(name.rstrip("-_") or "mnist" for name in sets))
        raise DataError("data.several_sets", path=folder, names=names)
    return [next(iter(found.get(role, {}).values()), None) for role in ROLES]


def turn_upright(name: str, array: np.ndarray) -> np.ndarray:
    """The content of an IDX file with upright images: EMNIST's have rows and columns exchanged.

    Args:
        name: of the file.
        array: what it holds.
    """
    if array.ndim == 3 and name.lower().startswith("emnist"):
        return np.ascontiguousarray(array.transpose(0, 2, 1))
    return array


def _list_files(folder: Path) -> Iterator[Path]:
    entries = sorted(folder.iterdir(), key=lambda path: (path.suffix == ".gz", len(path.name), path.name))
    for path in entries:
        if path.is_file():
            yield path
        elif NAME.fullmatch(COPY.sub("", path.name.lower())):
            yield from sorted(each for each in path.iterdir() if each.is_file())
