"""Download the files of a named set into the cache: every mirror in turn, whole and checked or not at all."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from lenet.data.find import find_in_cache, get_cache_folder, hash_file
from lenet.data.sources import Source, SourceFile
from lenet.errors import DownloadError
from lenet.storage import open_whole
from lenet.texts import say

# file name, bytes so far, bytes in all
Progress = Callable[[str, int, int], None]

TIMEOUT = (5.0, 15.0)  # seconds to connect, and without a byte
DEADLINE = 3600.0  # seconds for one file from one mirror, looked at whenever a chunk is full
CHUNK = 8 * 1024


class _MirrorFault(Exception):
    """Why one mirror did not give the file, for the reader."""


def download_files(
    source: Source, files: tuple[SourceFile, ...] | None = None, progress: Progress | None = None
) -> list[Path]:
    """Bring files of a named set into the cache; what is there and whole is not downloaded again.

    Args:
        source: the set.
        files: which of its files; None for all.
        progress: is told as the bytes arrive.
    Returns:
        The path of each file in the cache.
    Raises:
        DownloadError: every mirror failed for one file.
        FileError: the cache cannot be written.
    """
    mirrors = list(source.mirrors)
    return [
        _bring(source, file, mirrors, progress) for file in source.files if files is None or file in files
    ]


def _bring(source: Source, file: SourceFile, mirrors: list[str], progress: Progress | None) -> Path:
    cached = find_in_cache(source, file)
    if cached:
        return cached
    path = get_cache_folder() / source.name / file.name
    faults = []
    for mirror in tuple(mirrors):
        try:
            with open_whole(path) as part:
                _download(mirror + file.name, file, part, progress)
        except _MirrorFault as fault:
            faults.append(f"{urlsplit(mirror).netloc}: {fault}")
            mirrors.append(mirrors.pop(0))  # the next file begins with a mirror that answers
        else:
            return path
    raise DownloadError(
        "data.download_failed",
        title=source.title,
        file=file.name,
        faults="; ".join(faults),
        folder=path.parent,
        mirrors=" , ".join(source.mirrors),
    )


def _download(url: str, file: SourceFile, part: Path, progress: Progress | None) -> None:
    import pooch
    import requests

    download = pooch.HTTPDownloader(
        progressbar=_Meter(file, progress),
        chunk_size=CHUNK,
        timeout=TIMEOUT,
        headers={"Accept-Encoding": "identity"},  # the file as it is stored
    )
    try:
        download(url, str(part), None)
    except requests.HTTPError as error:
        status = "?" if error.response is None else error.response.status_code
        raise _MirrorFault(say("data.fault_status", status=status)) from error
    except requests.Timeout as error:
        raise _MirrorFault(say("data.fault_timeout")) from error
    except requests.RequestException as error:
        raise _MirrorFault(say("data.fault_connection", reason=type(error).__name__)) from error
    except ValueError as error:  # of pooch, where a mirror announces a length that is no number
        raise _MirrorFault(say("data.fault_connection", reason=error)) from error
    size = part.stat().st_size
    if size != file.bytes:
        raise _MirrorFault(say("data.fault_size", found=size, expected=file.bytes))
    if hash_file(part) != file.sha256:
        raise _MirrorFault(say("data.fault_checksum"))


class _Meter:
    """What pooch tells about its progress; it stops a mirror that sends too much, or too slowly."""

    def __init__(self, file: SourceFile, progress: Progress | None) -> None:
        self.file = file
        self.progress = progress
        self.total = 0  # set by pooch to what the mirror announces
        self.done = 0
        self.begun = time.monotonic()

    def update(self, size: int) -> None:
        self.done += size  # a whole chunk, even where the last one is shorter
        if self.done >= self.file.bytes + CHUNK:
            raise _MirrorFault(say("data.fault_size", found=f"> {self.file.bytes}", expected=self.file.bytes))
        if time.monotonic() - self.begun > DEADLINE:
            raise _MirrorFault(say("data.fault_timeout"))
        if self.progress:
            self.progress(self.file.name, min(self.done, self.file.bytes), self.file.bytes)

    def reset(self) -> None:
        self.done = 0

    def close(self) -> None:
        pass
