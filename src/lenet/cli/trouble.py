"""Known error texts from installing or importing frameworks, each with its meaning and a remedy."""

from __future__ import annotations

import platform
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from lenet.cli.environment import find_supported_python, format_install, format_torch_install
from lenet.texts import say

VENV = f"{sys.executable} -m venv .venv"
EXTRAS = {
    "tensorflow": "keras",
    "keras": "keras",
    "torch": "pytorch",
    "onnx": "onnx",
    "onnxruntime": "onnx",
    "sklearn": "sklearn",
}

Remedy = Callable[[dict[str, str]], str]


@dataclass(frozen=True)
class Trouble:
    """A recognized error text.

    Args:
        name: key of the trouble in [trouble] of `texts/*.toml`.
        line: the line that was recognized.
        meaning: an explanation in the user's language.
        remedy: the command that helps; "" if there is none.
    """

    name: str
    line: str
    meaning: str
    remedy: str


def _install(found: dict[str, str]) -> str:
    """The command that installs the missing package."""
    package = found.get("package", "").partition(".")[0].lower()
    if package == "torch":
        return format_torch_install()
    extra = EXTRAS.get(package)
    return format_install(f"lenet[{extra}]" if extra else package or "lenet[all]")


def _slower(found: dict[str, str]) -> str:
    return f"{_install(found)} --timeout 300 --retries 10"


# The order matters: a failed download ends with "no matching distribution" as well, which then means nothing.
KNOWN: tuple[tuple[str, str, Remedy], ...] = (
    ("managed", r"externally-managed-environment", lambda _: VENV),
    ("no_space", r"\[Errno 28\]|No space left on device", lambda _: f"{sys.executable} -m pip cache purge"),
    ("conda_absent", r"'conda' is not recognized|conda: (?:command )?not found", lambda _: VENV),
    (
        "conda_network",
        r"CondaHTTPError|CondaSSLError|CondaProxyError|HTTP 000 CONNECTION FAILED",
        lambda _: "conda config --show-sources",
    ),
    (
        "conda_missing",
        r"PackagesNotFoundError|ResolvePackageNotFound|nothing provides requested",
        lambda _: "conda env create -f environment.yml",
    ),
    (
        "conda_solve",
        # conda goes on by itself after "failed with initial frozen solve" and "failed with repodata"
        r"Solving environment: failed(?! with )|UnsatisfiableError",
        lambda _: f"conda create -n lenet python={find_supported_python()[1]}",
    ),
    ("forbidden", r"\b403\b.{0,40}(?:Forbidden|Client Error)|HTTP (?:error )?403\b", _slower),
    (
        "certificate",
        (
            r"CERTIFICATE_VERIFY_FAILED|SSLCertVerificationError|confirming the ssl certificate"
            r"|WRONG_VERSION_NUMBER|UNEXPECTED_EOF_WHILE_READING|SSL: \w+"
        ),
        _slower,
    ),
    (
        "timeout",
        r"ReadTimeout\w*|Read timed out|ConnectTimeout\w*|IncompleteRead|ConnectionResetError",
        _slower,
    ),
    (
        "no_network",
        r"NewConnectionError|NameResolutionError|getaddrinfo failed|name resolution|Cannot connect to proxy",
        _slower,
    ),
    ("platform", r"(?<!\S)(?P<wheel>\S+\.whl) is not a supported wheel on this platform", lambda _: ""),
    (
        "no_version",
        r"satisfies the requirement (?P<package>[\w.-]+)==(?P<wanted>\S+) \(from versions: (?P<has>\d.*?)\)",
        lambda found: (
            format_torch_install()
            if found["package"] == "torch"
            else f"python -m pip install {found['package']}"
        ),
    ),
    ("no_wheel", r"No matching distribution found for (?P<package>[\w.-]+)", lambda _: ""),
    (
        "cuda_pulled",
        r"Collecting nvidia-\w+|Downloading nvidia_\w+|Collecting cuda-toolkit",
        lambda _: format_torch_install(),
    ),
    ("impossible", r"ResolutionImpossible|have conflicting dependencies", lambda _: VENV),
    (
        "conflict",
        (
            r"(?<![\w.-])(?P<package>[\w.-]+) \S+ requires (?P<wanted>.{1,200}?)"
            r", but you have (?P<has>.{1,200}?) which is incompatible"
        ),
        lambda found: format_install(found["wanted"]),
    ),
    (
        "numpy_abi",
        (
            r"compiled using NumPy 1\.x|numpy\.dtype size changed|multiarray failed to import"
            r"|_ARRAY_API not found"
        ),
        lambda _: format_install("--upgrade", "lenet[all]"),
    ),
    (
        "protobuf",
        r"Descriptors cannot be created directly|google\.protobuf.*(?:VersionError|runtime_version)",
        lambda _: format_install("--upgrade", "lenet[keras,onnx]"),
    ),
    (
        "needs_compiler",
        r"Failed building wheel for (?P<package>[\w.-]+)|Microsoft Visual C\+\+ .* is required",
        lambda _: "",
    ),
    (
        "no_cuda",
        r"Torch not compiled with CUDA enabled",
        lambda _: format_install("--force-reinstall", "torch"),
    ),
    (
        "cuda_memory",
        r"CUDA out of memory|CUDA_ERROR_OUT_OF_MEMORY|CUBLAS_STATUS_ALLOC_FAILED",
        lambda _: "nvidia-smi",
    ),
    ("openmp", r"OMP: Error #15", lambda _: VENV),
    (
        "cudart",
        (
            r"Could not (?:load|find) .{0,40}(?:cudart|cudnn|cublas)"
            r"|(?:cudart64_\d+\.dll|libcudart\.so\S*).{0,20}not found"
        ),
        lambda _: "lenet doctor",
    ),
    (
        "old_driver",
        r"NVIDIA driver on your system is too old|CUDA driver version is insufficient",
        lambda _: "nvidia-smi",
    ),
    (
        "dll",
        r"DLL load failed|\[WinError 126\]",
        lambda _: "winget install Microsoft.VCRedist.2015+.x64",
    ),
    ("no_avx", r"Illegal instruction|binary is .* AVX", lambda _: "lenet train --engine reference"),
    ("absent", r"ModuleNotFoundError: No module named '(?P<package>[\w.]+)'", _install),
)
DOWNLOADS = {"certificate", "timeout", "no_network", "forbidden"}
# what a trouble is no news after: a consequence of theirs
CAUSES = {
    "no_wheel": DOWNLOADS | {"no_space", "no_version"},
    "conda_solve": {"conda_network", "conda_missing"},
    "certificate": {"conda_network"},
    "timeout": {"conda_network"},
    "no_network": {"conda_network"},
}

MOST_CHARACTERS = 1_000_000  # of a text; the end of a longer one, where the error is
LONGEST_LINE = 4_000


def recognize_troubles(text: str) -> Iterator[Trouble]:
    """Find the known troubles in an error text, each once, causes before their consequences.

    Args:
        text: output of pip, uv, conda or Python.
    """
    seen = set[str]()
    lines = [line[:LONGEST_LINE] for line in text[-MOST_CHARACTERS:].splitlines()]
    for name, pattern, remedy in KNOWN:
        if seen & CAUSES.get(name, set()):
            continue
        # line by line: a search over the whole text would begin again at each of its characters
        match = next(filter(None, map(re.compile(pattern).search, lines)), None)
        if match is None:
            continue
        seen.add(name)
        found = {key: value for key, value in match.groupdict().items() if value}
        values = {"package": "lenet", "wheel": "", "wanted": "", "has": ""} | found
        least, tried = find_supported_python()
        values |= {"python": platform.python_version(), "least": least, "tried": tried}
        values |= {"system": f"{platform.system()} {platform.machine()}"}
        yield Trouble(name, match.string.strip(), say(f"trouble.{name}", **values), remedy(found))
