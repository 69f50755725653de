"""Every command line of the READMEs parses; the quick ones print what is shown; the Python runs."""

import re
import shlex
import shutil
from pathlib import Path

import pytest
import typer

import lenet
from lenet.cli.main import VERBS, build_app, run
from lenet.texts import set_language

ROOT = Path(__file__).parents[1]
READMES = [ROOT / "README.md", ROOT / "README.zh-CN.md"]
QUICK = {"summary", "shape", "codes", "recognize"}
PRESENT = "src/lenet/samples"  # the only files that the READMEs can count on
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```\n(?:^```text\n(.*?)^```\n)?", re.MULTILINE | re.DOTALL)


def list_blocks(readme, kind):
    """(content, the text shown beneath it) of every block of one kind."""
    found = BLOCK.findall(readme.read_text("utf-8"))
    return [(content, shown) for language, content, shown in found if language == kind]


def list_commands(readme):
    """(words after `lenet`, the lines shown beneath) of every command line, in a block or in a sentence."""
    text = readme.read_text("utf-8")
    inline = re.findall(r"`lenet ([^`]+)`", BLOCK.sub("", text))
    commands = [(line, "") for line in inline]
    for content, shown in list_blocks(readme, "sh"):
        lines = [line.removeprefix("lenet ") for line in content.splitlines() if line.startswith("lenet ")]
        commands += [(line, shown) for line in lines]
    return [(shlex.split(line), shown.splitlines()) for line, shown in commands]


COMMANDS = [
    pytest.param(*command, id=" ".join(command[0])) for readme in READMES for command in list_commands(readme)
]


def drop_language(words):
    return words[2:] if words[0] == "--lang" else words


def is_quick(command):
    words, _ = command.values
    needs_the_readers_file = any(word.startswith("my-") for word in words)
    return drop_language(words)[0] in QUICK and not needs_the_readers_file


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder that has of the checkout what the READMEs read."""
    shutil.copytree(ROOT / PRESENT, tmp_path / PRESENT)
    page = "docs/figures/page.jpg"
    (tmp_path / page).parent.mkdir(parents=True)
    shutil.copy(ROOT / page, tmp_path / page)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.delenv("LENET_LANG", raising=False)
    yield tmp_path
    set_language(None)


@pytest.mark.parametrize("readme", READMES, ids=lambda path: path.name)
def test_readmes_name_most_verbs(readme):
    verbs = {drop_language(words)[0] for words, _ in list_commands(readme)}
    assert verbs <= VERBS.keys()
    assert len(verbs) >= 7


@pytest.mark.parametrize(("words", "shown"), COMMANDS)
def test_command_lines_of_the_readmes_parse(words, shown):
    words = drop_language(words)
    command = typer.main.get_command(build_app(words[0]))
    with command.make_context("lenet", list(words)) as context:
        while hasattr(command, "commands"):
            name, *words = words
            command = command.commands[name]
            context = command.make_context(name, list(words), parent=context)  # noqa: PLW2901 - down the tree


@pytest.mark.parametrize(("words", "shown"), [command for command in COMMANDS if is_quick(command)])
def test_quick_command_lines_of_the_readmes_print_what_is_shown(words, shown, folder, capsys):
    assert run(words) == 0
    printed = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    assert [line for line in shown if line.rstrip() not in printed] == []


@pytest.mark.slow
@pytest.mark.parametrize("readme", READMES, ids=lambda path: path.name)
def test_python_of_the_readmes_runs(readme, folder, capsys):
    blocks = list_blocks(readme, "python")
    assert len(blocks) == 2
    for content, _ in blocks:
        exec(compile(content, readme.name, "exec"), {})
    label, shape, error, score = capsys.readouterr().out.splitlines()
    assert label.startswith("3 ")
    assert shape == "(6, 28, 28)"
    assert float(error.partition("%")[0]) <= 4
    assert float(score) > 0.98
    assert lenet.load("digits.safetensors").labels == tuple("0123456789")


@pytest.mark.parametrize("readme", READMES, ids=lambda path: path.name)
def test_links_of_the_readmes_lead_somewhere(readme):
    targets = re.findall(r"\]\((?!https?:)([^)#]+)\)", readme.read_text("utf-8"))
    assert len(targets) >= 6
    assert [target for target in targets if not (ROOT / target).exists()] == []


def test_both_readmes_show_the_same_commands():
    english, chinese = ([drop_language(words) for words, _ in list_commands(readme)] for readme in READMES)
    assert english == chinese
