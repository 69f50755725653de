"""The help of every command is complete at every width, in both languages: wrapped, never cut."""

import re
import sys
import unicodedata

import pytest
import typer

from lenet.cli.help import format_help
from lenet.cli.main import VERBS, build_app
from lenet.texts import LANGUAGES, load_texts

COMMANDS = [(), *((verb,) for verb in VERBS), *(("data", name) for name in ("list", "fetch", "verify"))]
CLOSING = "，。；：、！？）》”"


@pytest.fixture
def fresh_data(monkeypatch):
    """`lenet.cli.data` says its help when it is imported: import it again for another language."""
    monkeypatch.delitem(sys.modules, "lenet.cli.data", raising=False)


def find_command(words):
    command = typer.main.get_command(build_app(words[0] if words else None))
    for word in words:
        command = command.commands[word]
    return command


def collect_texts(command):
    """All that a help has to say: of the command, of each parameter, of each command below it."""
    yield command.help
    if command.epilog:
        yield command.epilog
    for parameter in command.params:  # the brackets of an argument that may be left out are not shown there
        yield from parameter.opts if parameter.param_type_name == "option" else ()
        shown = parameter.show_default
        default = shown if isinstance(shown, str) else parameter.default if shown else None
        yield from (text.strip("[]") for text in (parameter.help, parameter.metavar) if text)
        if default is not None and not isinstance(default, bool):
            yield str(default)
    for name, below in getattr(command, "commands", {}).items():
        yield name
        yield below.help


def squeeze(text):
    return "".join(text.split())


def split_words(text):
    return set(re.findall(r"\w[\w'-]*", text))


def measure(line):
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in line)


@pytest.mark.parametrize("width", [60, 80, 100])
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_word_of_a_help_is_shown(lenet, fresh_data, monkeypatch, words, language, width):
    monkeypatch.setenv("COLUMNS", str(width))
    answer = lenet("--lang", language, *words, "--help")
    assert (answer.code, answer.err) == (0, "")
    lines = answer.out.splitlines()
    assert max(map(measure, lines)) <= width
    assert not any(line.lstrip().startswith(tuple(CLOSING)) for line in lines)
    shown = squeeze(answer.out)
    texts = list(collect_texts(find_command(words)))
    assert len(texts) >= 3
    for text in texts:
        assert squeeze(text) in shown
    assert "…" not in answer.out.replace("……", "")
    assert "None" not in answer.out


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_english_words_are_not_broken(lenet, fresh_data, monkeypatch, words):
    monkeypatch.setenv("COLUMNS", "60")
    shown = split_words(lenet(*words, "--help").out)
    for text in collect_texts(find_command(words)):
        assert split_words(text) <= shown


def test_on_a_wide_terminal_lines_are_no_longer_than_a_hundred_columns(lenet, monkeypatch):
    monkeypatch.setenv("COLUMNS", "300")
    assert 90 < max(map(len, lenet("train", "--help").out.splitlines())) <= 100


def test_on_a_very_narrow_terminal_nothing_is_lost(lenet, monkeypatch):
    monkeypatch.setenv("COLUMNS", "10")
    shown = squeeze(lenet("--lang", "zh", "train", "--help").out)
    assert squeeze(load_texts("zh")["train.data"]) in shown


def test_headings_are_bold_on_a_terminal_alone(lenet, monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
    command = find_command(("codes",))
    with command.make_context("codes", ["68"]) as context:
        assert "\x1b[1mOptions:\x1b[0m" in format_help(command, context)
        monkeypatch.setenv("NO_COLOR", "1")
        assert "\x1b" not in format_help(command, context)
    assert "\x1b" not in lenet("codes", "--help").out


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_help_of_all_ends_with_the_glossary(lenet, language):
    out = lenet("--help", "--lang", language).out
    assert "docs/glossary" in out.splitlines()[-1]
    assert "glossary" not in lenet("codes", "--help", "--lang", language).out


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_group_without_a_command_prints_its_help(lenet, fresh_data, language):
    out = lenet("--lang", language, "data").out
    assert out == lenet("--lang", language, "data", "--help").out
    assert load_texts(language)["cli.commands"] in out


def test_the_usage_line_tells_what_must_be_given(lenet):
    usage = [lenet(*words, "--help").out.splitlines()[0] for words in (("shape",), ("codes",), ("data",))]
    assert usage[0] == "Usage: lenet shape H W D --kernel F [options]"
    assert usage[1] == "Usage: lenet codes [TEXT] [options]"
    assert usage[2] == "Usage: lenet data COMMAND [options]"
