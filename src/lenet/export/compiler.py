"""The C compilers of this machine, to try and measure an exported C file."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

from lenet.errors import FileError

SECONDS = 300.0
SIDE = 100  # pixels, of the picture that the memory is told for
BUFFER = f'#include "{{path}}"\nunsigned char work[LENET_WORK_BYTES({SIDE}, {SIDE})];\n'
RECURSIONS = 8  # of the one function that calls itself, which halves some thousand numbers
DATA = (".rodata", ".data")  # the sections of what is not code; all others but .text are not loaded


@dataclass(frozen=True)
class Footprint:
    """The memory that a C file takes on a device.

    Args:
        compiler: the compiler, with its options.
        code, data: bytes of machine code, and of weights, codes and labels.
        stack: upper bound in bytes: the frames of the deepest chain of calls; those of all functions added up
            where the compiler does not tell who calls whom. What the C library needs is not in it.
        work: bytes of the work buffer for a picture of `SIDE` x `SIDE`; None if the file reads no pictures.
    """

    compiler: str
    code: int
    data: int
    stack: int
    work: int | None = None


def list_compilers() -> list[list[str]]:
    """The commands of all available C compilers: `$CC` alone if it is set, else gcc and clang, else cc.

    The clang inside the package `ziglang` is used if there is no other.
    """
    wanted = shlex.split(os.environ.get("CC", ""))
    if wanted:
        return [wanted] if shutil.which(wanted[0]) else []
    found = [[name] for name in ("gcc", "clang") if shutil.which(name)]
    if ["clang"] not in found and find_spec("ziglang"):
        found.append([sys.executable, "-m", "ziglang", "cc"])
    return found or [[name] for name in ("cc",) if shutil.which(name)]


def name_compiler(command: list[str]) -> str:
    """A compiler's name and version."""
    said = _run(*command, "--version").stdout
    kind = "clang" if "clang" in said else Path(command[0]).name
    return " ".join([kind, *re.findall(r"\d+\.\d+\.\d+", said)[:1]])


def compile_c(source: Path, target: Path, compiler: list[str], *options: str) -> None:
    """Compile a C file as C99.

    Args:
        source: the C file.
        target: the program, or with the option `-c` the object file.
        compiler: its command.
        options: further options.
    Raises:
        FileError: the compiler rejects the file.
    """
    answer = _run(*compiler, "-std=c99", str(source), "-o", str(target), *options)
    if answer.returncode:
        raise FileError(
            "export.not_compiled", path=source, compiler=compiler[0], reason=answer.stderr.strip()
        )


def measure_c(source: Path, compiler: list[str], reader: bool = False, *options: str) -> Footprint | None:
    """Measure code, data and stack of a C file, compiled for size, and the work buffer of a reader.

    Args:
        source: the C file.
        compiler: its command.
        reader: whether it reads pictures.
        options: of the compiler, further ones.
    Returns:
        None if the compiler does not report the stack, or the command `size` is missing.
    Raises:
        FileError: the compiler rejects the file.
    """
    with TemporaryDirectory() as folder:
        target, whole = Path(folder, "measured.o"), Path(folder, "measured.c")
        whole.write_text(BUFFER.format(path=source.resolve().as_posix()), "utf-8")
        given = whole if reader else source
        try:
            stack = _measure_stack(given, target, compiler, "-Os", *options)
            sections = _run("size", "-A", str(target)).stdout
        except OSError:
            return None
    sizes = [(name, int(size)) for name, size in re.findall(r"^(\.\S+)\s+(\d+)", sections, re.MULTILINE)]
    code = sum(size for name, size in sizes if name.startswith(".text"))
    data = sum(size for name, size in sizes if name.startswith(DATA))
    work = sum(size for name, size in sizes if name.startswith(".bss")) if reader else None
    return Footprint(f"{name_compiler(compiler)} -Os", code, data, stack, work) if code and data else None


def _measure_stack(source: Path, target: Path, compiler: list[str], *options: str) -> int:
    try:
        compile_c(source, target, compiler, "-c", "-fcallgraph-info=su", *options)
        return find_deepest(target.with_suffix(".ci").read_text("utf-8"))
    except (FileError, OSError):  # only gcc, from 10 on, knows the option
        compile_c(source, target, compiler, "-c", "-fstack-usage", *options)
        frames = target.with_suffix(".su").read_text("utf-8").splitlines()
        return sum(int(line.split("\t")[1]) for line in frames)


def find_deepest(graph: str) -> int:
    """The bytes of the deepest chain of calls in a call graph.

    Args:
        graph: what gcc writes with `-fcallgraph-info=su`; functions call each other in no circle, but perhaps
            themselves.
    """
    nodes = re.findall(r'node: \{ title: "([^"]*)" label: "[^"]*?(\d+) bytes', graph)
    edges = re.findall(r'edge: \{ sourcename: "([^"]*)" targetname: "([^"]*)"', graph)
    frames = {name: int(size) * (RECURSIONS if (name, name) in edges else 1) for name, size in nodes}
    called = {name: {to for at, to in edges if at == name != to and to in frames} for name in frames}

    @cache
    def measure(name: str) -> int:
        return frames[name] + max(map(measure, called[name]), default=0)

    return max(map(measure, frames), default=0)


def run_program(program: Path, given: bytes) -> bytes:
    """Run a compiled program.

    Args:
        program: its path.
        given: its standard input.
    Returns:
        Its standard output.
    Raises:
        FileError: the program failed.
    """
    answer = subprocess.run([program], input=given, capture_output=True, timeout=SECONDS, check=False)  # noqa: S603 - compiled from what we wrote
    if answer.returncode:
        reason = answer.stderr.decode(errors="replace").strip()
        raise FileError("export.not_run", path=program, code=answer.returncode, reason=reason)
    return answer.stdout


def _run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - the compiler that the user chose, on a file that we wrote
        command, capture_output=True, text=True, timeout=SECONDS, check=False
    )
