"""tools/install.py: pip is heard while it works, and is quoted where it fails."""

import subprocess
import sys
from pathlib import Path

from tools import install

SCRIPT = Path(install.__file__)


def test_the_last_step_is_said_and_warnings_are_not():
    said = ["Collecting numpy>=2.0\n", "  Building wheel: started\n", "WARNING: Location is ignored\n"]
    assert install.describe(said, 12.4) == "  12 s  Building wheel"
    assert install.describe([], 0) == "   0 s  Starting pip"


def test_a_long_line_is_cut():
    assert install.describe(["Installing " + "a, " * 100], 1).endswith("...")
    assert len(install.describe(["Installing " + "a, " * 100], 1)) < 110


def test_a_slow_pip_is_heard_in_a_log(monkeypatch, capsys):
    code = "import time; print('Collecting a', flush=True); time.sleep(0.5)"
    monkeypatch.setattr(install, "PRINTED", 0.2)
    monkeypatch.setattr(install, "COMMAND", [sys.executable, "-c", code])
    assert install.install([]) == 0
    assert "0 s  Collecting a\n" in capsys.readouterr().err


def test_a_failure_has_the_code_and_the_words_of_pip(tmp_path):
    words = [sys.executable, str(SCRIPT), "--no-index", str(tmp_path / "absent.whl")]
    answer = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    assert answer.returncode == 1
    assert "absent.whl" in answer.stderr
