"""No variant's code may stand in for another's: nothing that the linker could merge is in two of them."""

import shutil
import subprocess
from pathlib import Path

import pytest

KERNELS = Path(__file__).parents[2] / "src" / "kernels"
VARIANTS = {"baseline": [], "avx2": ["-mavx2", "-mfma", "-DLENET_AVX2"]}


@pytest.fixture(scope="module")
def symbols(tmp_path_factory):
    compiler = shutil.which("g++") or shutil.which("clang++")
    if not (compiler and shutil.which("nm")):
        pytest.skip("no compiler or no nm")
    if "x86_64" not in subprocess.check_output([compiler, "-dumpmachine"], text=True):
        pytest.skip("only x86-64 has two variants")
    folder, found = tmp_path_factory.mktemp("objects"), {}
    for name, flags in VARIANTS.items():
        target = folder / f"{name}.o"
        # without optimization nothing is inlined, so that every function that there is has its symbol
        names = [f"-DLENET_VARIANT=lenet_{name}", f"-DLENET_VARIANT_NAME={name}"]
        # a square root is an instruction only where it need not report an error
        plain = ["-fno-exceptions", "-fno-rtti", "-fno-math-errno"]
        command = [compiler, "-std=c++17", "-O0", *plain, *flags, *names]
        subprocess.run([*command, "-c", str(KERNELS / "variant.cpp"), "-o", str(target)], check=True)
        lines = subprocess.check_output(["nm", str(target)], text=True).splitlines()
        found[name] = [(line.split()[-2], line.split()[-1]) for line in lines]
    return found


def test_variants_share_no_defined_symbol(symbols):
    defined = [{name for kind, name in rows if kind not in "Utrdb"} for rows in symbols.values()]
    assert all(defined)
    assert not defined[0] & defined[1]


def test_every_weak_symbol_names_its_variant(symbols):
    for variant, rows in symbols.items():
        for kind, name in rows:
            if kind in "WVu":
                assert f"lenet_{variant}" in name, name


def test_kernels_need_nothing_but_memory_functions(symbols):
    for rows in symbols.values():
        needed = {name for kind, name in rows if kind == "U"}
        assert needed <= {"memcpy", "memset", "memmove", "_GLOBAL_OFFSET_TABLE_", "__stack_chk_fail"}, needed
