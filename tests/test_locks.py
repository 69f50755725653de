import errno
import os
import subprocess
import sys

import pytest

from lenet import locks

HOLD = """
import os, sys
from lenet.locks import lock_file
assert lock_file(os.open(sys.argv[1], os.O_RDWR))
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "file"
    path.touch()
    return path


def test_a_lock_keeps_other_processes_out_until_its_holder_ends(path):
    command = [sys.executable, "-c", HOLD, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout.readline() == "held\n"
        handle = os.open(path, os.O_RDWR)
        with pytest.raises(BlockingIOError):
            locks.lock_file(handle)
        holder.kill()
        holder.wait(10)
    assert locks.lock_file(handle)
    os.close(handle)


@pytest.mark.skipif(sys.platform == "win32", reason="flock is POSIX's")
def test_a_file_system_without_locks_says_so(path, monkeypatch):
    import fcntl

    def refuse(handle, kind):
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", refuse)
    with path.open("rb+") as file:
        assert not locks.lock_file(file.fileno())


def test_a_path_leads_to_a_file_until_it_is_replaced(path):
    with path.open() as file:
        assert locks.is_same_file(file.fileno(), path)
        path.unlink()
        assert not locks.is_same_file(file.fileno(), path)
