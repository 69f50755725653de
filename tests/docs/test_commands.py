"""The documents say what the program says: every command in them exists, the quick ones run as written."""

import re
import shlex
import shutil
from pathlib import Path

import pytest

from lenet.cli.main import VERBS, run
from lenet.samples import sample_path
from lenet.texts import set_language

DOCS = Path(__file__).parents[2] / "docs"
PAGES = sorted(DOCS.glob("*.md"))
PAIRS = [
    *("walk", "notes-corrected", "questions", "1998", "reproduction", "speed", "frameworks", "variants"),
    "from-scratch",
]
QUICK = {"summary", "shape", "codes", "explain", "recognize"}

INLINE = re.compile(r"`(lenet\s[^`]+)`")
CONSOLE = re.compile(r"```console\n(.*?)```", re.DOTALL)


def read_commands(text):
    """Commands in running text and in consoles, each on one line."""
    consoles = [
        line[2:] for block in CONSOLE.findall(text) for line in block.splitlines() if line[:2] == "$ "
    ]
    found = [" ".join(command.split()) for command in INLINE.findall(text)]
    return [command for command in found + consoles if command.startswith("lenet ")]


def read_consoles(path):
    """(command, the lines that are quoted below it)."""
    answers = []
    for block in CONSOLE.findall(path.read_text("utf-8")):
        for line in block.splitlines():
            if line.startswith("$ "):
                answers.append((line[2:], []))
            else:
                answers[-1][1].append(line.strip())
    return answers


def find_verb(command):
    words = shlex.split(re.sub(r"--lang \w+", "", command))
    return next(word for word in words[1:] if not word.startswith("-"))


def is_quick(command):
    """What is quick, and more than the name of a verb."""
    return find_verb(command) in QUICK and (len(shlex.split(command)) > 2 or command == "lenet summary")


ALL = sorted({command for path in PAGES for command in read_commands(path.read_text("utf-8"))})
CONSOLES = [
    pytest.param(*answer, id=f"{path.name}: {answer[0]}")
    for path in PAGES
    for answer in read_consoles(path)
    if is_quick(answer[0])
]


def squeeze(line):
    return " ".join(line.split())


def says_the_same(quoted, printed):
    """Whether a line is in another, decimals within 1%: the last digits are not those of every machine."""
    parts = re.split(r"(\d+\.\d+)", quoted)
    parts[::2] = map(re.escape, parts[::2])
    values = list(map(float, parts[1::2]))
    parts[1::2] = [r"(\d+\.\d+)"] * len(values)
    found = re.search("".join(parts), printed)
    return found is not None and list(map(float, found.groups())) == pytest.approx(
        values, rel=0.01, abs=0.005
    )


@pytest.fixture
def lenet(capsys, monkeypatch, tmp_path):
    """Run a command in a folder with the pictures that the documents speak of."""
    for name in ("LENET_LANG", "LENET_DEBUG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "1")
    monkeypatch.chdir(tmp_path)
    for name, digit in (("three", 3), ("seven", 7)):
        shutil.copy(sample_path(digit), tmp_path / f"{name}.png")

    def call(command):
        code = run(shlex.split(command)[1:])
        return code, capsys.readouterr()

    yield call
    set_language(None)


def test_the_decimals_of_a_quoted_line_are_compared():
    assert says_the_same("f(0.4785) = 0.5295", "a: f(0.4786) = 0.5290")
    assert not says_the_same("f(0.4785) = 0.5295", "f(0.4785) = 0.5495")
    assert not says_the_same("maps 0-5: 456", "maps 0-5: 457")


def test_the_documents_have_commands():
    assert len(ALL) > 60
    assert len(CONSOLES) > 20


@pytest.mark.parametrize("command", ALL)
def test_every_verb_in_the_documents_exists(command):
    assert find_verb(command) in VERBS


@pytest.mark.parametrize("command", [command for command in ALL if is_quick(command)])
def test_every_quick_command_runs_as_written(lenet, command):
    code, streams = lenet(command)
    assert code == 0, streams.err
    assert streams.out


@pytest.mark.parametrize(("command", "quoted"), CONSOLES)
def test_what_is_quoted_is_what_is_printed(lenet, command, quoted):
    assert quoted
    _, streams = lenet(command)
    printed = [squeeze(line) for line in streams.out.splitlines()]
    for line in map(squeeze, quoted):
        places = [number for number, other in enumerate(printed) if says_the_same(line, other)]
        assert places, f"{line!r} is not printed, or not in this place"
        printed = printed[places[0] + 1 :]


@pytest.mark.parametrize("name", PAIRS)
def test_both_languages_have_the_same_commands_and_numbers(name):
    english, chinese = ((DOCS / f"{name}{end}").read_text("utf-8") for end in (".md", ".zh.md"))
    plain = [{c.removesuffix(" --lang zh") for c in read_commands(text)} for text in (english, chinese)]
    assert plain[0] == plain[1]
    numbers = [re.findall(r"^(\d+)\. ", text, re.MULTILINE) for text in (english, chinese)]
    assert numbers[0] == numbers[1] == [str(n + 1) for n in range(len(numbers[0]))]


@pytest.mark.parametrize("name", PAIRS)
def test_commands_in_a_chinese_page_answer_in_chinese(name):
    text = (DOCS / f"{name}.zh.md").read_text("utf-8")
    for command in read_commands(text):
        words = shlex.split(command)
        # a bare verb names itself; with anything more it is meant to be typed
        if find_verb(command) in QUICK and len(words) > 2 and words[-1] != "three.png":
            assert words[-2:] == ["--lang", "zh"], command


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_every_link_within_the_documents_leads_somewhere(path):
    for target in re.findall(r"\]\(([^)#:]+?)(?:#[^)]*)?\)", path.read_text("utf-8")):
        assert (DOCS / target).exists(), target
