"""The C file: compiled by gcc and clang with every warning an error, and run on digits."""

import shutil
import subprocess

import numpy as np
import pytest

from lenet.architecture import ORIGINAL, Architecture
from lenet.errors import FileError
from lenet.export.c_file import export_c, render_c
from lenet.export.c_parts import quote
from lenet.export.compiler import (
    RECURSIONS,
    compile_c,
    find_deepest,
    list_compilers,
    measure_c,
    name_compiler,
)
from lenet.network import Network

from .conftest import draw_images, make_network

WARNINGS = ("-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Werror")

USE = """
int lenet_recognize(const unsigned char image[28 * 28], float penalties[10]);
int main(void)
{
    static unsigned char image[28 * 28];
    float penalties[10];
    int label = lenet_recognize(image, penalties);
    for (int i = 0; i < 10; i++)
        if (penalties[i] < penalties[label]) return 100;
    return label == lenet_recognize(image, 0) ? label : 101;
}
"""

# appended to the file, so that it sees what is static there
TRY_TANH = """
#include <math.h>
#include <stdio.h>
int main(void)
{
    double most = 0;
    for (int i = -2000000; i <= 2000000; i++) {
        const float x = (float)i * 1e-5f;
        const double error = fabs((double)compute_tanh(x) - tanh((double)x));
        if (error > most) most = error;
    }
    printf("%g", most);
    return 0;
}
"""


@pytest.fixture(params=["gcc", "clang"])
def compiler(request):
    commands = [command for command in list_compilers() if request.param in name_compiler(command)]
    if not commands:
        pytest.skip(f"{request.param} is not installed")
    return commands[0]


def run(program, *names, given=b""):
    return subprocess.run([str(program), *map(str, names)], input=given, capture_output=True, check=False)


def build(network, folder, compiler, *options):
    export_c(network, folder / "net.c")
    compile_c(folder / "net.c", folder / "net", compiler, "-O2", "-DLENET_MAIN", *options)
    return folder / "net"


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    """The network of 1998 as a program, by whatever compiler is here."""
    compilers = list_compilers()
    if not compilers:
        pytest.skip("no C compiler")
    return build(make_network(ORIGINAL), tmp_path_factory.mktemp("program"), compilers[0])


def test_the_program_gives_the_penalties_of_the_reference(network, compiler, tmp_path):
    images = draw_images(40)
    answer = run(build(network, tmp_path, compiler, *WARNINGS), given=images.tobytes())
    assert answer.returncode == 0
    lines = [line.rsplit(b" ", network.architecture.classes) for line in answer.stdout.splitlines()]
    penalties = np.array([line[1:] for line in lines], float)
    expected = network.penalties(images)
    assert np.abs(penalties - expected).max() <= 1e-5 * np.abs(expected).max()
    assert [line[0].decode() for line in lines] == [network.labels[i] for i in penalties.argmin(axis=1)]


@pytest.mark.slow
@pytest.mark.parametrize("level", ["-Os", "-O2", "-O3"])
def test_the_file_needs_no_library(compiler, level, tmp_path):
    for number, architecture in enumerate((ORIGINAL, Architecture("relu", "max", "full", "linear"))):
        export_c(make_network(architecture), tmp_path / "net.c")
        compile_c(tmp_path / "net.c", tmp_path / f"{number}.o", compiler, level, "-c", *WARNINGS)
        command = ["nm", "--undefined-only", str(tmp_path / f"{number}.o")]
        assert subprocess.run(command, capture_output=True, check=True).stdout == b""


def test_the_function_is_called_from_another_file_and_penalties_may_be_left_out(compiler, tmp_path):
    export_c(make_network(ORIGINAL), tmp_path / "net.c")
    (tmp_path / "use.c").write_text(USE)
    compile_c(tmp_path / "use.c", tmp_path / "use", [*compiler, str(tmp_path / "net.c")], *WARNINGS)
    expected = make_network(ORIGINAL).penalties(np.zeros((1, 28, 28), np.uint8)).argmin()
    assert run(tmp_path / "use").returncode == expected


@pytest.mark.slow
def test_the_tanh_is_as_exact_as_its_comment_says(compiler, tmp_path):
    text = render_c(make_network(ORIGINAL))
    assert "Its absolute error is below 6e-7." in text
    (tmp_path / "try.c").write_text(text + TRY_TANH)
    compile_c(tmp_path / "try.c", tmp_path / "try", compiler, "-O2", "-lm")
    error = float(run(tmp_path / "try").stdout)
    assert 1e-8 < error < 6e-7


def test_pictures_come_as_pgm_too_with_comments_and_other_scales(program):
    image = draw_images()[3]
    raw = run(program, given=image.tobytes())
    header = b"P5\n# drawn by hand\n28 28 # sides\n255\n"
    assert run(program, given=header + image.tobytes()).stdout == raw.stdout
    coarse = (image // 17).astype(np.uint8)
    expected = run(program, given=(coarse * 17).tobytes()).stdout
    assert run(program, given=b"P5 28 28 15 " + coarse.tobytes()).stdout == expected


def test_several_files_are_read_in_their_order(program, tmp_path):
    images = draw_images(3)
    for number, image in enumerate(images):
        image.tofile(tmp_path / f"{number}.raw")
    names = [tmp_path / f"{number}.raw" for number in range(3)]
    assert run(program, *names).stdout == run(program, given=images.tobytes()).stdout


@pytest.mark.parametrize(
    "damaged",
    [
        b"x",
        b"P5",
        b"P5 28 28",
        b"P5 27 28 255 " + bytes(784),
        b"P5 28 28 99999999999999999999 " + bytes(784),
        b"P5 28 28 255 " + bytes(783),
        b"P5 28 28 9 " + bytes([200] * 784),
        b"P5 -28 28 255 ",
        bytes(785),
    ],
)
def test_what_is_no_image_is_refused(program, damaged):
    answer = run(program, given=damaged)
    assert answer.returncode == 1
    assert b"expected images of 28x28" in answer.stderr


def test_a_file_that_is_not_there_is_named(program, tmp_path):
    answer = run(program, tmp_path / "absent.raw")
    assert answer.returncode == 1
    assert b"absent.raw" in answer.stderr


@pytest.mark.slow
def test_labels_of_any_text_are_harmless(compiler, tmp_path):
    labels = ('"', "\\", "??/", "*/", "\u4e09", 'a"; system("x");//', "%s", " ", "\n", "-")
    network = Network(ORIGINAL, make_network(ORIGINAL).parameters, labels, {}, "reference")
    image = draw_images(1)
    answer = run(build(network, tmp_path, compiler, *WARNINGS), given=image.tobytes())
    label = labels[network.penalties(image).argmin()]
    assert answer.stdout.decode().startswith(f"{label} ")
    assert quote("\u4e09?") == '"\\344\\270\\211\\077"'


def test_code_weights_and_stack_are_measured(compiler, tmp_path):
    export_c(make_network(ORIGINAL), tmp_path / "net.c")
    found = measure_c(tmp_path / "net.c", compiler)
    if "ziglang" in compiler:
        assert found is None  # its clang writes no frame sizes where we look
        return
    assert found is not None
    assert 240_000 < found.data < 245_000  # 60,000 float32, ten codes, Table I, ten labels
    assert 500 < found.code < 8_000
    # the input, one map of C1, S2, S4, C5, F6 and the penalties
    floats = 32 * 32 + 28 * 28 + 6 * 14 * 14 + 16 * 5 * 5 + 120 + 84 + 10
    assert 4 * floats < found.stack < 4 * floats + 1000
    assert sorted(path.name for path in tmp_path.iterdir()) == ["net.c"]


def test_the_stack_is_that_of_the_deepest_chain_of_calls():
    frames = {"a": 100, "b": 20, "c": 30, "d": 500}
    nodes = [
        f'node: {{ title: "{name}" label: "{name}\\n9:9\\n{size} bytes (static)" }}'
        for name, size in frames.items()
    ]
    calls = [("a", "b"), ("b", "c"), ("a", "c"), ("a", "exp")]
    edges = [f'edge: {{ sourcename: "{at}" targetname: "{to}" label: "9:9" }}' for at, to in calls]
    assert find_deepest("\n".join([*nodes, *edges])) == 500
    assert find_deepest("\n".join([*nodes[:3], *edges])) == 150
    itself = edges[0].replace('"a"', '"b"')
    assert find_deepest("\n".join([*nodes[:3], *edges, itself])) == 130 + 20 * RECURSIONS


def test_what_the_compiler_refuses_is_told(compiler, tmp_path):
    (tmp_path / "bad.c").write_text("int main(void) { return x; }")
    with pytest.raises(FileError, match=r"bad\.c"):
        compile_c(tmp_path / "bad.c", tmp_path / "bad", compiler)


def test_the_compiler_is_that_of_the_environment(monkeypatch):
    monkeypatch.setenv("CC", "gcc -m64")
    assert list_compilers() == ([["gcc", "-m64"]] if shutil.which("gcc") else [])
    monkeypatch.setenv("CC", "no-such-compiler")
    assert list_compilers() == []


USE_FROM_CPP = """
#include "net.c"
#include <cstdio>
int main() {
    unsigned char image[LENET_SIDE * LENET_SIDE] = {};
    std::puts(lenet_labels[lenet_recognize(image, nullptr)]);
}
"""


@pytest.mark.skipif(not shutil.which("g++"), reason="g++ is not installed")
@pytest.mark.parametrize("standard", ["c++11", "c++20"])
def test_the_file_can_be_included_from_cpp(network, standard, tmp_path):
    export_c(network, tmp_path / "net.c")
    (tmp_path / "use.cpp").write_text(USE_FROM_CPP)
    command = ["g++", f"-std={standard}", "-Wall", "-Wextra", "-Werror", "use.cpp", "-o", "use"]
    built = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    expected = network.penalties(np.zeros((1, 28, 28), np.uint8)).argmin()
    answer = subprocess.run([str(tmp_path / "use")], capture_output=True, text=True, check=True)
    assert answer.stdout == f"{network.labels[expected]}\n"
