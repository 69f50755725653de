"""Compile src/kernels to WebAssembly, or look whether the committed module is what the kernels give.

The compiler is clang and lld as the PyPI package `ziglang` bundles them, pinned in constraints.txt.
The bytes do not depend on the folder.

    python -m tools.build_wasm src/lenet/page/static/lenet.wasm
    python -m tools.build_wasm --check src/lenet/page/static/lenet.wasm
"""

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from lenet.architecture import C3_MAPS, C3_TABLE
from lenet.codes import CLASS_CHARACTERS, codes
from lenet.images.distort import RANGES

KERNELS = Path(__file__).parents[1] / "src" / "kernels"
# the second cleans up pictures; drawings do without it
MODULES = {"lenet.wasm": ("variant", "wasm"), "pictures.wasm": ("pictures",)}
# -Os without unrolling but where the kernels ask for it: as fast as -O3 under node, at half the size
STACK = 256 * 1024  # bytes
COMPILE = [
    *("--target=wasm32", "-std=c++17", "-msimd128", "-mbulk-memory", "-mnontrapping-fptoint"),
    *("-ffreestanding", "-nostdinc", "-fno-exceptions", "-fno-rtti", "-fvisibility=hidden"),
    *(
        "-ffp-contract=off",
        "-fno-math-errno",
        "-fno-trapping-math",
        "-Wall",
        "-Wextra",
        "-Werror",
        "-Wno-unused-function",
    ),
    *("-Os", "-fno-unroll-loops", "-DLENET_VARIANT=lenet_wasm", "-DLENET_VARIANT_NAME=wasm", "-DLENET_SMALL"),
]
# the stack comes first: one that overflows traps instead of writing over data
LINK = ["--no-entry", "--gc-sections", "--strip-all", "--stack-first", "-z", f"stack-size={STACK}"]


def run_compiler(*words: str) -> None:
    """Run one of the programs that `ziglang` bundles."""
    subprocess.run([sys.executable, "-m", "ziglang", *words], check=True)


def format_facts() -> str:
    """What architecture.py and codes.py say, as C++."""
    table = [sum(1 << source for source in sources) for sources in C3_TABLE]
    assert len(table) == C3_MAPS
    ink = np.packbits(codes(CLASS_CHARACTERS) > 0, axis=1, bitorder="little")
    words = np.pad(ink, ((0, 0), (0, -ink.shape[1] % 4))).view("<u4").tolist()
    rows = ", ".join("{" + ", ".join(map(str, row)) + "}" for row in words)
    ranges = ", ".join(f"{{{least}, {most}}}" for least, most in RANGES.values())
    return (
        "#pragma once\n"
        f"constexpr int FACTS_GLYPHS = {len(words)};\n"
        f"constexpr unsigned char FACTS_TABLE[] = {{{', '.join(map(str, table))}}};\n"
        f"constexpr unsigned FACTS_CODES[][{len(words[0])}] = {{{rows}}};\n"
        f"constexpr double FACTS_RANGES[][2] = {{{ranges}}};\n"
    )


def build(name: str) -> bytes:
    """The module that src/kernels gives, of `MODULES`."""
    spec = find_spec("ziglang")
    if spec is None or not spec.submodule_search_locations:
        sys.exit("the compiler is missing: make .venv/check.stamp")
    include = str(Path(spec.submodule_search_locations[0]) / "lib" / "include")
    with TemporaryDirectory() as folder:
        (Path(folder) / "facts.hpp").write_text(format_facts(), "ascii")
        objects = []
        for part in MODULES[name]:
            objects.append(str(Path(folder) / f"{part}.o"))
            source = str(KERNELS / f"{part}.cpp")
            run_compiler(
                "clang", *COMPILE, "-isystem", include, "-I", folder, "-c", source, "-o", objects[-1]
            )
        module = Path(folder) / name
        run_compiler("wasm-ld", *LINK, *objects, "-o", str(module))
        return module.read_bytes()


def main(words: list[str]) -> None:
    """Write modules, or with --check compare them with the files; exit code 1 where they differ."""
    check = "--check" in words
    for target in [Path(word) for word in words if not word.startswith("-")]:
        module = build(target.name)
        if not check:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(module)
            print(f"{target}: {len(module):,} bytes")
        elif not target.exists() or target.read_bytes() != module:
            sys.exit(f"{target} is not what src/kernels gives: run `make wasm` and commit it")


if __name__ == "__main__":
    main(sys.argv[1:])
