"""Recognize many pictures in turn; a picture that cannot be read does not stop the others."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np

from lenet.answer import Answer
from lenet.errors import LenetError, PictureError, UsageError
from lenet.images.files import PICTURE_SUFFIXES, list_pictures
from lenet.images.read import MAX_FILE_BYTES, read_picture
from lenet.network import Network
from lenet.storage import read_at_most

Decoded = TypeVar("Decoded")

STANDARD_INPUT = "-"
BATCH = 512  # pictures that are asked together
BATCH_PIXELS = 16_000_000  # and how many pixels they hold: a few photographs, or a batch of small pictures


@dataclass(frozen=True)
class Reading:
    """The result for one picture.

    Args:
        source: the file's path, or "-" for standard input.
        answer: the network's answer; None if the picture could not be read.
        fault: why it could not be read; None if it could.
    """

    source: str
    answer: Answer | None
    fault: LenetError | None = None


def find_pictures(sources: Iterable[str]) -> Iterator[str]:
    """Replace each folder by the pictures in it; files and "-" (standard input) stay as they are.

    Args:
        sources: paths of files and folders, or "-".
    Yields:
        The path of each picture, those of a folder sorted by name.
    Raises:
        UsageError: an empty path.
        PictureError: a folder without a picture.
    """
    for source in sources:
        if not source:  # which Path would take for the current folder
            raise UsageError("recognize.empty_path")
        # not Path.is_dir, which raises where a file's own fault should not stop the rest
        if source == STANDARD_INPUT or not os.path.isdir(source):  # noqa: PTH112
            yield source
            continue
        found = list_pictures(source)
        if not found:
            raise PictureError(
                "recognize.empty_folder", path=source, kinds=" ".join(sorted(PICTURE_SUFFIXES))
            )
        yield from map(str, found)


def recognize_pictures(network: Network, sources: Iterable[str]) -> Iterator[Reading]:
    """Recognize the digit in each picture.

    Args:
        network: the network to ask.
        sources: paths of pictures, or "-", as `find_pictures` yields them.
    Yields:
        One reading per picture, in order, as soon as it is made.
    """
    for source in sources:
        try:
            content = read_standard_input() if source == STANDARD_INPUT else Path(source)
            picture = read_picture(content)
        except LenetError as fault:
            yield Reading(source, None, fault)
        else:
            yield Reading(source, network.recognize(picture))


def recognize_contents(
    network: Network, contents: Iterable[tuple[str, bytes | np.ndarray | LenetError]]
) -> Iterator[Reading]:
    """Recognize the digits of many pictures, in batches of bounded size; the readings equal those one by one.

    Args:
        network: the network to ask.
        contents: of each picture a name and a file's content, its luminance (H, W) uint8, or why it could not
            be had.
    Yields:
        One reading per picture, in order.
    """
    batch = list[tuple[str, np.ndarray | LenetError]]()
    pixels = 0
    for name, content in contents:
        picture = decode_content(name, content, read_picture)
        batch.append((name, picture))
        pixels += picture.size if isinstance(picture, np.ndarray) else 0
        if len(batch) == BATCH or pixels >= BATCH_PIXELS:
            yield from _recognize_batch(network, batch)
            batch, pixels = [], 0
    yield from _recognize_batch(network, batch)


def decode_content(
    name: str, content: bytes | np.ndarray | LenetError, decode: Callable[[bytes], Decoded]
) -> np.ndarray | LenetError | Decoded:
    """Decode a picture that is in memory as a file; other content stays as it is, a fault names the picture.

    Args:
        name: of the picture.
        content: of a file, or its luminance, or why it could not be had.
        decode: `read_picture` or `read_sized`.
    """
    if not isinstance(content, bytes):
        return content
    try:
        return decode(content)
    except PictureError as fault:
        # it says "the picture", for bytes have no name
        return PictureError(
            fault.key, **({**fault.values, "name": name} if "name" in fault.values else fault.values)
        )


def _recognize_batch(network: Network, batch: list[tuple[str, np.ndarray | LenetError]]) -> Iterator[Reading]:
    answers = iter(network.recognize([picture for _, picture in batch if isinstance(picture, np.ndarray)]))
    for name, picture in batch:
        if isinstance(picture, np.ndarray):
            yield Reading(name, next(answers))
        else:
            yield Reading(name, None, picture)


def read_standard_input() -> bytes:
    """Read the bytes of a picture from standard input.

    Raises:
        PictureError: standard input cannot be read, or holds more than `MAX_FILE_BYTES`.
    """
    try:
        content = read_at_most(sys.stdin.buffer, MAX_FILE_BYTES + 1) if sys.stdin else b""
    except OSError as error:
        raise PictureError("file.unreadable", path=STANDARD_INPUT, reason=error.strerror or error) from error
    if len(content) > MAX_FILE_BYTES:
        limit = MAX_FILE_BYTES // 1024**2
        raise PictureError("picture.too_many_bytes", name=STANDARD_INPUT, limit=limit)
    return content
