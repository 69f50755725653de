import csv
import json
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import time
from pathlib import Path

import pytest

from lenet.errors import DataError, FileError, PictureError, RunError, UsageError
from lenet.network import Network
from lenet.reading.bulk import Request, recognize_all
from lenet.reading.plan import JOINED_FILE
from lenet.reading.recognize import find_pictures, recognize_pictures
from lenet.reading.rows import describe_reading, format_rows
from lenet.training.lock import hold_folder


@pytest.fixture
def expected(pictures):
    """The rows that `recognize --csv` gives for the same pictures in the same order."""
    folders = [pictures, pictures / "inner"]
    readings = recognize_pictures(Network.load("best"), find_pictures(map(str, folders)))
    return format_rows(map(describe_reading, readings), header=True)


def test_the_rows_are_those_of_recognize(pictures, tmp_path, expected):
    bulk = recognize_all(Request(str(pictures), tmp_path / "all.csv", processes=1))
    assert (tmp_path / "all.csv").read_text("utf-8") == expected
    assert (bulk.pictures, bulk.errors, bulk.done, bulk.finished) == (13, 1, 13, True)
    assert sum(bulk.verdicts.values()) == 12
    assert sorted(path.name for path in tmp_path.iterdir()) == ["all.csv", "pictures"]


def test_processes_and_parts_do_not_change_a_byte(pictures, tmp_path, expected):
    recognize_all(Request(str(pictures), tmp_path / "all.csv", processes=3, part=2))
    assert (tmp_path / "all.csv").read_text("utf-8") == expected


def test_a_parquet_table_has_the_same_rows(pictures, tmp_path, expected):
    pq = pytest.importorskip("pyarrow.parquet")
    recognize_all(Request(str(pictures), tmp_path / "all.parquet", part=5))
    rows = pq.read_table(tmp_path / "all.parquet").to_pylist()
    for row, line in zip(rows, csv.DictReader(expected.splitlines()), strict=True):
        assert {name: "" if value is None else str(value) for name, value in row.items()} == line


def stop_after(pictures, out, count):
    """A job stopped when at least so many pictures are done; gives what it came to."""
    done = []
    request = Request(str(pictures), out, processes=1, part=2)
    return recognize_all(
        request, watch=lambda now, total: done.append(now), stop=lambda: any(n >= count for n in done)
    )


def test_a_stopped_job_is_resumed_to_the_same_bytes(pictures, tmp_path, expected):
    out = tmp_path / "all.csv"
    stopped = stop_after(pictures, out, 1)
    assert not stopped.finished
    assert not out.exists()
    bulk = recognize_all(Request(str(pictures), out, resume=True))
    assert out.read_text("utf-8") == expected
    assert bulk.before + bulk.done == bulk.pictures == 13
    assert not Path(f"{out}.parts").exists()


def test_an_unfinished_job_is_not_started_again_in_silence(pictures, tmp_path):
    stop_after(pictures, tmp_path / "all.csv", 1)
    with pytest.raises(UsageError, match="--resume"):
        recognize_all(Request(str(pictures), tmp_path / "all.csv"))


def test_another_job_is_not_resumed(pictures, tmp_path):
    out = tmp_path / "all.csv"
    stop_after(pictures, out, 1)
    with pytest.raises(UsageError, match="network"):
        recognize_all(Request(str(pictures), out, network="1998", resume=True))
    shutil.copy(pictures / "01.png", pictures / "30.png")
    with pytest.raises(UsageError, match="listing, count"):
        recognize_all(Request(str(pictures), out, resume=True))


def test_a_job_killed_after_its_table_was_written_only_tidies_up(pictures, tmp_path):
    out, folder = tmp_path / "all.csv", tmp_path / "all.csv.parts"
    bulk = recognize_all(Request(str(pictures), out))
    folder.mkdir()
    for name in ("plan.json", "listing", "part-0000000"):
        (folder / name).write_text("of no use any more")
    values = {"pictures": 13, "errors": 1, "verdicts": bulk.verdicts, "labels": bulk.labels}
    (folder / JOINED_FILE).write_text(json.dumps(values))
    again = recognize_all(Request("absent", out, resume=True))
    assert (again.pictures, again.verdicts, again.done) == (13, bulk.verdicts, 0)
    assert not folder.exists()


def test_a_finished_job_has_nothing_to_resume(pictures, tmp_path):
    recognize_all(Request(str(pictures), tmp_path / "all.csv"))
    with pytest.raises(UsageError, match="complete"):
        recognize_all(Request(str(pictures), tmp_path / "all.csv", resume=True))
    recognize_all(Request(str(pictures), tmp_path / "all.csv"))


def test_two_jobs_on_one_table_are_refused(pictures, tmp_path):
    with hold_folder(tmp_path / "all.csv.parts"), pytest.raises(RunError, match="another lenet bulk"):
        recognize_all(Request(str(pictures), tmp_path / "all.csv"))


def test_a_source_without_pictures_leaves_nothing_behind(tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(PictureError, match="no pictures"):
        recognize_all(Request(str(tmp_path / "empty"), tmp_path / "all.csv"))
    assert [path.name for path in tmp_path.iterdir()] == ["empty"]


def test_a_damaged_source_leaves_nothing_behind(tmp_path):
    (tmp_path / "none.tar").write_bytes(b"no tar" * 200)
    with pytest.raises(DataError, match=r"none\.tar"):
        recognize_all(Request(str(tmp_path / "none.tar"), tmp_path / "all.csv"))
    assert [path.name for path in tmp_path.iterdir()] == ["none.tar"]


def test_a_damaged_tar_keeps_its_rows_and_says_where_it_ends(pictures, tmp_path):
    path = tmp_path / "all.tar"
    with tarfile.open(path, "w") as file:
        for name in ("01.png", "02.png", "04.png"):
            file.add(pictures / name, name)
    path.write_bytes(path.read_bytes()[: path.read_bytes().index(b"04.png") + 600])
    bulk = recognize_all(Request(str(path), tmp_path / "all.csv"))
    rows = list(csv.DictReader((tmp_path / "all.csv").read_text("utf-8").splitlines()))
    assert [row["label"] for row in rows[:2]] == ["1", "2"]
    assert "damaged" in rows[-1]["error"]
    assert bulk.errors == 2  # the member that was cut, and the archive


@pytest.mark.parametrize(
    "changes", [{"part": 0}, {"processes": 0}, {"processes": 9999}, {"out": Path("all.txt")}]
)
def test_a_request_out_of_range_is_refused(changes):
    with pytest.raises(UsageError):
        Request(**{"source": "pictures", "out": Path("all.csv")} | changes)


def test_an_output_that_cannot_be_written_is_named(pictures, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(FileError, match="file"):
        recognize_all(Request(str(pictures), tmp_path / "file" / "all.csv"))


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="kill -9 of a process group is POSIX's")
def test_kills_at_any_moment_leave_the_same_bytes_and_no_strays(pictures, tmp_path, expected):
    out = tmp_path / "all.csv"
    command = [
        sys.executable,
        "-m",
        "lenet",
        "bulk",
        str(pictures),
        "-o",
        str(out),
        "--part",
        "2",
        "--processes",
        "2",
    ]
    for moment in range(1, 40):
        resume = ["--resume"] if Path(f"{out}.parts/plan.json").exists() else []
        process = subprocess.Popen(
            [*command, *resume], start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        time.sleep(0.04 * moment)
        if process.poll() is not None:
            break
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    process.wait()
    subprocess.run([*command, "--resume"], check=False, capture_output=True)
    assert out.read_text("utf-8") == expected
    assert sorted(path.name for path in tmp_path.iterdir()) == ["all.csv", "pictures"]
