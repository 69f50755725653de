"""The history of a run: written as it goes on, read up to where a crash cut it off."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lenet.errors import FileError, RunError
from lenet.training.history import EpochRecord, History, HistoryFile, write_table

STEPS = 3
RECORDS = [EpochRecord(1, 2.0, 50.0, 60.5), EpochRecord(2, 1.0, 10.0, None)]
HISTORY = History([2.5, 2.0, 1.5, 1.25, 1.0, 0.75, 0.5], RECORDS)
TEXT = """\
{"step": 1, "loss": 2.5}
{"step": 2, "loss": 2.0}
{"step": 3, "loss": 1.5}
{"epoch": 1, "loss": 2.0, "training_error": 50.0, "validation_error": 60.5}
{"step": 4, "loss": 1.25}
{"step": 5, "loss": 1.0}
{"step": 6, "loss": 0.75}
{"epoch": 2, "loss": 1.0, "training_error": 10.0, "validation_error": null}
{"step": 7, "loss": 0.5}
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "history.jsonl"


def test_the_epochs_lie_among_the_steps_where_they_ended(path: Path) -> None:
    HistoryFile(path, HISTORY, STEPS).close()
    assert path.read_text() == TEXT


def test_a_file_written_event_by_event_is_the_file_written_at_once(path: Path) -> None:
    file = HistoryFile(path, History(), STEPS)
    for event in (
        np.array([2.5, 2.0]),
        np.array([1.5]),
        RECORDS[0],
        np.array([1.25, 1.0, 0.75]),
        RECORDS[1],
        np.array([0.5]),
    ):
        file.add(event)
    file.close()
    assert path.read_text() == TEXT
    assert History.read(path) == HISTORY


def test_a_history_gathers_events(path: Path) -> None:
    history = History()
    history.add(np.array([2.5, 2.0]))
    history.add(RECORDS[0])
    history.add(np.array([1.5]))
    assert history == History([2.5, 2.0, 1.5], RECORDS[:1])


@given(st.lists(st.floats(-1e300, 1e300), max_size=20))
def test_losses_come_back_to_the_bit(tmp_path_factory: pytest.TempPathFactory, losses: list[float]) -> None:
    path = tmp_path_factory.mktemp("history") / "history.jsonl"
    HistoryFile(path, History(losses), STEPS).close()
    assert np.array(History.read(path).losses).tobytes() == np.array(losses).tobytes()


def test_a_file_begins_with_what_happened_so_far(path: Path) -> None:
    path.write_text("something else")
    file = HistoryFile(path, HISTORY.cut(4, 1), STEPS)
    file.add(np.array([1.0, 0.75]))
    file.add(RECORDS[1])
    file.add(np.array([0.5]))
    file.close()
    assert path.read_text() == TEXT


def test_a_cut_keeps_the_beginning() -> None:
    assert HISTORY.cut(4, 1) == History([2.5, 2.0, 1.5, 1.25], RECORDS[:1])
    assert HISTORY.cut(0, 0) == History()
    assert HISTORY.cut(100, 100) == HISTORY


def test_a_last_line_that_was_cut_off_anywhere_does_not_count(path: Path) -> None:
    whole = TEXT.encode()
    lines = TEXT.splitlines(keepends=True)
    for end in range(len(whole) + 1):
        path.write_bytes(whole[:end])
        complete = whole[:end].count(b"\n")
        steps = sum(line.startswith('{"step') for line in lines[:complete])
        assert History.read(path) == HISTORY.cut(steps, complete - steps)


def test_an_empty_file_is_an_empty_history(path: Path) -> None:
    path.write_bytes(b"")
    assert History.read(path) == History()


@pytest.mark.parametrize(
    "line",
    [
        "",
        "{",
        "[]",
        "5",
        '"step"',
        "null",
        '{"step": 2}',
        '{"step": 2, "loss": "x"}',
        '{"step": 2, "loss": null}',
        '{"step": 2, "loss": NaN}',
        '{"step": 2, "loss": Infinity}',
        '{"step": 2, "loss": 1' + "0" * 400 + "}",
        '{"step": 2, "loss": 1' + "0" * 5000 + "}",
        '{"step": 3, "loss": 1.0}',
        '{"step": 2.0, "loss": 1.0}',
        '{"step": "2", "loss": 1.0}',
        '{"epoch": 1}',
        '{"epoch": 2, "loss": 2.0, "training_error": 50.0, "validation_error": 60.5}',
        '{"epoch": "1", "loss": 2.0, "training_error": 50.0, "validation_error": 60.5}',
        '{"epoch": 1, "loss": 2.0, "training_error": [], "validation_error": 60.5}',
        '{"epoch": 1, "loss": 2.0, "training_error": 50.0, "validation_error": "60"}',
        '{"epoch": 1, "loss": 2.0, "training_error": 50.0, "validation_error": 60.5, "more": 1}',
        "[" * 100_000,
        "\udcff",
    ],
)
def test_a_damaged_line_is_named(path: Path, line: str) -> None:
    text = f'{{"step": 1, "loss": 2.5}}\n{line}\n{{"step": 2, "loss": 2.0}}\n'
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(RunError, match=r"line 2 .* is damaged"):
        History.read(path)


def test_a_history_that_is_absent_or_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="no such file"):
        History.read(tmp_path / "history.jsonl")
    with pytest.raises(FileError, match="cannot be read"):
        History.read(tmp_path)


def test_a_history_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(FileError, match="cannot be written"):
        HistoryFile(tmp_path / "file" / "history.jsonl", History(), STEPS)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here to stand for a full disk")
def test_a_full_disk_is_named_when_the_history_is_flushed(path: Path) -> None:
    file = HistoryFile(path, History(), STEPS)
    with Path("/dev/full").open("wb") as full:
        os.dup2(full.fileno(), file._file.fileno())
    file.add(np.array([1.0]))
    with pytest.raises(FileError, match=r"history\.jsonl: cannot be written"):
        file.flush()
    with pytest.raises(FileError, match="cannot be written"):
        file.close()


def test_what_is_flushed_is_on_the_disk(path: Path) -> None:
    file = HistoryFile(path, History(), STEPS)
    file.add(np.array([1.0]))
    file.flush()
    assert json.loads(path.read_text()) == {"step": 1, "loss": 1.0}
    file.close()


def test_the_table_has_one_line_per_epoch(tmp_path: Path) -> None:
    write_table(HISTORY, tmp_path / "history.csv")
    assert (tmp_path / "history.csv").read_text() == (
        "epoch,loss,training_error,validation_error\n1,2.0,50.0,60.5\n2,1.0,10.0,\n"
    )
