"""Recognize many pictures one after the other; one that cannot be read does not stop the rest."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from lenet.errors import LenetError, PictureError, UsageError
from lenet.images.read import MAX_FILE_BYTES, read_picture
from lenet.network import Answer, Network
from lenet.storage import read_at_most

# what a folder is searched for; a file that is named is read whatever its name
SUFFIXES = {".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".bmp", ".gif", ".avif", ".heic"}
STANDARD_INPUT = "-"


@dataclass(frozen=True)
class Reading:
    """What came of one picture.

    Args:
        source: the file's path, or "-" for standard input.
        answer: what the network says; None where the picture could not be read.
        fault: why it could not be read.
    """

    source: str
    answer: Answer | None
    fault: LenetError | None = None


def find_pictures(sources: Iterable[str]) -> Iterator[str]:
    """The files that are meant: files themselves, the pictures of a folder by name, "-" for standard input.

    Args:
        sources: paths of files and folders, or "-".
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
        found = sorted(path for path in Path(source).iterdir() if path.suffix.lower() in SUFFIXES)
        if not found:
            raise PictureError("recognize.empty_folder", path=source, kinds=" ".join(sorted(SUFFIXES)))
        yield from map(str, found)


def recognize_pictures(network: Network, sources: Iterable[str]) -> Iterator[Reading]:
    """Recognize the digit in every picture.

    Args:
        network: which.
        sources: as `find_pictures` gives them.
    Returns:
        A reading for each, in order, as soon as it is made.
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
    """The picture on standard input.

    Raises:
        PictureError: unreadable, or more bytes than a picture may have.
    """
    try:
        content = read_at_most(sys.stdin.buffer, MAX_FILE_BYTES + 1) if sys.stdin else b""
    except OSError as error:
        raise PictureError("file.unreadable", path=STANDARD_INPUT, reason=error.strerror or error) from error
    if len(content) > MAX_FILE_BYTES:
        limit = MAX_FILE_BYTES // 1024**2
        raise PictureError("picture.too_many_bytes", name=STANDARD_INPUT, limit=limit)
    return content
