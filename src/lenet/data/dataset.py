"""Data sets by name or by path: `load_dataset("mnist")`, `load_dataset("my/folder")`."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from os import PathLike
from pathlib import Path

import numpy as np

from lenet.codes import DIGITS
from lenet.data.csv_file import find_csv, read_csv
from lenet.data.digits import read_digits
from lenet.data.download import Progress, download_files
from lenet.data.examples import Dataset, Examples, check_limit, describe_form, is_form
from lenet.data.find import find_files, is_released
from lenet.data.folder import find_parts, is_folder_by_class, read_folder
from lenet.data.forms import take_images, take_labels
from lenet.data.idx import format_idx, read_idx
from lenet.data.idx_names import find_idx, turn_upright
from lenet.data.idx_zip import read_zip
from lenet.data.npz import read_npz
from lenet.data.parquet import find_parquet, read_parquet
from lenet.data.picture import Pick
from lenet.data.sources import MNIST, SKLEARN_DIGITS, SOURCES, Source, SourceFile
from lenet.errors import DataError, FileError, UsageError
from lenet.images.files import PICTURE_SUFFIXES
from lenet.texts import say

__all__ = ["Dataset", "Examples", "load_dataset"]

# where a person's folder may keep the four files: itself, or torchvision's places under its root
IDX_FOLDERS = ("", "raw", "MNIST/raw", "FashionMNIST/raw")
ARCHIVE = "mnist.npz"
SHOWN = 8  # names of a folder in a message


def load_dataset(
    source: str | Path = "mnist",
    *,
    limit: int | None = None,
    download: bool = True,
    progress: Progress | None = None,
    pick: Pick | None = None,
) -> Dataset:
    """Load a data set by its name or from a user's files.

    Args:
        source: "mnist", "fashion" (each from $LENET_DATA, the cache, or the mirrors), "digits" (bundled with
            scikit-learn), or a path: four IDX files (gzipped or not), torchvision's folder, Keras's
            `mnist.npz`, or a folder of pictures by class.
        limit: keep only the first so many training examples; the test part stays whole.
        download: whether missing files may be downloaded.
        progress: is called as a download goes on.
        pick: chooses how a picture of a folder is read where there are several ways, see `read_example`.
    Returns:
        The data set; `seen` says which form of data was found.
    Raises:
        UsageError: neither a name nor a path, a single picture, or a limit below 1.
        FileError: a file that cannot be read.
        DataError: damaged, incomplete or contradictory data, or missing data with `download=False`.
        DownloadError: no mirror could provide a missing file.
        MissingExtra: "digits" without scikit-learn.
    """
    if limit is not None:
        check_limit(limit)
    if not isinstance(source, str | PathLike):
        raise UsageError("data.source_kind", value=source)
    if isinstance(source, str) and source in SOURCES:
        dataset, found_by = _load_named(SOURCES[source], download, progress), source
    else:
        try:
            dataset, found_by = _load_path(Path(source), pick), str(Path(source).resolve())
        except OSError as error:
            raise FileError("file.unreadable", path=source, reason=error.strerror or error) from error
    return replace(dataset, source=found_by).limit_training(limit)


def _load_named(source: Source, download: bool, progress: Progress | None) -> Dataset:
    if source is SKLEARN_DIGITS:
        return Dataset(source.name, say("data.seen_digits"), source.labels, *read_digits())
    found = find_files(source)
    missing = tuple(file for file, path in found.items() if path is None)
    if missing and not download:
        raise DataError("data.not_here", title=source.title, name=source.name)
    fetched = dict(zip(missing, download_files(source, missing, progress), strict=True))
    paths = [path or fetched[file] for file, path in found.items()]
    arrays = read_zip(paths[0], source.members) if source.members else list(map(read_idx, paths))
    return _build(source.name, paths[0].parent, "data.form_idx", arrays, source)


def _load_path(path: Path, pick: Pick | None) -> Dataset:
    if path.is_file():
        return _load_archive(path)
    if not path.is_dir():
        raise UsageError("data.unknown", source=path, names=", ".join(SOURCES))
    for folder in (path / name for name in IDX_FOLDERS):
        files = find_idx(folder) if folder.is_dir() else []
        if any(files):
            return _load_idx(folder, files)
    if (path / ARCHIVE).is_file():
        return _load_archive(path / ARCHIVE)
    tables = find_csv(path)
    if tables:
        return _build(path.resolve().name, path, "data.form_csv", read_csv(*tables))
    parquet = find_parquet(path)
    if parquet:
        return _build_or_mnist(path.resolve().name, path, "data.form_parquet", read_parquet(*parquet))
    if not is_folder_by_class(path):
        raise DataError("data.nothing", path=path, found=_name_entries(path))
    labels, train, test = read_folder(path, pick)
    key = "data.seen_parted" if find_parts(path)[1] else "data.seen_folders"
    seen = say(key, path=path, classes=len(labels), train=len(train), test=len(test))
    return Dataset(path.resolve().name, seen, labels, train, test)


def _name_entries(folder: Path) -> str:
    """What is in a folder, for a message: the first names."""
    names = sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))
    return ", ".join(names[:SHOWN]) + (", ..." if len(names) > SHOWN else "") or "-"


def _load_idx(folder: Path, files: Sequence[Path | None]) -> Dataset:
    missing = [file.name for file, path in zip(MNIST.files, files, strict=True) if path is None]
    if missing:
        raise DataError("data.incomplete", path=folder, missing=", ".join(missing))
    paths = [path for path in files if path is not None]
    form = "data.form_torchvision" if folder.name == "raw" else "data.form_idx"
    released = [
        source for source in SOURCES.values() if source.files and all(map(is_released, paths, source.files))
    ]
    arrays = [turn_upright(path.name, read_idx(path)) for path in paths]
    return _build(folder.resolve().name, folder, form, arrays, *released)


def _load_archive(path: Path) -> Dataset:
    with path.open("rb") as file:
        if file.read(2) != b"PK":
            if path.suffix.lower() in PICTURE_SUFFIXES:
                raise UsageError("data.lone_picture", path=path)
            if path.suffix.lower() == ".csv":
                beside = find_csv(path.parent)
                test = beside[1] if beside and beside[0] == path else None
                return _build(path.stem, path, "data.form_csv", read_csv(path, test))
            if path.suffix.lower() == ".parquet":
                return _build_or_mnist(path.stem, path, "data.form_parquet", read_parquet([path], []))
            raise DataError("data.lone_file", path=path)
    return _build_or_mnist(path.stem, path, "data.form_npz", read_npz(path))


def _build_or_mnist(name: str, path: Path, form: str, arrays: Sequence[np.ndarray]) -> Dataset:
    return _build(name, path, form, arrays, *([MNIST] if _is_mnist(arrays) else []))


def _is_mnist(arrays: Sequence[np.ndarray]) -> bool:
    return all(map(_is_content, map(_narrow, arrays), MNIST.files))


def _narrow(array: np.ndarray) -> np.ndarray:
    """Whole numbers as bytes where they fit."""
    fits = array.dtype.kind in "iu" and array.size and array.min() >= 0 and array.max() <= 255
    return array.astype(np.uint8) if fits else array


def has_mnist_test_part(dataset: Dataset) -> bool:
    """Whether the test part is MNIST's, image by image and label by label, whatever its name.

    Args:
        dataset: any data set.
    """
    test, (images, labels) = dataset.test, MNIST.files[2:]
    if len(test) != MNIST.test:  # nearly all others, without hashing
        return False
    # labels that do not fit a byte are none of MNIST's, and must not be folded into one
    fits = int(test.labels.max()) < len(MNIST.labels)
    return fits and _is_content(test.images, images) and _is_content(test.labels.astype(np.uint8), labels)


def _is_content(array: np.ndarray, file: SourceFile) -> bool:
    """Whether an array, written as IDX, equals a released file."""
    return array.dtype == np.uint8 and hashlib.sha256(format_idx(array)).hexdigest() == file.content


def _build(
    name: str, path: Path, form: str, arrays: Sequence[np.ndarray], released: Source | None = None
) -> Dataset:
    """Check four arrays, in the order of a source's files, and make a data set of them."""
    train, test = (_pair(path, part, *arrays[at : at + 2]) for part, at in (("train", 0), ("test", 2)))
    if released:
        seen = say("data.seen_released", title=released.title, form=say(form), path=path)
        return Dataset(released.name, seen, released.labels, train, test)
    most = int(max(train.labels.max(initial=0), test.labels.max(initial=0)))
    if most > 255:
        raise DataError("data.too_many_classes", path=path, label=most)
    labels = DIGITS if most < len(DIGITS) else tuple(map(str, range(most + 1)))
    return Dataset(name, say("data.seen_other", form=say(form), path=path), labels, train, test)


def _pair(path: Path, part: str, images: np.ndarray, labels: np.ndarray) -> Examples:
    images, labels = take_images(images), take_labels(labels)
    if not is_form(images, labels):
        raise DataError("data.form", path=path, part=part, found=describe_form(images, labels))
    if len(images) != len(labels):
        raise DataError("data.counts", path=path, part=part, images=len(images), labels=len(labels))
    return Examples(images, labels)
