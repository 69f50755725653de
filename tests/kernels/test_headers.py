"""What the names of the kernels' headers promise, and the list of them in src/kernels/README.md."""

import shutil
import subprocess
from pathlib import Path

import pytest

KERNELS = Path(__file__).parents[2] / "src" / "kernels"
HEADERS = sorted(KERNELS.glob("*.hpp"))


def compile_alone(header, folder):
    compiler = shutil.which("g++") or shutil.which("clang++")
    if not compiler:
        pytest.skip("no compiler")
    source = folder / "alone.cpp"
    source.write_text(f'#include "{header}"\n')
    command = [compiler, "-std=c++17", "-fsyntax-only", str(source)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("header", HEADERS, ids=lambda path: path.name)
def test_a_header_compiles_on_its_own_unless_its_name_says_that_it_does_not(header, tmp_path):
    answer = compile_alone(header, tmp_path)
    assert (answer.returncode == 0) == ("-inl" not in header.name), answer.stderr


def test_the_readme_lists_every_file():
    lines = (KERNELS / "README.md").read_text("utf-8").splitlines()
    table = "\n".join(line.split("|")[1] for line in lines if line.startswith("|"))
    files = [path for path in KERNELS.iterdir() if path.suffix in {".hpp", ".cpp"}]
    assert files
    assert not [path.name for path in files if f"`{path.name.replace('-inl.hpp', '-inl')}`" not in table]


def test_variants_include_only_inline_headers_into_their_namespace():
    inside = (KERNELS / "variant.cpp").read_text("utf-8").partition("namespace LENET_VARIANT {")[2]
    names = [line.split('"')[1] for line in inside.splitlines() if line.startswith("#include")]
    assert len(names) > 10
    assert all(name.endswith("-inl.hpp") for name in names)


def test_the_clean_up_is_c99_too(tmp_path):
    compiler = shutil.which("gcc") or shutil.which("clang")
    if not compiler:
        pytest.skip("no compiler")
    inside = (
        (KERNELS / "variant.cpp").read_text("utf-8").partition("namespace cleanup {")[2].partition("}")[0]
    )
    included = [line for line in inside.splitlines() if line.startswith("#include")]
    assert len(included) == 14
    source = tmp_path / "clean_up.c"
    given = [
        "#include <stddef.h>",
        "#include <stdint.h>",
        '#include "room_bytes.hpp"',
        "enum { STORED = 28, WAYS = 2 };",
    ]
    source.write_text("\n".join([*given, *included, ""]))
    flags = ["-std=c99", "-Wall", "-Wextra", "-Wno-unused-function", "-Werror", "-fsyntax-only"]
    answer = subprocess.run(
        [compiler, *flags, f"-I{KERNELS}", str(source)], capture_output=True, text=True, check=False
    )
    assert answer.returncode == 0, answer.stderr
