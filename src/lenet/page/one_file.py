"""The page in one file, `lenet.html`: opened from a disk, without a server and without a network."""

from __future__ import annotations

import base64
import gzip
import hashlib
import re
from collections.abc import Mapping
from importlib.resources import files

from lenet.page.site import Asset

NAME = "lenet.html"
MODULE = re.compile(r'^import \{ ([^}]+) \} from "\./([\w.]+)";\n', re.MULTILINE)
EXPORTED = re.compile(r"^export (?=(?:async )?(?:function\*?|class|const|let) (\w+))", re.MULTILINE)
LIST = re.compile(r"^export \{ ([^}]+) \};\n", re.MULTILINE)
DATA = (".wasm", ".bin", ".json")
LOADER = """"use strict";
const modules = {}, made = {};
const use = (name) => (made[name] ??= modules[name]());
"""


def join_site(site: Mapping[str, Asset]) -> bytes:
    """Join all files of the page into one.

    Args:
        site: the result of `build_site`.
    Returns:
        HTML. Its policy allows its own script and style, by their hash, and no connection at all.
    """
    packed = files("lenet.page").joinpath("files_packed.js").read_text("utf-8")
    sources = {name: asset.content.decode() for name, asset in site.items() if name.endswith(".js")}
    sources["files.js"] = packed
    script = join_modules(sources, "main.js")
    worker = join_modules(sources, "trainer.worker.js")
    style = "".join(site[name].content.decode() for name in ("style.css", "train.css"))
    blocks = {name: asset.content for name, asset in site.items() if name.endswith(DATA)}
    blocks["trainer.worker.js"] = worker.encode()
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


def join_modules(sources: Mapping[str, str], main: str) -> str:
    """Join ES modules into one script that needs no other.

    Each module becomes a function that gives what it exports, called when it is first wanted.

    Args:
        sources: modules by name. They import names from "./NAME", and export declarations or a list.
        main: the module that is run.
    """
    wanted, seen = [main], dict[str, str]()
    while wanted:
        name = wanted.pop()
        if name not in seen:
            seen[name] = _wrap(sources[name])
            wanted += re.findall(r'use\("([\w.]+)"\)', seen[name])
    bodies = [f'modules["{name}"] = () => {{\n{body}}};\n' for name, body in seen.items()]
    # in a module the words of HTML would end the script
    joined = LOADER + "".join(bodies) + f'use("{main}");\n'
    assert not re.search("</script|<!--", joined)
    return joined


def _wrap(source: str) -> str:
    names = EXPORTED.findall(source)
    for listed in LIST.findall(source):
        names += listed.split(", ")
    body = LIST.sub("", EXPORTED.sub("", source))
    body = MODULE.sub(lambda found: f'const {{ {found[1]} }} = use("{found[2]}");\n', body)
    body = re.sub(r'import\("\./([\w.]+)"\)', r'Promise.resolve(use("\1"))', body)
    assert not re.search(r"^(import|export) |import\.meta", body, re.MULTILINE)
    return body + f"return {{ {', '.join(names)} }};\n"


def _pack(content: bytes) -> str:
    return base64.b64encode(gzip.compress(content, 9, mtime=0)).decode()


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
