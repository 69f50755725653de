"""Digits as lines of comma-separated numbers: Kaggle's train.csv, and mnist_train.csv of many tutorials."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from lenet.data.forms import PIXELS
from lenet.data.idx import MAX_BYTES
from lenet.data.split import TEST_PART
from lenet.errors import DataError, FileError


def find_csv(folder: Path) -> tuple[Path, Path | None] | None:
    """The files of a folder that hold digits: one named "train", and one named "test" if there is any."""
    files = sorted(path for path in folder.glob("*.csv") if path.is_file())
    train = [path for path in files if "train" in path.name.lower()]
    test = [path for path in files if "test" in path.name.lower()]
    return (train[0], test[0] if len(test) == 1 else None) if len(train) == 1 else None


def read_csv(train: Path, test: Path | None) -> list[np.ndarray]:
    """Read training and test digits.

    Args:
        train: a file with labels.
        test: another one; without labels, as Kaggle's, it is left out. None: there is none.
    Returns:
        Training images, training labels, test images, test labels. Without labelled test digits the last
        sixth of the training digits is the test part.
    Raises:
        FileError: absent, unreadable or too large.
        DataError: not lines of a label and 784 grey levels.
    """
    images, labels = _read_file(train)
    if labels is None:
        raise DataError("data.csv_labels", path=train)
    if test is not None:
        test_images, test_labels = _read_file(test)
        if test_labels is not None:
            return [images, labels, test_images, test_labels]
    kept = len(images) - max(1, len(images) // TEST_PART)
    return [images[:kept], labels[:kept], images[kept:], labels[kept:]]


def _read_file(path: Path) -> tuple[np.ndarray, np.ndarray | None]:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise FileError("file.too_large", path=path, limit=MAX_BYTES)
        with path.open(encoding="utf-8-sig") as lines:
            names = lines.readline().strip().split(",")
            headed = not all(map(_is_number, names))
            if not headed:
                lines.seek(0)
            table = np.loadtxt(lines, np.float32, delimiter=",", ndmin=2, quotechar='"')
    except FileNotFoundError as error:
        raise FileError("file.absent", path=path) from error
    except (OSError, UnicodeDecodeError) as error:
        raise FileError(
            "file.unreadable", path=path, reason=getattr(error, "strerror", None) or error
        ) from error
    except ValueError as error:  # not a number, or rows of different lengths
        raise DataError("data.csv_form", path=path, found=" ".join(str(error).split())[:120]) from error
    return _split(path, table, [name.strip().strip('"').lower() for name in names] if headed else [])


def _is_number(word: str) -> bool:
    try:
        float(word.strip().strip('"'))
    except ValueError:
        return False
    return True


def _split(path: Path, table: np.ndarray, names: list[str]) -> tuple[np.ndarray, np.ndarray | None]:
    columns = table.shape[1]
    if not len(table) or columns not in (PIXELS, PIXELS + 1):
        raise DataError("data.csv_form", path=path, found=f"{len(table)} x {columns}")
    if not (table >= 0).all() or not (table <= 255).all() or (table != np.rint(table)).any():
        raise DataError("data.csv_range", path=path)
    if columns == PIXELS:
        return table.astype(np.uint8).reshape(-1, 28, 28), None
    at = names.index("label") if "label" in names else 0
    pixels = np.delete(table, at, axis=1)
    return pixels.astype(np.uint8).reshape(-1, 28, 28), table[:, at].astype(np.int64)
