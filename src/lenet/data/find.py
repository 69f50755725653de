"""Where the files of a named set lie: in $LENET_DATA, then in the cache; known by content, not by name."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from lenet.data.idx import format_idx, read_idx
from lenet.data.sources import SOURCES, Source, SourceFile
from lenet.errors import DataError, FileError


def get_cache_folder() -> Path:
    """The folder of downloaded sets: `$LENET_CACHE`, or else the system's place for caches."""
    chosen = os.environ.get("LENET_CACHE")
    if chosen:
        return Path(chosen)
    import pooch

    return Path(pooch.os_cache("lenet"))


def find_files(source: Source) -> dict[SourceFile, Path | None]:
    """Look for every file of a named set, gzipped or not.

    Returns:
        The path of each file of `source.files`, None where it is in neither place.
    Raises:
        DataError: $LENET_DATA is no folder, or what it holds under the file's name is no released file.
    """
    return {file: _find_in_data(source, file) or find_in_cache(source, file) for file in source.files}


def find_in_cache(source: Source, file: SourceFile) -> Path | None:
    """The cached file, if it is there and whole."""
    path = get_cache_folder() / source.name / file.name
    return path if path.is_file() and hash_file(path) == file.sha256 else None


def _find_in_data(source: Source, file: SourceFile) -> Path | None:
    data = os.environ.get("LENET_DATA")
    if not data:
        return None
    if not Path(data).is_dir():
        raise DataError("data.no_data_folder", path=data)
    foreign = None
    for path in _list_candidates(Path(data), source, file):
        if is_released(path, file):
            return path
        if foreign is None and not _is_of_another_set(path, source):
            foreign = path
    if foreign is not None:
        key = "data.zip_not_released" if source.members else "data.not_released"
        raise DataError(key, path=foreign, title=source.title, folder=foreign.parent)
    return None


def _list_candidates(data: Path, source: Source, file: SourceFile) -> Iterator[Path]:
    for folder in source.folders:
        for name in (file.name, file.name.removesuffix(".gz")):
            path = data / folder / name
            if path.is_file():
                yield path


def _is_of_another_set(path: Path, source: Source) -> bool:
    others = (other for other in SOURCES.values() if other is not source)
    return any(is_released(path, file) for other in others for file in other.files)


def is_released(path: Path, file: SourceFile) -> bool:
    """Whether a file is this released one, as released, gunzipped, or gzipped anew."""
    if hash_file(path) in (file.sha256, file.content):
        return True
    if file.content is None:
        return False
    try:
        content = format_idx(read_idx(path))
    except FileError:
        return False
    return hashlib.sha256(content).hexdigest() == file.content


def hash_file(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal.

    Raises:
        FileError: absent or unreadable.
    """
    try:
        with path.open("rb") as content:
            return hashlib.file_digest(content, "sha256").hexdigest()
    except OSError as error:
        raise FileError("file.unreadable", path=path, reason=error.strerror or error) from error
