"""A folder of pictures by class: each subfolder holds the pictures of the class that it is named after."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from lenet.data.examples import Examples
from lenet.data.picture import Pick, read_example
from lenet.data.split import TEST_PART
from lenet.errors import DataError
from lenet.images.files import list_pictures

# MNIST tests on 10,000 of 70,000; of a folder without test/ the last sixth of each class is for testing
PARTS = (("train", "test"), ("training", "testing"))


def find_parts(path: Path) -> tuple[Path, Path | None]:
    """The folder of the training part and that of the test part; None if there is no separate test part."""
    for train, test in PARTS:
        if (path / train).is_dir() and (path / test).is_dir():
            return path / train, path / test
    return path, None


def is_folder_by_class(path: Path) -> bool:
    """Whether a folder has subfolders with pictures, directly or in its training part."""
    return any(list_pictures(folder) for folder in _list_folders(find_parts(path)[0]))


def read_folder(path: Path, pick: Pick | None = None) -> tuple[tuple[str, ...], Examples, Examples]:
    """Read pictures by class into MNIST's form.

    Args:
        path: a folder with one subfolder per class, or with `train` and `test` (`training` and `testing`)
            that have them.
        pick: see `read_example`.
    Returns:
        The classes sorted by name, the training part and the test part, the classes evenly mixed in both.
        The test part is `test`, or else the last sixth of each class sorted by file name (of two pictures
        one).
    Raises:
        DataError: fewer than two classes, only one picture of each and no `test`, one class under `test` that
            `train` does not have, or a blank picture.
        PictureError: a picture that cannot be read.
    Assumption:
        A picture of 28x28 already has MNIST's geometry, so only its polarity is adjusted: if the median of
        its border is dark, the ink is light. Pictures of other sizes are normalized as MNIST's digits were.
    """
    train_folder, test_folder = find_parts(path)
    classes = tuple(folder.name for folder in _list_folders(train_folder) if list_pictures(folder))
    if len(classes) < 2:
        raise DataError("data.one_class", path=path, found=", ".join(classes))
    train = [list_pictures(train_folder / name) for name in classes]
    if test_folder:
        extra = [folder.name for folder in _list_folders(test_folder) if folder.name not in classes]
        if extra:
            raise DataError("data.extra_class", path=test_folder, found=", ".join(extra))
        # a class may lack test pictures, and then its folder as well
        folders = [test_folder / name for name in classes]
        test = [list_pictures(folder) if folder.is_dir() else [] for folder in folders]
    else:
        kept = [len(files) - max(len(files) // TEST_PART, min(len(files) - 1, 1)) for files in train]
        test = [files[count:] for files, count in zip(train, kept, strict=True)]
        train = [files[:count] for files, count in zip(train, kept, strict=True)]
        if not any(test):
            raise DataError("data.one_picture", path=path)
    return classes, _read_examples(train, pick), _read_examples(test, pick)


def _list_folders(path: Path) -> list[Path]:
    return sorted(entry for entry in path.iterdir() if entry.is_dir() and not entry.name.startswith("."))


def _read_examples(classes: list[list[Path]], pick: Pick | None) -> Examples:
    """Read pictures with the classes evenly mixed, so that every stretch of the result has all of them."""
    places = [
        ((i + 0.5) / len(files), label, path)
        for label, files in enumerate(classes)
        for i, path in enumerate(files)
    ]
    places.sort()
    images = [read_example(path, pick=pick) for _, _, path in places]
    labels = [label for _, label, _ in places]
    stacked = np.stack(images) if images else np.empty((0, 28, 28), np.uint8)
    return Examples(stacked, np.array(labels, np.int64))
