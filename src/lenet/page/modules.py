"""The page's ES modules, joined: into a few files that a browser loads together, or into one script."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from importlib.resources import files

MAIN, WORKER = "main.js", "trainer.worker.js"
SHARED = "shared.js"  # what more than one of the joined files needs
COMMENT = re.compile(r"^ *(?://.*|/\*\*(?s:.*?)\*/)\n", re.MULTILINE)  # on lines of its own
TRAILING = re.compile(r"^ +| +// [^\"'`\n]*$", re.MULTILINE)  # indentation; a comment behind code
IMPORT = re.compile(r'^import \{ ([^}]+) \} from "\./([\w.]+)";\n', re.MULTILINE)
LATE_IMPORT = re.compile(r'import\("\./([\w.]+)"\)')
EXPORTED = re.compile(r"^export (?=(?:async )?(?:function\*?|class|const|let) (\w+))", re.MULTILINE)
LIST = re.compile(r"^export \{ ([^}]+) \};\n", re.MULTILINE)
LOADER = """const modules = {}, made = {};
const use = (name) => (made[name] ??= modules[name]());
"""


def read_modules() -> dict[str, str]:
    """The modules of `static` by name, without comments; as .js, because some servers do not know .mjs."""
    found = {}
    for path in sorted(files("lenet.page").joinpath("static").iterdir(), key=lambda path: path.name):
        if path.name.endswith(".mjs"):
            source = re.sub(r'\.mjs(?=["\'])', ".js", path.read_text("utf-8"))
            found[re.sub(r"\.mjs$", ".js", path.name)] = strip_comments(source)
    return found


def strip_comments(source: str) -> str:
    """A module without indentation and comments, which are a quarter of what travels.

    Args:
        source: one of ours: no text goes over several lines, and none has two slashes after a space.
    """
    return TRAILING.sub("", COMMENT.sub("", source))


def join_script(modules: Mapping[str, str], main: str = MAIN) -> str:
    """Join modules into one script that needs no other.

    Each module becomes a function that gives what it exports, called when it is first wanted.

    Args:
        modules: sources by name. They import names from "./NAME", and export declarations or a list.
        main: the module that is run.
    """
    names = _follow(modules, main, late=True)
    joined = '"use strict";\n' + LOADER + _define(modules, names) + f'use("{main}");\n'
    joined = LATE_IMPORT.sub(r'Promise.resolve(use("\1"))', joined)
    # in a page's script the words of HTML would end it
    assert not re.search("</script|<!--|import\\.meta", joined)
    return joined


def join_modules(modules: Mapping[str, str]) -> dict[str, str]:
    """Join modules into few: the page, the worker, what each late import brings, what several of these share.

    A browser asks for seven files instead of fifty, and they travel in four fifths of the bytes.

    Args:
        modules: sources by name, with `MAIN` and `WORKER` among them.
    Returns:
        Sources by name, in which `import("./NAME")` still gives what NAME exports.
    """
    late = sorted({name for source in modules.values() for name in LATE_IMPORT.findall(source)})
    page = set(_follow(modules, MAIN))
    needed = {MAIN: page, WORKER: set(_follow(modules, WORKER))}
    needed |= {name: set(_follow(modules, name)) - page for name in late}
    shared = [name for name in modules if sum(name in names for names in needed.values()) > 1]
    joined = {SHARED: LOADER + _define(modules, shared) + "export { modules, use };\n"}
    for entry, names in needed.items():
        own = _define(modules, (name for name in modules if name in names and name not in shared))
        exports = ", ".join(_list_exports(modules[entry]))
        run = f'export const {{ {exports} }} = use("{entry}");\n' if exports else f'use("{entry}");\n'
        joined[entry] = f'import {{ modules, use }} from "./{SHARED}";\n' + own + run
    return joined


def _follow(modules: Mapping[str, str], name: str, late: bool = False) -> list[str]:
    """A module and all that it imports, at once or late."""
    found, waiting = list[str](), [name]
    while waiting:
        one = waiting.pop()
        if one in found:
            continue
        found.append(one)
        waiting += [imported for _, imported in IMPORT.findall(modules[one])]
        waiting += LATE_IMPORT.findall(modules[one]) if late else []
    return found


def _define(modules: Mapping[str, str], names: Iterable[str]) -> str:
    return "".join(f'modules["{name}"] = () => {{\n{_wrap(modules[name])}}};\n' for name in names)


def _wrap(source: str) -> str:
    """The body of a function that runs a module and gives what it exports."""
    body = LIST.sub("", EXPORTED.sub("", source))
    body = IMPORT.sub(lambda found: f'const {{ {found[1]} }} = use("{found[2]}");\n', body)
    assert not re.search(r"^(import|export) ", body, re.MULTILINE)
    return body + f"return {{ {', '.join(_list_exports(source))} }};\n"


def _list_exports(source: str) -> list[str]:
    return EXPORTED.findall(source) + [name for listed in LIST.findall(source) for name in listed.split(", ")]
