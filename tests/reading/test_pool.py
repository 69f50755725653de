"""What the pool does when workers fail or are killed; the work below runs in other processes."""

import os
import signal
import time
from pathlib import Path

import pytest

from lenet.errors import FileError, LenetError
from lenet.reading.pool import choose_processes, run_jobs

SIZE = 10  # pictures of each job here
DEADLY = 4  # one of them


def write_mark(folder, job, tell):
    for index in range(SIZE):
        tell(index)
    tell(SIZE, now=True)
    (folder / f"{job.number}").write_text(str(sorted(job.deadly)))


def make_quiet(folder):
    return lambda job, tell: write_mark(folder, job, tell)


def make_deadly(folder):
    """Picture 4 of job 2 kills the process, whenever it is read."""

    def work(job, tell):
        for index in range(SIZE):
            tell(index)
            if (job.number, index) == (2, DEADLY) and index not in job.deadly:
                os.kill(os.getpid(), signal.SIGKILL)
        (folder / f"{job.number}").write_text(str(sorted(job.deadly)))

    return work


def make_unlucky(folder):
    """The first process to do job 2 is killed, as by a stranger."""

    def work(job, tell):
        mark = folder / "killed"
        if job.number == 2 and not mark.exists():
            mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        write_mark(folder, job, tell)

    return work


def make_full(folder):
    def work(job, tell):
        raise FileError("file.unwritable", path=folder, reason="No space left on device")

    return work


def make_slow(folder):
    def work(job, tell):
        time.sleep(30)

    return work


def read_marks(folder: Path):
    return {int(path.name): path.read_text() for path in folder.iterdir() if path.name.isdecimal()}


def run(make, folder, **changes):
    told = []
    options = {"numbers": [0, 1, 2, 3], "processes": 2, "watch": told.append, "stop": lambda: False} | changes
    return run_jobs(make, (folder,), **options), sum(told)


def test_every_job_is_done_once(tmp_path):
    finished, _ = run(make_quiet, tmp_path)
    assert finished
    assert read_marks(tmp_path) == dict.fromkeys(range(4), "[]")


def test_a_picture_that_kills_its_process_is_left_out_alone(tmp_path):
    finished, _ = run(make_deadly, tmp_path)
    assert finished
    assert read_marks(tmp_path) == {0: "[]", 1: "[]", 2: f"[{DEADLY}]", 3: "[]"}


def test_a_stranger_s_kill_costs_no_picture(tmp_path):
    finished, _ = run(make_unlucky, tmp_path)
    assert finished
    assert read_marks(tmp_path) == dict.fromkeys(range(4), "[]")


def test_a_fault_of_the_disk_ends_the_work(tmp_path):
    with pytest.raises(LenetError, match="No space left"):
        run(make_full, tmp_path)


def test_a_stop_ends_the_processes(tmp_path):
    begun = time.monotonic()
    finished, _ = run(make_slow, tmp_path, stop=lambda: time.monotonic() - begun > 1)
    assert not finished
    assert time.monotonic() - begun < 20


@pytest.mark.parametrize(("wanted", "parts", "chosen"), [(8, 3, 3), (2, 9, 2), (1, 0, 1)])
def test_there_are_never_more_processes_than_parts(wanted, parts, chosen):
    assert choose_processes(wanted, parts) == chosen


def test_by_default_there_is_a_process_for_each_core(monkeypatch):
    monkeypatch.setattr("lenet.cores.count_cores", lambda: 3.5)
    assert choose_processes(None, 100) == 3
