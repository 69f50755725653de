"""Digits in parquet files, as Hugging Face distributes MNIST: a column of image files and one of labels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from lenet.data.picture import read_example
from lenet.data.split import TEST_PART
from lenet.errors import DataError, FileError, MissingExtra, PictureError

FOLDERS = ("", "data", "mnist")  # where the files lie in a downloaded repository
LABELS = ("label", "labels", "class", "target", "digit", "y")  # what a column of labels is called
BATCH_ROWS = 256


def find_parquet(folder: Path) -> tuple[list[Path], list[Path]] | None:
    """The parquet files of a folder: those whose names begin with "train", and with "test".

    Returns:
        Both lists, sorted; None where there are no files of a training part.
    """
    for inner in FOLDERS:
        files = sorted(path for path in (folder / inner).glob("*.parquet") if path.is_file())
        parts = [[path for path in files if path.name.lower().startswith(part)] for part in ("train", "test")]
        if parts[0]:
            return parts[0], parts[1]
    return None


def read_parquet(train: Sequence[Path], test: Sequence[Path]) -> list[np.ndarray]:
    """Read training and test digits.

    Args:
        train: files, in the order of their rows.
        test: others; without any, the last sixth of the training digits is the test part.
    Returns:
        Training images (N, 28, 28) uint8, training labels (N,) int64, test images, test labels.
    Raises:
        MissingExtra: pyarrow is not installed.
        FileError: absent or unreadable.
        DataError: not parquet, without a column of image files or of labels, or a row without a digit.
    """
    images, labels = _read_files(train)
    if test:
        return [images, labels, *_read_files(test)]
    kept = len(images) - max(1, len(images) // TEST_PART)
    return [images[:kept], labels[:kept], images[kept:], labels[kept:]]


def _read_files(paths: Sequence[Path]) -> tuple[np.ndarray, np.ndarray]:
    images: list[np.ndarray] = []
    labels: list[int] = []
    for path in paths:
        for image, label in _read_rows(path):
            images.append(image)
            labels.append(label)
    if not images:
        raise DataError("data.parquet_empty", path=paths[0])
    return np.stack(images), np.array(labels, np.int64)


def _read_rows(path: Path) -> Iterator[tuple[np.ndarray, int]]:
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError as error:
        raise MissingExtra("extra.missing", package="pyarrow", extra="bulk") from error
    try:
        file = pq.ParquetFile(path)
        column, target = _choose_columns(path, file.schema_arrow, pa.types)
        number = 0
        for batch in file.iter_batches(BATCH_ROWS, columns=[column, target]):
            rows = zip(batch.column(column).to_pylist(), batch.column(target).to_pylist(), strict=True)
            for value, label in rows:
                yield _read_image(value, f"{path}#{number}"), _take_label(label, f"{path}#{number}")
                number += 1
    except (pa.ArrowException, UnicodeDecodeError) as error:
        raise DataError("data.parquet", path=path, reason=error) from error
    except OSError as error:
        raise FileError("file.unreadable", path=path, reason=error.strerror or error) from error


def _choose_columns(path: Path, schema: Any, types: Any) -> tuple[str, str]:
    """The column of image files and that of labels: the only ones of their kinds, or those of known names."""

    def holds_files(kind: Any) -> bool:
        if types.is_struct(kind):
            return any(field.name == "bytes" for field in kind)
        return bool(types.is_binary(kind) or types.is_large_binary(kind))

    images = [field.name for field in schema if holds_files(field.type)]
    whole = [field.name for field in schema if types.is_integer(field.type)]
    named = [name for name in whole if name.lower() in LABELS]
    labels = named if len(named) == 1 else whole
    if len(images) != 1 or len(labels) != 1:
        raise DataError("data.parquet_columns", path=path, names=", ".join(schema.names))
    return images[0], labels[0]


def _read_image(value: Any, name: str) -> np.ndarray:
    content = value.get("bytes") if isinstance(value, dict) else value
    if not isinstance(content, bytes):
        raise DataError("data.parquet_row", path=name)
    try:
        return read_example(content, name)
    except PictureError as error:
        raise DataError("data.picture", path=name, reason=error) from error


def _take_label(value: Any, name: str) -> int:
    if value is None:
        raise DataError("data.parquet_row", path=name)
    return int(value)
