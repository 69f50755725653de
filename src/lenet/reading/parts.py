"""One part of a bulk job: its rows in a file of their own, which exists only when it is complete."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from lenet.errors import PictureError
from lenet.network import Network
from lenet.reading.entries import Content, Source
from lenet.reading.plan import Plan
from lenet.reading.pool import Job, Tell
from lenet.reading.recognize import recognize_contents
from lenet.reading.rows import describe_reading, format_rows
from lenet.storage import write_text


def name_part(folder: Path, number: int) -> Path:
    """The file of a part."""
    return folder / f"part-{number:07d}"


def list_missing(folder: Path, plan: Plan) -> list[int]:
    """The numbers of the parts that are not finished."""
    return [number for number in range(plan.parts) if not name_part(folder, number).exists()]


def make_part(folder: Path, plan: Plan, job: Job, source: Source, network: Network, tell: Tell) -> None:
    """Recognize the pictures of one part and write their rows.

    Args:
        folder: of the parts.
        plan: of the whole job.
        job: the part, and which of its pictures are left out because they ended the processes that read them.
        source: of the pictures.
        network: the network to ask.
        tell: called before each picture is read, and before the rows are written.
    Raises:
        FileError: the part cannot be written, for example on a full disk.
    """
    entries = plan.read_entries(folder, job.number)

    def read() -> Iterator[Content]:
        for index, entry in enumerate(entries):
            tell(index)
            if index in job.deadly:
                name = _name_entry(source, entry)
                yield name, PictureError("bulk.deadly", name=name)
            else:
                yield from source.read([entry])

    rows = [describe_reading(reading) for reading in recognize_contents(network, read())]
    # an orphan, whose parent was killed, ends here instead of writing into a folder that another job may own
    tell(len(entries), now=True)
    write_text(name_part(folder, job.number), format_rows(rows, header=False))


def _name_entry(source: Source, entry: list[object]) -> str:
    path = getattr(source, "path", None)
    inner = next((word for word in entry if isinstance(word, str)), None)
    if path is None:
        return str(inner)
    return f"{path}#{entry[0]}" if inner is None else f"{path}/{inner}"
