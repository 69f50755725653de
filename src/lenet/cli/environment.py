"""Facts about this machine, this Python and its packages; no package is imported to find them."""

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

# Optional packages, and the extra of lenet that installs each, if there is one.
OPTIONAL = {
    "scikit-learn": "sklearn",
    "torch": "pytorch",
    "tensorflow": "keras",
    "keras": "keras",
    "onnx": "onnx",
    "onnxruntime": "onnx",
    "ray": None,
}
MODULES = {"pillow": "PIL", "scikit-learn": "sklearn"}  # packages whose module has another name
DISTRIBUTIONS = {"tensorflow": ("tensorflow", "tensorflow-cpu")}  # modules that come in several builds
NVIDIA_TIMEOUT = 5.0
MIB = 1024**2


@dataclass(frozen=True)
class Package:
    """A package and its installed version.

    Args:
        name: on PyPI.
        version: None if the package or its module is missing.
        least: the lowest version that lenet supports, "" for any.
        needed: whether lenet cannot run without it.
        extra: the extra of lenet that installs it, if any.
    """

    name: str
    version: str | None
    least: str
    needed: bool
    extra: str | None = None

    @property
    def usable(self) -> bool:
        """Whether the package is installed and new enough."""
        return self.version is not None and split_version(self.version) >= split_version(self.least)


def split_version(text: str) -> tuple[int, ...]:
    """The leading numbers of a version, for comparison: "2.13.0+cpu" is (2, 13, 0)."""
    return tuple(int(number) for number in re.findall(r"\d+", text.split("+", maxsplit=1)[0])[:3])


def list_packages() -> list[Package]:
    """The packages that lenet requires, according to its metadata, and then the optional ones."""
    wanted = [re.match(r"([\w.-]+)(?:>=([\d.]+))?(.*)", line) for line in requires("lenet") or ()]
    lines = [match.groups(default="") for match in wanted if match]
    extras = {name: least for name, least, rest in lines if "extra ==" in rest}
    needed = [Package(n, find_version(n), least, True) for n, least, rest in lines if "extra ==" not in rest]
    optional = [Package(n, find_version(n), extras.get(n, ""), False, e) for n, e in OPTIONAL.items()]
    return needed + optional


def find_version(name: str) -> str | None:
    """The version of an installed package, without importing it; None if its module is missing."""
    for distribution in DISTRIBUTIONS.get(name, (name,)):
        try:
            found = version(distribution)
        except PackageNotFoundError:
            continue
        return found if find_spec(MODULES.get(name, name)) else None
    return None


def find_supported_python() -> tuple[str, str]:
    """The oldest supported Python, and the newest one that was tested, according to the metadata."""
    described = metadata("lenet")
    least = ".".join(map(str, split_version(described["Requires-Python"])))
    lines = described.get_all("Classifier", [])
    tried = [line.rsplit(" ", 1)[1] for line in lines if re.search(r":: 3\.\d+$", line)]
    return least, max(tried, key=split_version)


@dataclass(frozen=True)
class Environment:
    """The kind of environment of a Python ("venv", "conda" or "none"), and its folder."""

    kind: str
    folder: Path


def find_environment() -> Environment:
    """The environment of the running Python."""
    if sys.prefix != sys.base_prefix:
        return Environment("venv", Path(sys.prefix))
    if (Path(sys.prefix) / "conda-meta").is_dir():
        return Environment("conda", Path(sys.prefix))
    return Environment("none", Path(sys.prefix))


def list_environments() -> list[Environment]:
    """Other environments: in the working directory, and those that conda knows."""
    here = [Environment("venv", Path.cwd() / name) for name in (".venv", "venv")]
    found = [other for other in here if (other.folder / "pyvenv.cfg").is_file()]
    try:
        known = (Path.home() / ".conda" / "environments.txt").read_text("utf-8").splitlines()
    except (OSError, RuntimeError, UnicodeDecodeError):
        known = []
    found += [Environment("conda", Path(line)) for line in known if line and Path(line).is_dir()]
    return [other for other in found if other.folder.resolve() != Path(sys.prefix).resolve()]


def find_other_command() -> Path | None:
    """The command `lenet` that a shell would run, if it belongs to another environment."""
    command = shutil.which("lenet")
    if command is None or Path(command).parent.resolve() == Path(sys.executable).parent.resolve():
        return None
    scripts = Path(sys.prefix).resolve()
    return None if scripts in Path(command).resolve().parents else Path(command)


def format_install(*packages: str, index: str = "") -> str:
    """The command that installs packages into this environment, from PyPI or another index."""
    # a plain name wants no quotes; the shell would take >, [ and ] for its own
    names = " ".join(p if re.fullmatch(r"[\w.-]+", p) else f'"{p}"' for p in packages)
    names += f" --index-url {index}" if index else ""
    python = f'"{sys.executable}"' if " " in sys.executable else sys.executable
    if find_spec("pip") is None and shutil.which("uv"):
        return f"uv pip install --python {python} {names}"
    return f"{python} -m pip install {names}"


def format_torch_install(wanted: str = "torch") -> str:
    """The command that installs PyTorch into this environment, without CUDA if there is no card."""
    index = choose_torch_index()
    return format_install(wanted, index=index) if index else format_install("lenet[pytorch]")


@dataclass(frozen=True)
class Machine:
    """Cores and memory of the machine that this process may use.

    Args:
        system: name, release and processor, as Python reports them.
        cores: number of cores of the machine.
        usable_cores: within affinity and quota; may be a fraction.
        memory: MiB that this process may use; None if unknown.
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
    """MiB that the control group allows; None without a limit."""
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
    """Each graphics card with its driver and memory, as reported by nvidia-smi."""
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return
    query = [tool, "--query-gpu=name,driver_version,memory.total", "--format=csv,noheader"]
    try:
        answer = subprocess.run(query, capture_output=True, text=True, timeout=NVIDIA_TIMEOUT, check=True)  # noqa: S603 - a fixed command
    except (OSError, subprocess.SubprocessError):
        return
    yield from (line.strip() for line in answer.stdout.splitlines() if line.strip())
