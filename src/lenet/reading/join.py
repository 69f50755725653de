"""The finished parts of a bulk job, joined in order into one table: CSV or parquet."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from io import StringIO
from itertools import islice
from pathlib import Path
from typing import Any

from lenet.errors import MissingExtra, UsageError
from lenet.reading.rows import COLUMNS, NUMBERS, format_rows, parse_rows
from lenet.storage import open_whole

TABLE_SUFFIXES = (".csv", ".parquet")
GROUP_ROWS = 20_000  # rows of a parquet file's row group


def check_table_suffix(out: Path) -> None:
    """Check that a table can be written in the form that its name asks for.

    Raises:
        UsageError: neither .csv nor .parquet.
        MissingExtra: .parquet without pyarrow.
    """
    if out.suffix not in TABLE_SUFFIXES:
        raise UsageError("bulk.suffix", path=out)
    if out.suffix == ".parquet":
        try:
            import pyarrow.parquet  # noqa: F401
        except ImportError as error:
            raise MissingExtra("extra.missing", package="pyarrow", extra="bulk") from error


def join_parts(parts: Sequence[Path], out: Path) -> Counter[tuple[str | None, str | None]]:
    """Write one table from the files of all parts, whole or not at all.

    Args:
        parts: their files, in order.
        out: a .csv or .parquet file.
    Returns:
        How many rows have each pair of verdict and label; None and None: a picture that could not be read.
    Raises:
        FileError: it cannot be written.
    """
    counts = Counter[tuple[str | None, str | None]]()

    def read_all(copy: Callable[[bytes], object]) -> Iterator[dict[str, Any]]:
        for part in parts:
            content = part.read_bytes()
            copy(content)
            for row in parse_rows(StringIO(content.decode(), newline="")):
                counts[row["verdict"], row["label"]] += 1
                yield row

    with open_whole(out) as beside:
        if out.suffix == ".parquet":
            _write_parquet(read_all(len), beside)
        else:
            with beside.open("wb") as file:
                file.write(format_rows([], header=True).encode())
                deque(read_all(file.write), maxlen=0)
    return counts


def _write_parquet(rows: Iterator[dict[str, Any]], path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pa.schema([(name, pa.float64() if name in NUMBERS else pa.string()) for name in COLUMNS])
    with pq.ParquetWriter(path, schema) as writer:
        while group := list(islice(rows, GROUP_ROWS)):
            writer.write_table(pa.Table.from_pylist(group, schema))
