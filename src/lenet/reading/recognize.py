"""Recognize many pictures in turn; a picture that cannot be read does not stop the others."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from lenet.errors import LenetError, PictureError, UsageError
from lenet.images.files import SUFFIXES, list_pictures
from lenet.images.read import MAX_FILE_BYTES, read_picture
from lenet.network import Answer, Network
from lenet.storage import read_at_most

STANDARD_INPUT = "-"


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
            raise PictureError("recognize.empty_folder", path=source, kinds=" ".join(sorted(SUFFIXES)))
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
