"""The C compilers of this machine, to try and measure an exported C file."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

from lenet.errors import FileError

SECONDS = 300.0
SIDE = 100  # pixels, of the picture that the memory is told for
BUFFER = f'#include "{{path}}"\nunsigned char work[LENET_WORK_BYTES({SIDE}, {SIDE})];\n'
DATA = (".rodata", ".data")  # the sections of what is not code; all others but .text are not loaded


@dataclass(frozen=True)
class Footprint:
    """The memory that a C file takes on a device.

    Args:
        compiler: the compiler, with its options.
        code, data: bytes of machine code, and of weights, codes and labels.
        stack: upper bound in bytes, the frames of all its functions added up.
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
        whole.write_text(BUFFER.format(path=source.resolve()), "utf-8")
        try:
            compile_c(whole if reader else source, target, compiler, "-Os", "-c", "-fstack-usage", *options)
            sections = _run("size", "-A", str(target)).stdout
            frames = target.with_suffix(".su").read_text("utf-8")
        except OSError:
            return None
    sizes = [(name, int(size)) for name, size in re.findall(r"^(\.\S+)\s+(\d+)", sections, re.MULTILINE)]
    code = sum(size for name, size in sizes if name.startswith(".text"))
    data = sum(size for name, size in sizes if name.startswith(DATA))
    stack = sum(int(line.split("\t")[1]) for line in frames.splitlines())
    work = sum(size for name, size in sizes if name.startswith(".bss")) if reader else None
    return Footprint(f"{name_compiler(compiler)} -Os", code, data, stack, work) if code and data else None


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
