"""Readers with faults on purpose, which the harness has to find: its own test reads them."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np

from lenet.errors import DataError
from tools.hostile.readers import Reader

SOUND = b"sound"
AWAKE = 60.0  # seconds, many times what an input may take
GREEDY = 2 * 1024**3  # bytes


def _is_sound(folder: Path) -> bool:
    return (folder / "input.bin").read_bytes() == SOUND


def _raise_key_error(folder: Path) -> None:
    if not _is_sound(folder):
        raise KeyError("a fault")


def _hang(folder: Path) -> None:
    if not _is_sound(folder):
        time.sleep(AWAKE)


def _take_memory(folder: Path) -> None:
    if not _is_sound(folder):
        np.ones(GREEDY, np.uint8)


def _leave_part(folder: Path) -> None:
    if not _is_sound(folder):
        (folder / ".out.12345678.part").write_bytes(b"")
        raise DataError("data.parquet_empty", path=folder)


def _refuse_all(folder: Path) -> None:
    raise RuntimeError(f"{folder}: not even what is sound")


def _read_all(folder: Path) -> None:
    _is_sound(folder)


def _make(read):
    return lambda: Reader({"input.bin": SOUND}, read)


PLANTED = {
    "planted-error": _make(_raise_key_error),
    "planted-hang": _make(_hang),
    "planted-memory": _make(_take_memory),
    "planted-part": _make(_leave_part),
    "planted-preparation": _make(_refuse_all),
    "planted-nothing": _make(_read_all),
}
