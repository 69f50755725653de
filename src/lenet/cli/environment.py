"""What this machine and this Python have: looked at, never imported, so that looking is harmless."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, metadata, requires, version
from importlib.util import find_spec
from pathlib import Path

from lenet.cores import CGROUP, count_cores, read_words
from lenet.wheels import choose_torch_index

# What may be there besides, and the extra of lenet that brings it, if one does yet.
OPTIONAL = {
    "scikit-learn": "sklearn",
    "torch": "pytorch",
    "tensorflow": "keras",
    "keras": "keras",
    "onnx": "onnx",
    "onnxruntime": "onnx",
    "ray": None,
}
MODULES = {"pillow": "PIL", "scikit-learn": "sklearn"}  # whose module is not called like the package
DISTRIBUTIONS = {"tensorflow": ("tensorflow", "tensorflow-cpu")}  # which bring a module in several builds
NVIDIA_TIMEOUT = 5.0
MIB = 1024**2


@dataclass(frozen=True)
class Package:
    """One package, as it is installed.

    Args:
        name: on PyPI.
        version: None where it is absent or its module is not there.
        least: the least version that lenet runs with, "" for any.
        needed: whether lenet cannot run without it.
        extra: the extra of lenet that brings it, if any.
    """

    name: str
    version: str | None
    least: str
    needed: bool
    extra: str | None = None

    @property
    def usable(self) -> bool:
        """Whether it is there and new enough."""
        return self.version is not None and split_version(self.version) >= split_version(self.least)


def split_version(text: str) -> tuple[int, ...]:
    """The leading numbers of a version, to compare: "2.13.0+cpu" is (2, 13, 0)."""
    return tuple(int(number) for number in re.findall(r"\d+", text.split("+", maxsplit=1)[0])[:3])


def list_packages() -> list[Package]:
    """What lenet needs, as its own metadata says, and then what may be there besides."""
    wanted = [re.match(r"([\w.-]+)(?:>=([\d.]+))?(.*)", line) for line in requires("lenet") or ()]
    lines = [match.groups(default="") for match in wanted if match]
    extras = {name: least for name, least, rest in lines if "extra ==" in rest}
    needed = [Package(n, find_version(n), least, True) for n, least, rest in lines if "extra ==" not in rest]
    optional = [Package(n, find_version(n), extras.get(n, ""), False, e) for n, e in OPTIONAL.items()]
    return needed + optional


def find_version(name: str) -> str | None:
    """The version of an installed package, without importing it; None where its module is missing."""
    for distribution in DISTRIBUTIONS.get(name, (name,)):
        try:
            found = version(distribution)
        except PackageNotFoundError:
            continue
        return found if find_spec(MODULES.get(name, name)) else None
    return None


def find_supported_python() -> tuple[str, str]:
    """The oldest Python that lenet runs with, and the newest that it was tried with, as its metadata says."""
    described = metadata("lenet")
    least = ".".join(map(str, split_version(described["Requires-Python"])))
    lines = described.get_all("Classifier", [])
    tried = [line.rsplit(" ", 1)[1] for line in lines if re.search(r":: 3\.\d+$", line)]
    return least, max(tried, key=split_version)


@dataclass(frozen=True)
class Environment:
    """Where this Python lives: "venv", "conda" or "none", and its folder."""

    kind: str
    folder: Path


def find_environment() -> Environment:
    """The environment of the Python that runs now."""
    if sys.prefix != sys.base_prefix:
        return Environment("venv", Path(sys.prefix))
    if (Path(sys.prefix) / "conda-meta").is_dir():
        return Environment("conda", Path(sys.prefix))
    return Environment("none", Path(sys.prefix))


def list_environments() -> list[Environment]:
    """Other environments within reach: one in this folder, and those that conda knows."""
    here = [Environment("venv", Path.cwd() / name) for name in (".venv", "venv")]
    found = [other for other in here if (other.folder / "pyvenv.cfg").is_file()]
    try:
        known = (Path.home() / ".conda" / "environments.txt").read_text("utf-8").splitlines()
    except (OSError, RuntimeError, UnicodeDecodeError):
        known = []
    found += [Environment("conda", Path(line)) for line in known if line and Path(line).is_dir()]
    return [other for other in found if other.folder.resolve() != Path(sys.prefix).resolve()]


def find_other_command() -> Path | None:
    """The command `lenet` that a shell would run, if it belongs to another environment than this Python."""
    command = shutil.which("lenet")
    if command is None or Path(command).parent.resolve() == Path(sys.executable).parent.resolve():
        return None
    scripts = Path(sys.prefix).resolve()
    return None if scripts in Path(command).resolve().parents else Path(command)


def write_install(*packages: str, index: str = "") -> str:
    """The command that installs packages into this very environment, from PyPI or from another index."""
    # a plain name wants no quotes; the shell would take >, [ and ] for its own
    names = " ".join(p if re.fullmatch(r"[\w.-]+", p) else f'"{p}"' for p in packages)
    names += f" --index-url {index}" if index else ""
    python = f'"{sys.executable}"' if " " in sys.executable else sys.executable
    if find_spec("pip") is None and shutil.which("uv"):
        return f"uv pip install --python {python} {names}"
    return f"{python} -m pip install {names}"


def write_torch_install(wanted: str = "torch") -> str:
    """The command that installs PyTorch into this very environment, without CUDA where that is of no use."""
    index = choose_torch_index()
    return write_install(wanted, index=index) if index else write_install("lenet[pytorch]")


@dataclass(frozen=True)
class Machine:
    """Cores and memory, and what of them this process may use.

    Args:
        system: as Python names it.
        cores: of the machine.
        usable_cores: after affinity and quota; may be a fraction.
        memory: MiB that this process may use, None where it cannot be told.
    """

    system: str
    cores: int
    usable_cores: float
    memory: int | None


def find_machine() -> Machine:
    """Cores and memory of this machine, with the limits that a container sets."""
    memory = [limit for limit in (_read_memory(), read_memory_limit(CGROUP)) if limit]
    system = f"{platform.system()} {platform.release()} {platform.machine()}"
    return Machine(system, os.cpu_count() or 1, count_cores(), min(memory, default=None))


def read_memory_limit(cgroup: Path) -> int | None:
    """How many MiB a container may use; None without a limit."""
    for name in ("memory.max", "memory/memory.limit_in_bytes"):
        words = read_words(cgroup / name)
        # version 1 writes nearly 2^63 for "no limit"
        if words and words[0].isdecimal() and int(words[0]) < 2**62:
            return int(words[0]) // MIB
    return None


def _read_memory() -> int | None:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // MIB
    except (AttributeError, ValueError, OSError):  # Windows has no sysconf
        return None


def find_accelerators() -> Iterator[str]:
    """Each graphics card with its driver and memory, as NVIDIA's own tool says."""
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return
    query = [tool, "--query-gpu=name,driver_version,memory.total", "--format=csv,noheader"]
    try:
        answer = subprocess.run(query, capture_output=True, text=True, timeout=NVIDIA_TIMEOUT, check=True)  # noqa: S603 - a fixed command
    except (OSError, subprocess.SubprocessError):
        return
    yield from (line.strip() for line in answer.stdout.splitlines() if line.strip())
