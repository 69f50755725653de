"""The page in one file, `lenet.html`: opened from a disk, without a server and without a network."""

from __future__ import annotations

import base64
import gzip
import hashlib
from collections.abc import Mapping
from importlib.resources import files

from lenet.page.modules import WORKER, join_script, read_modules
from lenet.page.site import Asset

NAME = "lenet.html"
DATA = (".wasm", ".bin", ".json")


def join_site(site: Mapping[str, Asset]) -> bytes:
    """Join all files of the page into one.

    Args:
        site: the result of `build_site`.
    Returns:
        HTML. Its policy allows its own script and style, by their hash, and no connection at all.
    """
    packed = files("lenet.page").joinpath("files_packed.js").read_text("utf-8")
    modules = read_modules() | {"files.js": packed}
    script = join_script(modules)
    worker = join_script(modules, WORKER)
    style = "".join(site[name].content.decode() for name in ("style.css", "train.css"))
    blocks = {name: asset.content for name, asset in site.items() if name.endswith(DATA)}
    blocks[WORKER] = worker.encode()
    policy = "; ".join(
        (
            "default-src 'none'",
            f"script-src '{_hash(script)}' 'wasm-unsafe-eval'",
            "worker-src blob:",
            f"style-src '{_hash(style)}'",
            "img-src data: blob:",
            "connect-src 'none'",
            "form-action 'none'",
            "base-uri 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types lenet",
        )
    )
    data = "\n".join(
        f'<script type="text/plain" id="file:{name}">{_pack(content)}</script>'
        for name, content in sorted(blocks.items())
    )
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<title>LeNet-5</title>\n<link rel="icon" href="data:,">\n<style>{style}</style>\n{data}\n'
        f'<script type="module">{script}</script>\n</head>\n<body>\n</body>\n</html>\n'
    ).encode()


def _pack(content: bytes) -> str:
    return base64.b64encode(gzip.compress(content, 9, mtime=0)).decode()


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
