"""Two trainings in one folder: the second is refused, and a killed one keeps nobody out."""

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from lenet.errors import FileError, RunError
from lenet.training import lock
from lenet.training.lock import LOCK_FILE, hold_folder

HOLD = """
import sys
from pathlib import Path
from lenet.training.lock import hold_folder

with hold_folder(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def start_holder(folder: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", HOLD, str(folder)]
    holder = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert holder.stdout
    assert holder.stdout.readline() == "held\n"
    return holder


def test_another_process_is_refused_until_the_first_has_ended(tmp_path: Path) -> None:
    with start_holder(tmp_path) as holder:
        with pytest.raises(RunError, match="another training is running") as caught, hold_folder(tmp_path):
            pass
        assert str(tmp_path) in str(caught.value)
        holder.communicate()
    with hold_folder(tmp_path):
        assert (tmp_path / LOCK_FILE).exists()
    assert not list(tmp_path.iterdir())


def test_a_killed_process_keeps_nobody_out(tmp_path: Path) -> None:
    with start_holder(tmp_path) as holder:
        holder.kill()
        holder.wait()
        assert (tmp_path / LOCK_FILE).exists()
        with hold_folder(tmp_path):
            pass
    assert not list(tmp_path.iterdir())


def test_a_folder_is_made_and_goes_again_only_if_nothing_was_written(tmp_path: Path) -> None:
    with hold_folder(tmp_path / "a"):
        pass
    assert not (tmp_path / "a").exists()
    (tmp_path / "empty").mkdir()
    with hold_folder(tmp_path / "empty"):
        pass
    assert (tmp_path / "empty").exists()
    with hold_folder(tmp_path / "b"):
        (tmp_path / "b" / "file").touch()
    assert (tmp_path / "b" / "file").exists()


def test_what_is_no_folder_cannot_be_held(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(FileError, match="cannot be written"), hold_folder(tmp_path / "file"):
        pass


def test_a_file_system_without_locks_keeps_nobody_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lock, "lock_file", lambda handle: False)
    with hold_folder(tmp_path), hold_folder(tmp_path):
        pass


def test_only_one_at_a_time_is_inside_however_many_come_and_go(tmp_path: Path) -> None:
    inside, most, entered = 0, 0, 0
    guard = threading.Lock()

    def come_and_go() -> None:
        nonlocal inside, most, entered
        for _ in range(300):
            try:
                with hold_folder(tmp_path):
                    with guard:
                        inside, entered = inside + 1, entered + 1
                        most = max(most, inside)
                    with guard:
                        inside -= 1
            except RunError:
                pass

    threads = [threading.Thread(target=come_and_go) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 1
    assert entered > 10
