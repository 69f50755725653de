"""Labelled images: a data set, its training and test parts, and its fingerprint."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from functools import cached_property
from numbers import Integral
from typing import Any, Self

import numpy as np

from lenet.errors import DataError, ShapeError, UsageError


@dataclass(frozen=True, eq=False, repr=False)
class Examples:
    """Images with their labels.

    Args:
        images: (N, 28, 28) uint8, ink 255 on background 0.
        labels: (N,) integers from 0; kept as int64.
    Raises:
        ShapeError: another shape or type, or not one label per image.
    """

    images: np.ndarray
    labels: np.ndarray

    def __post_init__(self) -> None:
        images, labels = self.images, self.labels
        if not is_form(images, labels) or len(labels) != len(images):
            raise ShapeError("data.examples", found=describe_form(images, labels))
        object.__setattr__(self, "labels", labels.astype(np.int64, copy=False))

    def __len__(self) -> int:
        return len(self.labels)

    def __repr__(self) -> str:
        return f"Examples({len(self):,} images of 28x28)"

    def take(self, indices: np.ndarray | slice) -> Self:
        """The examples at these indices, in this order; a slice shares memory with the original."""
        return type(self)(self.images[indices], self.labels[indices])

    def first(self, n: int) -> Self:
        """The first `n` examples, or all if there are fewer."""
        return self.take(slice(0, n))


@dataclass(frozen=True, eq=False)
class Dataset:
    """A named set with its training and test parts.

    Args:
        name: "mnist", "fashion", "digits", or the name of a user's own file or folder.
        seen: a sentence for the user that says which form of data was found, and where.
        labels: the name of each class, by its number.
        train, test: the two parts, in the order of their files.
        source: the argument with which `load_dataset` loads it again from any working directory; None for a
            data set made by hand.
    Raises:
        DataError: an empty part, or a label without a name.
    """

    name: str
    seen: str
    labels: tuple[str, ...]
    train: Examples
    test: Examples
    source: str | None = None

    def __post_init__(self) -> None:
        for part, examples in (("train", self.train), ("test", self.test)):
            if not len(examples):
                raise DataError("data.empty", name=self.name, part=part)
            wrong = np.flatnonzero((examples.labels < 0) | (examples.labels >= len(self.labels)))
            if len(wrong):
                at = int(wrong[0])
                label, most = int(examples.labels[at]), len(self.labels) - 1
                raise DataError("data.label", name=self.name, part=part, index=at, label=label, most=most)

    def limit_training(self, limit: int | None) -> Self:
        """The same data set with only the first `limit` training examples; None for all.

        Raises:
            UsageError: not an integer, or below 1.
        """
        if limit is None:
            return self
        check_limit(limit)
        return replace(self, train=self.train.first(limit))

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of both parts, shapes included: equal for equal data, whatever its source."""
        digest = hashlib.sha256()
        for examples in (self.train, self.test):
            digest.update(f"{examples.images.shape}".encode())
            digest.update(np.ascontiguousarray(examples.images).data)
            digest.update(examples.labels.astype("<i8").tobytes())
        return digest.hexdigest()


def is_form(images: np.ndarray, labels: np.ndarray) -> bool:
    """Whether two arrays are (N, 28, 28) uint8 and (M,) integers; N and M may differ."""
    fits = images.ndim == 3 and images.shape[1:] == (28, 28) and images.dtype == np.uint8
    return fits and labels.ndim == 1 and labels.dtype.kind in "iu"


def describe_form(images: np.ndarray, labels: np.ndarray) -> str:
    """The shapes and types of two arrays, for an error message."""
    return f"{images.shape} {images.dtype}, {labels.shape} {labels.dtype}"


def check_limit(limit: Any) -> None:
    """Check a number of examples.

    Raises:
        UsageError: not an integer, or below 1.
    """
    if type(limit) is bool or not isinstance(limit, Integral) or limit < 1:
        raise UsageError("data.limit", limit=limit)
