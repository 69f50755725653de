"""The plan of a bulk job: what is read, by which network, in which parts; on disk before the first part."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

import numpy as np

from lenet.errors import RunError
from lenet.network import Network
from lenet.reading.entries import Entry, Source
from lenet.storage import open_whole, read_bytes, write_text

PLAN_FILE, LISTING_FILE, JOINED_FILE = "plan.json", "listing", "joined.json"
MAX_PLAN_BYTES = 256 * 1024 * 1024


@dataclass(frozen=True)
class Plan:
    """Everything that decides the rows of a job; two equal plans give the same bytes.

    Args:
        source: as it was given.
        column: of a parquet source; None elsewhere.
        listing: SHA-256 of the list of all entries.
        count: number of entries.
        part: entries in each part but the last.
        network: its name or path, as it was given.
        digest: SHA-256 of its arrays, architecture, labels and card.
        version: of lenet.
        language: of the reasons and errors in the rows.
        offsets: where each part begins in the listing, in bytes.
    """

    source: str
    column: str | None
    listing: str
    count: int
    part: int
    network: str
    digest: str
    version: str
    language: str
    offsets: tuple[int, ...]

    @classmethod
    def read(cls, folder: Path) -> Self | None:
        """Read the plan in a folder of parts; None if there is none.

        Raises:
            RunError: it is damaged.
            FileError: it cannot be read.
        """
        path = folder / PLAN_FILE
        if not path.exists():
            return None
        try:
            values = json.loads(read_bytes(path, MAX_PLAN_BYTES))
            return cls(**{**values, "offsets": tuple(values["offsets"])})
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise RunError("bulk.damaged_plan", path=path) from error

    def write(self, folder: Path) -> None:
        """Write the plan into a folder of parts."""
        write_text(folder / PLAN_FILE, json.dumps(asdict(self), indent=1, ensure_ascii=True) + "\n")

    def compare(self, other: Plan) -> list[str]:
        """The names of the fields that differ, the part size and its offsets apart."""
        mine, others = asdict(self), asdict(other)
        return [name for name in mine if name not in ("part", "offsets") and mine[name] != others[name]]

    @property
    def parts(self) -> int:
        """Number of parts."""
        return len(self.offsets)

    def count_part(self, number: int) -> int:
        """How many entries a part has."""
        return min(self.part, self.count - number * self.part)

    def read_entries(self, folder: Path, number: int) -> list[Entry]:
        """The entries of one part, from the listing in the folder."""
        with (folder / LISTING_FILE).open("rb") as file:
            file.seek(self.offsets[number])
            return [json.loads(file.readline()) for _ in range(self.count_part(number))]


def write_listing(source: Source, part: int, path: Path) -> tuple[str, int, tuple[int, ...]]:
    """Write the list of a source's entries, a line of JSON each, without holding them in memory.

    Args:
        source: what is listed.
        part: entries in a part.
        path: of the listing.
    Returns:
        Its SHA-256, the number of entries, and where each part begins.
    """
    digest, count, place, offsets = hashlib.sha256(), 0, 0, list[int]()
    with open_whole(path) as beside, beside.open("wb") as file:
        for line in _format_entries(source):
            if count % part == 0:
                offsets.append(place)
            digest.update(line)
            file.write(line)
            count, place = count + 1, place + len(line)
    return digest.hexdigest(), count, tuple(offsets)


def _format_entries(source: Source) -> Iterator[bytes]:
    # ASCII: names that are no UTF-8 survive as escaped surrogates
    return (json.dumps(entry).encode("ascii") + b"\n" for entry in source.list())


def digest_network(network: Network) -> str:
    """SHA-256 of all that decides a network's answers."""
    digest = hashlib.sha256(json.dumps(network.metadata, sort_keys=True, default=str).encode())
    for name in sorted(network.parameters):
        digest.update(name.encode())
        digest.update(np.ascontiguousarray(network.parameters[name]).tobytes())
    return digest.hexdigest()
