"""tools/install.py: pip is heard while it works, and is quoted where it fails."""

import subprocess
import sys
from pathlib import Path

import pytest

from tools import install

SCRIPT = Path(install.__file__)


def test_the_last_step_is_said(capsys):
    watch = install.Watch()
    assert watch.format_line().endswith(" 0 s  starting")
    watch.listen(["Collecting numpy>=2.0\n", "  Downloading numpy.whl\n", "\n"])
    assert watch.format_line().endswith(" 0 s  Collecting numpy>=2.0")


def test_no_silence_is_longer_than_ten_seconds_in_a_log(monkeypatch, capsys):
    now = [100.0]
    monkeypatch.setattr(install.time, "monotonic", lambda: now[0])
    watch = install.Watch()
    watch.listen(["Collecting numpy\n"])
    for _ in range(62):
        now[0] += install.TICK
        watch.show()
    assert capsys.readouterr().err.splitlines() == [
        f"   {second} s  Collecting numpy" for second in (10, 20, 30)
    ]


def test_a_failure_has_the_code_and_the_words_of_pip(tmp_path):
    pytest.importorskip("pip", reason="an environment made by uv has no pip")
    words = [sys.executable, str(SCRIPT), "--no-index", str(tmp_path / "absent.whl")]
    answer = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    assert answer.returncode == 1
    assert "absent.whl" in answer.stderr
