"""Everything that the page consists of, as files in memory: written to a folder, or served."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from importlib.resources import files
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from lenet.architecture import C3_TABLE, TANH_AMPLITUDE, TANH_SLOPE
from lenet.codes import DIGITS, codes
from lenet.data.examples import Examples
from lenet.doubt import JUDGE_FILE
from lenet.errors import UsageError
from lenet.images.normalize import find_digit
from lenet.network import Network
from lenet.page.digits import PageDigits, pack_digits
from lenet.page.lessons import list_lessons
from lenet.page.modules import join_modules, read_modules
from lenet.page.tour import list_stops
from lenet.samples import read_sample
from lenet.storage import write_bytes
from lenet.texts import LANGUAGES, load_texts

# tables of the texts that the page says: on its first screen and what is below it; when it has come to rest
TABLES = {
    "texts": ("page", "page_see", "page_file", "doubt"),
    "rest": ("page_tour", "page_train", "page_photo", "step", "verdict", "reason"),
}
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".wasm": "application/wasm",
    ".bin": "application/octet-stream",
    ".txt": "text/plain; charset=utf-8",
}
ORIGIN = {
    "mnist": "MNIST, by Y. LeCun, C. Cortes and C. J. C. Burges: the first {train} training digits and the\n"
    "first {fresh} test digits, in 16 levels of grey.\n"
    "CC BY-SA 3.0 according to Keras and PyMVPA; the makers' page names no licence.\n",
    "digits": "Optical Recognition of Handwritten Digits, by E. Alpaydin and C. Kaynak (UCI, 1998), as\n"
    "scikit-learn bundles them: {train} and {fresh} digits, enlarged from 8x8.\n"
    "CC BY 4.0 according to UCI.\n",
}


@dataclass(frozen=True)
class Asset:
    """A file of the page.

    Args:
        content: its bytes.
        type: its media type.
    """

    content: bytes
    type: str


def build_site(network: Path | None = None, digits: PageDigits | None = None) -> dict[str, Asset]:
    """Make all files of the page, by name; "index.html" is the page.

    Args:
        network: a `.safetensors` file with a network of ten digits; None for the bundled one of 1998.
        digits: those to train on; without them the page cannot train.
    Raises:
        FileError: the network cannot be read.
        UsageError: a network of other classes than the ten digits.
    """
    site = _read_static()
    weights = Path(str(files("lenet.weights") / "1998.safetensors")) if network is None else network
    shown = _read_network(weights)
    site["network.bin"] = weights.read_bytes()
    facts: dict[str, Any] = {
        "lessons": list_lessons(),
        "tour": list_stops(),
        "labels": list(DIGITS),
        "codes": codes("".join(DIGITS)).tolist(),
    }
    rbf = shown.architecture.output == "rbf"
    facts["targets"] = shown.architecture.codes.tolist() if rbf else facts["codes"]
    if shown.calibration:
        facts["calibration"] = asdict(shown.calibration)
        if shown.calibration.judge is not None:
            site["judge.bin"] = JUDGE_FILE.read_bytes()
    facts["activation"] = {"amplitude": TANH_AMPLITUDE, "slope": TANH_SLOPE}
    facts["table"] = [list(sources) for sources in C3_TABLE]
    if digits:
        parts = {"train": pack_digits(digits.train), "new": pack_digits(digits.new)}
        size, size_new = (
            f"{max(length / 1e6, 0.1):.1f}" for length in (sum(map(len, parts.values())), len(parts["new"]))
        )
        counts = {"train": len(digits.train), "fresh": len(digits.new)}
        facts["digits"] = {"name": digits.name, "size": size, "sizeNew": size_new, **counts}
        site |= {f"digits-{part}.bin": content for part, content in parts.items()}
        site["digits.txt"] = ORIGIN[digits.name].format(**counts).encode()
    site["samples.bin"] = pack_digits(_read_samples())
    site["facts.json"] = _format_json(facts)
    for part, language in product(TABLES, LANGUAGES):
        site[f"{part}.{language}.json"] = _format_json(list_texts(part, language))
    return {name: Asset(content, TYPES[Path(name).suffix]) for name, content in site.items()}


def write_site(folder: Path, site: dict[str, Asset]) -> None:
    """Write the page to a folder, for any web server.

    Args:
        folder: is made; it must not hold anything else.
        site: the result of `build_site`.
    Raises:
        UsageError: the folder holds other files.
        FileError: it cannot be written.
    """
    if folder.exists() and not folder.is_dir():
        raise UsageError("page.folder", path=folder)
    if folder.is_dir() and any(path.name not in site for path in folder.iterdir()):
        raise UsageError("page.folder", path=folder)
    for name, asset in site.items():
        write_bytes(folder / name, asset.content)


def list_texts(part: str, language: str) -> dict[str, str]:
    """The sentences that the page says; braces hold a name and nothing else, as say.mjs fills them.

    Args:
        part: one of `TABLES`.
        language: one of `LANGUAGES`.
    """
    found = {key: text for key, text in load_texts(language).items() if key.partition(".")[0] in TABLES[part]}
    for key, text in found.items():
        assert not re.search(r"[{}]", re.sub(r"\{\w+\}", "", text)), key
    return found


def _read_static() -> dict[str, bytes]:
    """The files of `static`, the modules joined."""
    found = {name: source.encode() for name, source in join_modules(read_modules()).items()}
    for path in files("lenet.page").joinpath("static").iterdir():
        if path.name.endswith(".html"):
            found[path.name] = path.read_bytes().replace(b".mjs", b".js")
        elif not path.name.endswith(".mjs"):
            found[path.name] = path.read_bytes()
    return found


def _read_network(path: Path) -> Network:
    network = Network.load(path)
    if network.labels != DIGITS:
        raise UsageError("page.classes", path=path)
    return network


def _read_samples() -> Examples:
    digits = [find_digit(read_sample(digit)).digit for digit in range(10)]
    return Examples(np.stack(digits), np.arange(10))


def _format_json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()
