"""The C file that reads pictures: the answers of `Network.recognize`, whatever it is given."""

import re
import shutil
import subprocess
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from lenet.export.c_file import export_c
from lenet.export.c_reader import HEADERS, read_header, render_reader
from lenet.export.compiler import compile_c, list_compilers, measure_c, name_compiler
from lenet.export.verify_reader import EXACT, OPTIONS, draw_picture, pack_pgm, read_pictures, verify_reader
from lenet.network import load
from lenet.samples import read_sample
from tests.kernels.test_clean_up import spoil

from .conftest import draw_images

WARNINGS = ("-Wall", "-Wextra", "-Wpedantic", "-Werror")
NEEDS = pytest.mark.skipif(not list_compilers(), reason="no C compiler")
GCC = pytest.mark.skipif(not shutil.which("gcc"), reason="gcc is not installed")
PICTURES = 100
KERNELS = Path(__file__).parents[2] / "src" / "kernels"


@cache
def draw_pictures():
    """What people make: spoilt digits, the samples, blank paper, noise; inverted, too."""
    chance = np.random.default_rng(0)
    plain = [np.full((40, 30), 200, np.uint8), chance.integers(0, 256, (60, 50), np.uint8)]
    samples = [read_sample(digit) for digit in range(10)]
    return [*map(spoil, range(PICTURES)), *samples, *plain, *draw_images(3)]


def strip_calibration(network, **changes):
    card = {key: value for key, value in network.card.items() if key != "calibration"}
    if changes:
        card["calibration"] = {**network.card["calibration"], **changes}
    return replace(network, card=card)


# --- the same as in Python


@NEEDS
@pytest.mark.parametrize("options", [(), (EXACT,)])
@pytest.mark.parametrize("name", ["1998", "best"])
def test_label_verdict_reason_and_confidence_are_those_of_recognize(name, options, tmp_path):
    network, pictures = load(name), draw_pictures()
    export_c(network, tmp_path / "net.c", reader=True)
    readings = read_pictures(tmp_path / "net.c", list_compilers()[0], pictures, 10, *options)
    answers = network.recognize(pictures)
    assert len(readings) == len(answers)
    assert {answer.verdict for answer in answers} == {"digit", "unsure", "none"}
    assert [i for i, reading in enumerate(readings) if not reading.tells(answers[i])] == []
    near = 1e-5 if options else 5e-2  # with floats a rounding may decide whether a pixel is ink
    for reading, answer in zip(readings, answers, strict=True):
        assert reading.confidence == pytest.approx(answer.confidence, abs=near)
        expected = list(answer.penalties.values())
        assert reading.penalties == pytest.approx(expected, abs=near * np.abs(expected).max())


# reads width, height and picture, writes the digit
DIGITS = """
#include "net.c"
#include <stdio.h>
static unsigned char picture[2000 * 2000], work[LENET_WORK_BYTES(2000, 2000)];
int main(void)
{
    int sides[2];
    lenet_answer answer;
    while (fread(sides, sizeof sides, 1, stdin) == 1) {
        const size_t count = (size_t)sides[0] * (size_t)sides[1];
        if (fread(picture, 1, count, stdin) != count) return 1;
        if (!lenet_read(picture, sides[0], sides[1], work, sizeof work, &answer)) return 2;
        fwrite(answer.digit, 1, sizeof answer.digit, stdout);
    }
    return 0;
}
"""


@NEEDS
@pytest.mark.parametrize("options", [(), (EXACT,)])
def test_the_digits_are_those_of_python_but_for_a_few_and_exact_ones_bit_by_bit(options, tmp_path):
    network, pictures = load("best"), draw_pictures()
    export_c(network, tmp_path / "net.c", reader=True)
    (tmp_path / "digits.c").write_text(DIGITS)
    command = list_compilers()[0]
    compile_c(
        tmp_path / "digits.c", tmp_path / "digits", command, "-O2", "-ffp-contract=off", *options, "-lm"
    )
    given = b"".join(np.array(p.shape[::-1], np.int32).tobytes() + p.tobytes() for p in pictures)
    answer = subprocess.run([str(tmp_path / "digits")], input=given, capture_output=True, check=True)
    digits = np.frombuffer(answer.stdout, np.uint8).reshape(-1, 28, 28).astype(int)
    gaps = np.abs(digits - np.stack([one.image for one in network.recognize(pictures)])).max(axis=(1, 2))
    assert (gaps > 0).sum() <= (0 if options else 2)


@NEEDS
def test_a_network_without_calibration_is_called_uncalibrated(tmp_path):
    network, pictures = strip_calibration(load()), draw_pictures()
    export_c(network, tmp_path / "net.c", reader=True)
    assert "judge_" not in (tmp_path / "net.c").read_text()
    readings = read_pictures(tmp_path / "net.c", list_compilers()[0], pictures, 10)
    assert {reading.confidence for reading in readings} == {-1}
    assert {reading.verdict for reading in readings} == {"uncalibrated", "unsure", "none"}
    answers = network.recognize(pictures)
    assert all(reading.tells(answer) for reading, answer in zip(readings, answers, strict=True))


@NEEDS
@pytest.mark.parametrize("labels", [tuple("0123456789"), tuple("abcdefghij")])
def test_without_the_judge_the_confidence_is_the_network_s_alone(labels, tmp_path):
    # letters have no judge; nor has a calibration that was measured without one
    judge = 1.2 if labels[0] == "a" else None
    network = replace(strip_calibration(load(), judge=judge, sure=0.9), labels=labels)
    pictures = draw_pictures()
    export_c(network, tmp_path / "net.c", reader=True)
    assert "judge_" not in (tmp_path / "net.c").read_text()
    readings = read_pictures(tmp_path / "net.c", list_compilers()[0], pictures, 10, EXACT)
    for reading, answer in zip(readings, network.recognize(pictures), strict=True):
        assert reading.tells(answer)
        assert reading.confidence == pytest.approx(answer.confidence, abs=1e-5)


@NEEDS
@pytest.mark.slow
def test_the_comparison_finds_a_file_that_reads_otherwise(tmp_path):
    network, images = load(), draw_images(10)
    export_c(network, tmp_path / "net.c", reader=True)
    assert all(one.agrees and one.count == 10 for one in verify_reader(network, images, tmp_path / "net.c"))
    text = (tmp_path / "net.c").read_text()
    for wrong in (text.replace("BOX = 20 }", "BOX = 19 }"), text.replace("(-2.0);", "(2.0);")):
        assert wrong != text
        (tmp_path / "wrong.c").write_text(wrong)
        assert not all(one.agrees for one in verify_reader(network, images, tmp_path / "wrong.c"))


def test_without_a_compiler_the_comparison_says_so(monkeypatch, tmp_path):
    monkeypatch.setattr("lenet.export.verify_reader.list_compilers", list)
    (one,) = verify_reader(load(), draw_images(1), tmp_path / "net.c")
    assert "gcc or clang" in one.skipped


# --- from the kernels' own sources


def test_the_file_has_the_headers_that_the_kernels_are_compiled_from():
    inside = (
        (KERNELS / "variant.cpp").read_text("utf-8").partition("namespace cleanup {")[2].partition("}")[0]
    )
    included = re.findall(r'#include "(.+)"', inside)
    assert [name for name in included if name != "drawing-inl.hpp"] == list(HEADERS)
    text = render_reader(load())
    for name in (*HEADERS, "room_bytes.hpp"):
        lines = [
            line for line in (KERNELS / name).read_text("utf-8").splitlines() if "__builtin_" not in line
        ]
        assert "\n".join(lines[:3]) in text
        assert all(line in text for line in lines)
        assert read_header(name) == (KERNELS / name).read_text("utf-8")


# --- compilers


@pytest.mark.slow
@pytest.mark.parametrize("name", ["gcc", "clang"])
@pytest.mark.parametrize("calibrated", [True, False])
def test_every_warning_is_an_error(name, calibrated, tmp_path):
    commands = [command for command in list_compilers() if name in name_compiler(command)]
    if not commands:
        pytest.skip(f"{name} is not installed")
    export_c(load() if calibrated else strip_calibration(load()), tmp_path / "net.c", reader=True)
    compile_c(tmp_path / "net.c", tmp_path / "net.o", commands[0], "-O2", "-c", EXACT, *WARNINGS)
    compile_c(tmp_path / "net.c", tmp_path / "net", commands[0], "-O1", *OPTIONS, *WARNINGS)


@GCC
def test_it_calls_only_a_few_functions_of_string_h_and_math_h(tmp_path):
    export_c(load(), tmp_path / "net.c", reader=True)
    for level in ("-Os", "-O2"):
        compile_c(tmp_path / "net.c", tmp_path / "net.o", ["gcc"], level, "-c")
        command = ["nm", "--undefined-only", str(tmp_path / "net.o")]
        found = subprocess.run(command, capture_output=True, check=True, text=True).stdout
        names = set(re.findall(r"U (\S+)", found))
        assert {"exp", "log"} <= names <= {"exp", "log", "sqrt", "sqrtf", "memcpy", "memset", "memmove"}


USE_FROM_CPP = """
#include "net.c"
#include <cstdio>
static unsigned char picture[100 * 100], work[LENET_WORK_BYTES(100, 100)];
int main() {
    lenet_answer answer;
    if (!lenet_read(picture, 100, 100, work, sizeof work, &answer)) return 1;
    std::printf("%d %d", answer.verdict == LENET_NONE, answer.reason == LENET_BLANK);
}
"""


@pytest.mark.skipif(not shutil.which("g++"), reason="g++ is not installed")
@pytest.mark.parametrize("standard", ["c++11", "c++20"])
def test_the_file_can_be_included_from_cpp(standard, tmp_path):
    export_c(load("best"), tmp_path / "net.c", reader=True)
    (tmp_path / "use.cpp").write_text(USE_FROM_CPP)
    command = ["g++", f"-std={standard}", *WARNINGS, "use.cpp", "-o", "use"]
    built = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    answer = subprocess.run([str(tmp_path / "use")], capture_output=True, text=True, check=True)
    assert answer.stdout == "1 1"


TELL = """
#include <stdio.h>
#include "net.c"
int main(void) { printf("%zu", LENET_WORK_BYTES(100, 100)); }
"""


@GCC
def test_code_weights_stack_and_work_buffer_are_measured(tmp_path):
    export_c(load("best"), tmp_path / "net.c", reader=True)
    found = measure_c(tmp_path / "net.c", ["gcc"], reader=True)
    assert found.code < 128 * 1024
    assert 4 * 2 * 61_000 < found.data < 520_000  # the network's weights and the judge's
    assert 14_000 < found.stack < 20_000
    assert found.stack + found.work < 256_000
    assert found.work < 235_000 < measure_c(tmp_path / "net.c", ["gcc"], True, EXACT).work < 340_000
    (tmp_path / "tell.c").write_text(TELL)
    compile_c(tmp_path / "tell.c", tmp_path / "tell", ["gcc"], "-lm")
    told = subprocess.run([str(tmp_path / "tell")], capture_output=True, check=True).stdout
    assert found.work == int(told)


# --- damaged and odd input


@GCC
@pytest.mark.parametrize("options", [(), pytest.param((EXACT,), marks=pytest.mark.slow)])
def test_odd_and_damaged_input_is_read_or_refused_without_a_stray_access(options, tmp_path):
    export_c(load("best"), tmp_path / "net.c", reader=True)
    shutil.copy(Path(__file__).with_name("read_odd.c"), tmp_path / "odd.c")
    sanitize = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-g")
    try:
        compile_c(tmp_path / "odd.c", tmp_path / "odd", ["gcc"], "-O1", *WARNINGS, *sanitize, *options, "-lm")
    except Exception as error:
        if "cannot find" in str(error):
            pytest.skip("gcc has no sanitizers here")
        raise
    answer = subprocess.run([str(tmp_path / "odd")], capture_output=True, text=True, check=False)
    assert (answer.returncode, answer.stdout, answer.stderr) == (0, "", "")


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    if not list_compilers():
        pytest.skip("no C compiler")
    folder = tmp_path_factory.mktemp("reader")
    export_c(load(), folder / "net.c", reader=True)
    compile_c(folder / "net.c", folder / "net", list_compilers()[0], *OPTIONS)
    return folder / "net"


@pytest.mark.parametrize(
    "damaged",
    [
        b"x",
        b"P5",
        b"P6 2 2 255 " + bytes(12),
        b"P5 0 0 255 ",
        b"P5 -3 3 255 ",
        b"P5 32768 1 255 " + bytes(32768),
        b"P5 99999999999999999999 2 255 " + bytes(4),
        b"P5 30000 30000 255 " + bytes(100),
        b"P5 2 2 256 " + bytes(8),
        b"P5 2 2 9 " + bytes([200] * 4),
        b"P5 2 2 255 " + bytes(3),
    ],
)
def test_the_program_refuses_what_is_no_picture(program, damaged):
    answer = subprocess.run([str(program)], input=damaged, capture_output=True, check=False)
    assert answer.returncode == 1
    assert answer.stdout == b""
    assert b"expected pictures as PGM" in answer.stderr


def test_the_program_reads_files_one_after_the_other_and_names_an_absent_one(program, tmp_path):
    pictures = [draw_picture(image) for image in draw_images(3)]
    whole = subprocess.run(
        [str(program)], input=b"".join(map(pack_pgm, pictures)), capture_output=True, check=True
    )
    for number, picture in enumerate(pictures):
        (tmp_path / f"{number}.pgm").write_bytes(pack_pgm(picture))
    names = [str(tmp_path / f"{number}.pgm") for number in range(3)]
    answer = subprocess.run([str(program), *names], capture_output=True, check=True)
    assert answer.stdout == whole.stdout
    assert [line.split()[0] for line in answer.stdout.decode().splitlines()] == ["0", "1", "2"]
    absent = subprocess.run([str(program), "absent.pgm"], capture_output=True, check=False)
    assert absent.returncode == 1
    assert b"absent.pgm" in absent.stderr
