"""Signals, closed and full outputs, and several trainings at once: what happens around a command."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lenet.cli.interrupt import ENDINGS, Ended, catch_interrupt, end_in_order

pytest.importorskip("sklearn")  # whose digits are trained on

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="signals and /dev are POSIX's")
TRAIN = [sys.executable, "-m", "lenet", "train", "--data", "digits", "--recipe", "demo", "--epochs", "2"]


@pytest.mark.parametrize("number", ENDINGS)
def test_a_signal_becomes_an_exception_with_the_exit_code_of_shells(number):
    with pytest.raises(Ended) as ended, end_in_order():
        signal.raise_signal(number)
    assert ended.value.exit_code == 128 + number


@pytest.mark.parametrize("number", ENDINGS)
def test_the_first_signal_is_noted_and_the_second_one_ends(number):
    before = signal.getsignal(number)
    with catch_interrupt() as interrupted:
        signal.raise_signal(number)
        assert interrupted()
        assert interrupted.exit_code == 128 + number
        with pytest.raises(Ended):
            signal.raise_signal(number)
    assert signal.getsignal(number) == before


@POSIX
def test_what_nohup_ignores_stays_ignored():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with end_in_order(), catch_interrupt() as interrupted:
            signal.raise_signal(signal.SIGHUP)
            assert not interrupted()
    finally:
        signal.signal(signal.SIGHUP, before)


@POSIX
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_training_that_is_asked_to_end_can_be_resumed(tmp_path, number):
    command = [*TRAIN[:-1], "5000", "--out", str(tmp_path / "run")]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as training:
        for line in training.stderr:
            if "epoch 1/" in line:
                break
        training.send_signal(number)
        said = training.stderr.read()
        assert training.wait(30) == 128 + number
    assert "lenet train --resume" in said
    assert (tmp_path / "run" / "checkpoint.safetensors").exists()
    assert not list((tmp_path / "run").glob(".*"))


@POSIX
def test_a_library_may_write_to_a_closed_standard_error():
    program = "import sys; from lenet.cli.main import run; run(['codes', '3']); sys.stderr.write('said')"
    words = f'{sys.executable} -c "{program}" 2>&-'
    answer = subprocess.run(["bash", "-c", words], capture_output=True, timeout=60, check=False)
    assert answer.returncode == 0


@POSIX
@pytest.mark.parametrize("ending", ["2>&1 | head -1", "2>/dev/full", "2>&-", ">&-", ">&- 2>&-"])
def test_a_closed_or_full_output_does_not_end_a_training(tmp_path, ending):
    words = " ".join([*TRAIN, "--out", str(tmp_path / "run"), ending])
    subprocess.run(["bash", "-c", words], capture_output=True, timeout=120, check=False)
    assert (tmp_path / "run" / "report.html").exists()


@POSIX
def test_a_full_output_is_an_error_after_the_training(tmp_path):
    words = " ".join([*TRAIN, "--out", str(tmp_path / "run"), ">/dev/full"])
    answer = subprocess.run(["bash", "-c", words], capture_output=True, text=True, timeout=120, check=False)
    assert answer.returncode == 1
    assert "No space left" in answer.stderr
    assert (tmp_path / "run" / "report.html").exists()


def test_four_trainings_at_once_take_a_folder_each(tmp_path):
    started = [
        subprocess.Popen(TRAIN, cwd=tmp_path, stderr=subprocess.PIPE, stdout=subprocess.PIPE)
        for _ in range(4)
    ]
    for training in started:
        _, said = training.communicate(timeout=180)
        assert training.returncode == 0, said
    assert sorted(path.name for path in (tmp_path / "runs").iterdir()) == [f"demo-{n}" for n in (1, 2, 3, 4)]


def test_a_training_that_is_refused_leaves_no_folder(lenet, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert lenet("train", "--data", "digits", "--engine", "abacus").code == 2
    assert not list((tmp_path / "runs").iterdir())


@pytest.mark.parametrize("columns", ["0", "00", ""])
def test_a_terminal_of_no_columns_still_prints(columns):
    environment = {**os.environ, "COLUMNS": columns}
    command = [sys.executable, "-m", "lenet", "codes", "3"]
    answer = subprocess.run(command, capture_output=True, text=True, env=environment, check=True)
    assert "██" in answer.stdout


def split_command(line):
    """The words of a command line, as this system's shell hands them to a program."""
    program = "import json, sys; print(json.dumps(sys.argv[1:]))"
    command = f"{sys.executable} -c '{program}' {line}"
    answer = subprocess.run(command, shell=True, capture_output=True, text=True, check=True)
    return json.loads(answer.stdout)


@POSIX
def test_a_printed_command_quotes_its_paths(lenet, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    answer = lenet("train", "--data", "digits", "--recipe", "demo", "--epochs", "1", "--out", "my run's")
    (line,) = [line for line in answer.out.splitlines() if "--network" in line]
    assert split_command(line)[-1] == str(Path("my run's", "network.safetensors"))


@POSIX
def test_a_process_that_is_asked_to_end_leaves_no_half_written_file(tmp_path):
    begun = time.monotonic()
    command = [
        sys.executable,
        "-m",
        "lenet",
        "reproduce",
        "--quick",
        "--data",
        "digits",
        "--out",
        str(tmp_path / "r"),
    ]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        process.stderr.readline()
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
    assert time.monotonic() - begun < 60
    assert not list(tmp_path.rglob("*.part"))
