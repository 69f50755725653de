import os
import shutil
import subprocess
import sys

import pytest

from lenet.cli.completion import SHELLS
from lenet.cli.main import VERBS, run

LENET = [sys.executable, "-m", "lenet"]


def ask(shell, words, **more):
    """What `lenet` prints to a shell that completes the last word."""
    typed = "\n".join(words) if shell == "bash" else " ".join(words)
    name = "COMP_WORDS" if shell == "bash" else "_TYPER_COMPLETE_ARGS"
    asked = {name: typed, "COMP_CWORD": str(len(words) - 1), "_LENET_COMPLETE": f"complete_{shell}"}
    done = subprocess.run(
        LENET, env={**os.environ, **asked, **more}, capture_output=True, text=True, check=True, timeout=60
    )
    assert not done.stderr
    return done.stdout


def test_bash_completes_verbs():
    assert set(ask("bash", ["lenet", ""]).split()) == set(VERBS)
    assert ask("bash", ["lenet", "rec"]).split() == ["recognize"]


def test_bash_completes_the_options_of_a_verb():
    assert ask("bash", ["lenet", "train", "--opti"]).split() == []
    assert "--recipe" in ask("bash", ["lenet", "train", "--rec"]).split()
    assert "--recipe" not in ask("bash", ["lenet", "recognize", "--rec"]).split()


def test_bash_completes_sub_commands():
    assert ask("bash", ["lenet", "data", "ver"]).split() == ["verify"]


@pytest.mark.parametrize("shell", ["zsh", "powershell"])
def test_other_shells_get_the_help_beside_each_word(shell):
    answer = ask(shell, ["lenet", "recog"], LENET_LANG="zh")
    assert "recognize" in answer
    assert "识别每张图片中的手写数字" in answer


@pytest.mark.parametrize("shell", SHELLS)
def test_the_script_of_a_shell_asks_lenet(shell, capsys):
    assert run(["completion", shell]) == 0
    script = capsys.readouterr().out
    assert "lenet" in script
    assert "_LENET_COMPLETE" in script


def test_an_unknown_shell_is_a_mistake_with_the_known_ones(capsys):
    assert run(["completion", "tcsh"]) == 2
    assert "tcsh: expected one of bash, zsh, fish, powershell." in capsys.readouterr().err


@pytest.mark.skipif(not shutil.which("bash"), reason="needs bash")
def test_bash_runs_its_script(tmp_path):
    (tmp_path / "lenet").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m lenet "$@"\n')
    (tmp_path / "lenet").chmod(0o755)
    program = (
        'eval "$(lenet completion bash)"\nCOMP_WORDS=(lenet summ)\nCOMP_CWORD=1\n'
        '_lenet_completion lenet\necho "${COMPREPLY[@]}"'
    )
    environment = {**os.environ, "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(
        ["bash", "-c", program], env=environment, capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "summary"
