"""What is printed: safe, and wrapped instead of cut."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

from lenet.cli.output import (
    make_console,
    make_table,
    print_error,
    print_json,
    print_lines,
    print_paragraph,
    print_table,
    replace_controls,
    wrap_line,
)


@pytest.fixture
def terminal(monkeypatch):
    """Let standard output be taken for a terminal of 40 columns without colours."""
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "40")


def test_control_characters_are_replaced_in_all_that_is_printed(capsys):
    nasty = "a\x1b[31m\x07\x9b\x7f\u202e\udcffz"
    safe = "a\ufffd[31m" + "\ufffd" * 5 + "z"
    table = Table(nasty)
    table.add_row(nasty)
    make_console().print(nasty, table, Text.assemble(nasty, (nasty, "red")), style="bold")
    print_paragraph(nasty)
    print_error(nasty)
    captured = capsys.readouterr()
    assert captured.out.count(safe) == 4
    assert captured.out.count(safe.replace("\ufffd" * 5, "\ufffd" * 4)) == 2  # Text drops the bell itself
    assert captured.err == f"error: {safe}\n"
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e\udcff]", captured.out)


def test_lines_tabs_and_chinese_are_no_control_characters():
    assert replace_controls("一\tb\n▀ é\ufffd") == "一\tb\n▀ é\ufffd"


def test_json_holds_numpys_numbers_paths_and_chinese(capsys, tmp_path):
    values = {"a": np.float32(0.5), "b": np.arange(3), "c": tmp_path, "d": "数字"}
    print_json(values)
    out = capsys.readouterr().out
    assert json.loads(out) == {"a": 0.5, "b": [0, 1, 2], "c": str(tmp_path), "d": "数字"}
    assert "数字" in out


@pytest.mark.parametrize("width", [8, 13, 20, 60])
def test_lines_are_broken_between_chinese_characters(width):
    text = "每个特征图只读取 S2 的一部分特征图:96 个,其中用了 60 个(表 I)。".translate(
        {ord(","): 0xFF0C, ord(":"): 0xFF1A, ord("("): 0xFF08, ord(")"): 0xFF09}
    )
    lines = wrap_line(text, width)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert all(cell_len(line) <= width for line in lines)
    assert not any(line[0] in "\uff0c\uff1a\uff09\u3002" for line in lines)


def test_english_lines_are_broken_at_spaces():
    assert wrap_line("one two three", 8) == ["one two", "three"]


@pytest.mark.parametrize("width", [5, 9, 20])
def test_a_word_longer_than_a_line_is_broken_after_a_bar_or_else_anywhere(width):
    text = "--recipe fast|sprint|1998 与数据文件夹/x aaaaaaaaaaaaaaaaaaaaaaaaaaaa"
    lines = wrap_line(text, width)
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert all(cell_len(line) <= width for line in lines)
    assert "sprint|" in wrap_line("fast|sprint|1998", 9)


TABLE = {"file": "left", "number": "right", "reason": "left"}
ROW = (
    "a/name/that/is/longer/than/the/terminal.png",
    "1,234",
    "several marks in the picture; 图中不止一个笔迹",
)


def print_row():
    table = make_table(TABLE)
    table.add_row(*ROW)
    print_table(table)


def test_a_table_is_as_wide_as_it_needs_to_be_where_the_output_is_no_terminal(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    print_row()
    assert all(any(cell in line for line in capsys.readouterr().out.splitlines()) for cell in ROW[:1])


def test_a_table_on_a_narrow_terminal_is_wrapped_and_not_cut(capsys, terminal):
    print_row()
    out = re.sub("\x1b[^m]*m", "", capsys.readouterr().out)
    assert max(map(cell_len, out.splitlines())) <= 40
    assert "…" not in out
    for cell in (*TABLE, *ROW):
        left = list("".join(cell.split()))
        for character in out:
            if left and character == left[0]:
                left.pop(0)
        assert not left, cell


def test_sentences_are_wrapped_on_a_terminal_alone_and_drawings_never(capsys, terminal, monkeypatch):
    sentence, drawing = ("one two three " * 5).strip(), "    " + "#" * 60
    print_lines([sentence, "", drawing])
    lines = re.sub("\x1b[^m]*m", "", capsys.readouterr().out).splitlines()
    assert lines[-1] == drawing
    assert max(map(len, lines[:-1])) <= 40
    for name in ("FORCE_COLOR", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name)
    print_lines([sentence, "", drawing])
    assert capsys.readouterr().out == f"{sentence}\n\n{drawing}\n"


def test_a_path_longer_than_a_terminal_is_not_broken(capsys, terminal):
    path = "/a" * 40
    make_console().print(f"Picture written to {path}", soft_wrap=True)
    assert re.sub("\x1b[^m]*m", "", capsys.readouterr().out) == f"Picture written to\n{path}\n"


def test_a_live_line_keeps_its_own_control_codes(monkeypatch, capsys):
    from rich.live import Live

    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    console = make_console()
    with Live(Text("a\x1b[2Jb"), console=console, refresh_per_second=1):
        pass
    out = capsys.readouterr().out
    assert "a\ufffd[2Jb" in out
    assert "\x1b[?25l" in out  # rich hides the cursor


def test_json_has_no_bare_nan_and_no_control_characters(capsys):
    print_json({"a": float("nan"), "b": [np.float32("inf"), 1.5], "c": "\x1b[31m\ud800", "d": Path("x")})
    out = capsys.readouterr().out
    assert json.loads(out) == {"a": None, "b": [None, 1.5], "c": "\x1b[31m\ud800", "d": "x"}
    assert "\x1b" not in out
    out.encode("utf-8")
