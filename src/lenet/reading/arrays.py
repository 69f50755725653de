"""Pictures in one file of many: IDX images, and a parquet column of image files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from lenet.errors import DataError, FileError, LenetError, MissingExtra, PictureError, UsageError
from lenet.reading.entries import Content, Entry

BATCH_ROWS = 64  # of a parquet file, read at a time


class Idx:
    """The images of an IDX file, as MNIST stores them.

    Args:
        path: of the file, gzipped or not.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @cached_property
    def _images(self) -> np.ndarray:
        from lenet.data.idx import read_idx

        images = read_idx(self.path)
        if images.dtype != np.uint8 or images.ndim != 3:
            raise DataError("bulk.idx", path=self.path, shape=images.shape, type=images.dtype)
        return images

    def list(self) -> Iterator[Entry]:
        """The number of each image."""
        return ([number] for number in range(len(self._images)))

    def read(self, entries: Iterable[Entry]) -> Iterator[Content]:
        """Each image, named by the file and its number."""
        for (number,) in entries:
            yield f"{self.path}#{number}", self._images[number]


class Parquet:
    """The pictures of a parquet file: a column of image files, each bytes or a struct of `bytes` and `path`.

    Args:
        path: of the file.
        column: its name; None: the only one that holds bytes.
    Raises:
        MissingExtra: pyarrow is not installed.
        FileError, DataError: it cannot be read, or is no parquet file.
        UsageError: no such column, or several that it could be.
    """

    def __init__(self, path: Path, column: str | None) -> None:
        self.path = path
        self._file = _open_parquet(path)
        self.column = self._choose(column)
        self._rows: Iterator[tuple[int, Any]] = iter(())
        self._begin = 0
        self._batch: Any = None
        self._damaged, self._fault = (0, 0), FileError("file.unreadable", path=path, reason="-")

    def _choose(self, column: str | None) -> str:
        import pyarrow as pa

        def holds_bytes(kind: Any) -> bool:
            return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind))

        fields = {
            field.name: field.type
            for field in self._file.schema_arrow
            if holds_bytes(field.type)
            or (pa.types.is_struct(field.type) and any(each.name == "bytes" for each in field.type))
        }
        names = ", ".join(self._file.schema_arrow.names)
        if column is None and len(fields) == 1:
            return next(iter(fields))
        if column is None or column not in fields:
            raise UsageError("bulk.no_column", path=self.path, column=column or "-", names=names)
        return column

    def list(self) -> Iterator[Entry]:
        """The number of each row."""
        return ([number] for number in range(self._file.metadata.num_rows))

    def read(self, entries: Iterable[Entry]) -> Iterator[Content]:
        """Each row's picture, named by its path, or by the file and its number.

        Rows after those of the call before are reached without starting their group again.
        """
        import pyarrow as pa

        for (number,) in entries:
            place = f"{self.path}#{number}"
            if self._damaged[0] <= number < self._damaged[1]:
                yield place, self._fault
                continue
            try:
                value = self._find(number)
            # a damaged page is an OSError, too, a damaged name no UTF-8; StopIteration: fewer rows than told
            except (pa.ArrowException, OSError, UnicodeDecodeError, StopIteration) as error:
                self._give_up(number, error)
                yield place, self._fault
            else:
                yield self._name(value, number), _take_bytes(value, self.path, number)

    def _give_up(self, number: int, error: Exception) -> None:
        """Leave out the rest of a damaged group: to read it again for every row would take very long."""
        self._batch, self._fault = None, FileError("file.unreadable", path=self.path, reason=error or "-")
        end = 0
        for group in range(self._file.num_row_groups):
            end += self._file.metadata.row_group(group).num_rows
            if number < end:
                break
        self._damaged = number, max(end, number + 1)

    def _find(self, number: int) -> Any:
        if number < self._begin or self._batch is None:
            self._rows, self._begin, self._batch = self._walk(number), number, None
        while self._batch is None or number >= self._begin + self._batch.num_rows:
            self._begin, self._batch = next(self._rows)
        return self._batch.column(0)[number - self._begin].as_py()

    def _walk(self, first: int) -> Iterator[tuple[int, Any]]:
        """The rows from the group of `first` on, in batches: a group may be larger than memory."""
        begin = 0
        for group in range(self._file.num_row_groups):
            rows = self._file.metadata.row_group(group).num_rows
            if begin + rows > first:
                number = begin
                for batch in self._file.iter_batches(BATCH_ROWS, row_groups=[group], columns=[self.column]):
                    yield number, batch
                    number += batch.num_rows
            begin += rows

    def _name(self, value: Any, number: int) -> str:
        inner = value.get("path") if isinstance(value, dict) else None
        return inner or f"{self.path}#{number}"


def _take_bytes(value: Any, path: Path, number: int) -> bytes | LenetError:
    content = value.get("bytes") if isinstance(value, dict) else value
    return content if isinstance(content, bytes) else PictureError("picture.empty", name=f"{path}#{number}")


def _open_parquet(path: Path) -> Any:
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError as error:
        raise MissingExtra("extra.missing", package="pyarrow", extra="bulk") from error
    try:
        return pq.ParquetFile(path)
    except (pa.ArrowException, UnicodeDecodeError) as error:
        raise DataError("bulk.archive", path=path, reason=error) from error
    except OSError as error:
        raise FileError("file.unreadable", path=path, reason=error.strerror or error) from error
