import errno
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from lenet.cli import main
from lenet.cli.main import VERBS
from lenet.errors import FileError, ShapeError
from lenet.network import BUNDLED
from lenet.samples import sample_path
from lenet.texts import load_texts
from lenet.training.recipe import RECIPES


@pytest.fixture
def failing(monkeypatch):
    """Make `lenet codes` raise what it is given."""

    def set_failure(failure):
        def codes():
            raise failure

        monkeypatch.setattr(main, "_import_target", lambda _: codes)

    return set_failure


def run_process(*words, stdout=subprocess.PIPE, **settings):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **settings}
    command = [sys.executable, "-m", "lenet", *words]
    return subprocess.run(
        command, stdout=stdout, stderr=subprocess.PIPE, env=environment, timeout=60, check=False
    )


def test_without_a_verb_the_help_is_shown(lenet):
    answer = lenet()
    assert answer.code == 0
    assert answer.err == ""
    for verb in VERBS:
        assert f" {verb} " in answer.out


def test_the_version_is_that_of_the_package(lenet):
    from importlib.metadata import version

    assert lenet("--version").out == f"lenet {version('lenet')}\n"


@pytest.mark.parametrize(
    ("verb", "names"),
    [("train", RECIPES), *[(verb, BUNDLED) for verb in ("recognize", "evaluate", "explain", "export")]],
)
def test_the_help_names_every_recipe_and_every_bundled_network(verb, names):
    shown = run_process(verb, "--help", COLUMNS="300").stdout.decode("utf-8")
    choices = [set(found.split("|")) for found in re.findall(r"[\w.-]+(?:\|[\w.-]+)+", shown)]
    assert any(set(names) <= found for found in choices), choices


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_explains_itself_with_an_example(verb, language, monkeypatch):
    """In a process of its own, for some verbs say their help when they are imported."""
    answer = run_process(verb, "--help", "--lang", language, COLUMNS="100")
    out = answer.stdout.decode("utf-8")
    texts = load_texts(language)
    assert (answer.returncode, answer.stderr) == (0, b"")
    assert out.rstrip().endswith(texts[f"examples.{verb}"])
    assert texts["cli.help_option"] in out
    if language == "zh":
        for english in ("Usage:", "Options", "Arguments", "required", "Print this"):
            assert english not in out


@pytest.mark.parametrize("words", [["--lang", "zh"], ["--lang=zh"]])
@pytest.mark.parametrize("first", [True, False])
def test_the_language_may_stand_anywhere(lenet, words, first):
    line = [*words, "summary"] if first else ["summary", *words]
    assert load_texts("zh")["summary.title"] in lenet(*line).out
    assert load_texts("en")["summary.title"] in lenet("summary").out


def test_an_unknown_language_is_refused(lenet):
    assert lenet("--lang", "fr") == (answer := lenet("--lang=fr"))
    assert answer.code == 2
    assert answer.err == "error: --lang 'fr': expected one of en, zh.\n"
    assert lenet("summary", "--lang").code == 2


def test_an_unknown_verb_suggests_the_nearest(lenet):
    answer = lenet("sumary")
    assert (answer.code, answer.out) == (2, "")
    assert "Did you mean 'summary'?" in answer.err
    assert answer.err.count("\n") == 1
    assert "Did you mean" not in lenet("xyzzy").err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["shape", "5", "5", "--kernel", "3"], "D is missing."),
        (["shape", "5", "5", "x", "--kernel", "3"], "D: expected a whole number."),
        (["shape", "5", "5", "1", "--kernel", "2.5"], "--kernel: expected a whole number."),
        (["shape", "5", "5", "1", "--kernal", "3"], "no option --kernal. Did you mean --kernel"),
        (["summary", "--qqq"], "no option --qqq."),
        (["summary", "c3"], "unexpected argument: c3"),
        (["summary", "--layer"], "--layer needs a value"),
        (["train", "--rate", "nan"], "rate = nan: expected a finite number"),
        (["train", "--data", str(sample_path(3))], "a single picture is not a data set"),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(lenet, words, message):
    answer = lenet(*words)
    assert (answer.code, answer.out) == (2, "")
    assert message in answer.err
    assert answer.err.startswith("error: ")
    assert answer.err.count("\n") == 1
    if message.startswith(("D", "--", "no option", "unexpected")):
        assert "See: lenet" in answer.err


@pytest.mark.parametrize("line", ["shape 5 5", "summary c3", "codes a b", "summary --layer", "summary --qq"])
def test_a_mistake_is_told_in_chinese(lenet, line):
    answer = lenet(*line.split(), "--lang=zh")
    assert answer.err.startswith(load_texts("zh")["cli.error"])
    assert not {"unexpected", "requires", "missing"} & set(answer.err.split())


@pytest.mark.parametrize(
    ("failure", "code"),
    [
        (ShapeError("shape.field", height=1, width=2, side=1, fit=32), 2),
        (FileError("file.absent", path="a.png"), 1),
    ],
)
def test_an_error_of_ours_is_one_line_with_its_exit_code(lenet, failing, failure, code):
    failing(failure)
    answer = lenet("codes")
    assert (answer.code, answer.out, answer.err) == (code, "", f"error: {failure}\n")


def test_a_fault_of_ours_says_so_without_a_traceback(lenet, failing):
    failing(ZeroDivisionError("division by zero\nsecond line"))
    answer = lenet("codes")
    assert answer.code == 1
    assert "ZeroDivisionError: division by zero second line. This is a bug in lenet" in answer.err
    assert answer.err.count("\n") == 1


def test_lenet_debug_shows_the_traceback(lenet, failing, monkeypatch):
    failing(ZeroDivisionError())
    monkeypatch.setenv("LENET_DEBUG", "1")
    with pytest.raises(ZeroDivisionError):
        lenet("codes")


@pytest.mark.parametrize(("language", "sentence"), [("en", "cannot be read"), ("zh", "无法读取")])
def test_a_file_that_the_system_refuses_is_named(lenet, failing, monkeypatch, language, sentence):
    monkeypatch.setenv("LENET_LANG", language)
    failing(PermissionError(errno.EACCES, "Permission denied", "priv/x/recipe.toml"))
    answer = lenet("codes")
    assert (answer.code, answer.out, answer.err.count("\n")) == (1, "", 1)
    assert "priv/x/recipe.toml" in answer.err
    assert sentence in answer.err
    assert "Permission denied" in answer.err


def test_an_error_that_names_neither_file_nor_number_is_a_fault_of_ours(lenet, failing):
    failing(OSError("of a library"))
    assert "OSError: of a library. This is a bug in lenet" in lenet("codes").err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has this device")
@pytest.mark.parametrize("line", ["codes 3", "summary --json", "--version", "recognize --json absent.png"])
@pytest.mark.parametrize(("language", "sentence"), [("en", "cannot be written"), ("zh", "无法写入输出")])
def test_a_full_disk_behind_the_output_is_told_in_one_line(line, language, sentence):
    with Path("/dev/full").open("w") as full:
        answer = run_process(*line.split(), stdout=full, LENET_LANG=language)
    err = answer.stderr.decode("utf-8")
    assert answer.returncode == 1
    assert sentence in err.splitlines()[-1]
    assert "lenet, " not in err
    assert "Exception ignored" not in err


@pytest.mark.skipif(os.name == "nt", reason="pipes of POSIX")
def test_a_closed_output_is_no_error():
    command = f"exec {shlex.quote(sys.executable)} -m lenet codes 3 >&-"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    answer = subprocess.run(
        ["sh", "-c", command], capture_output=True, env=environment, timeout=60, check=False
    )
    assert (answer.returncode, answer.stderr) == (0, b"")


def test_a_missing_module_points_to_the_doctor(lenet, failing):
    failing(ModuleNotFoundError("No module named 'pooch'", name="pooch"))
    answer = lenet("codes")
    assert (answer.code, answer.err.count("\n")) == (1, 1)
    assert "pooch" in answer.err
    assert "lenet doctor" in answer.err


def test_ctrl_c_ends_with_130_and_one_line(lenet, failing):
    failing(KeyboardInterrupt())
    assert (lenet("codes").code, lenet("codes").err) == (130, "error: interrupted.\n")


def test_a_verb_chooses_its_exit_code(lenet, failing):
    failing(typer.Exit(7))
    assert lenet("codes").code == 7


@pytest.mark.skipif(os.name == "nt", reason="pipes of POSIX")
def test_a_reader_that_leaves_is_no_error():
    words = [sys.executable, "-m", "lenet", "codes", "".join(map(chr, range(33, 127))) * 400]
    # an unbuffered stream loses what a pipe did not take, and sees no error
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "PYTHONUNBUFFERED": ""}
    writer = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment)
    writer.stdout.readline()
    writer.stdout.close()
    assert writer.stderr.read() == b""
    writer.stderr.close()
    assert writer.wait(60) != 0


def test_output_is_utf8_whatever_the_pipe_was_set_to():
    answer = run_process("codes", "3", "--lang", "zh", PYTHONIOENCODING="latin-1", PYTHONUTF8="0")
    assert answer.returncode == 0
    assert "▀▀▀▀▀██" in answer.stdout.decode("utf-8")


def test_a_setting_beside_resume_is_refused_before_anything_is_read(lenet) -> None:
    run = lenet("train", "--resume", "nowhere", "--epochs", "30", "--seed", "0")
    assert run.code == 2
    assert "--epochs, --seed would have no effect" in run.err


def test_an_engine_that_does_not_exist_is_refused_before_data_are_looked_for(lenet, monkeypatch) -> None:
    monkeypatch.setenv("LENET_DATA", "/nowhere/at/all")
    run = lenet("train", "--engine", "nope", "--data", "mnist")
    assert run.code == 2
    assert "nope" in run.err
