"""The examples of docs/wasm.md and docs/wasm.zh.md, run by node as they are written."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = {"wasm.md": "It prints `(.*?)`", "wasm.zh.md": "它打印 `(.*?)`"}


def read_page(name: str) -> str:
    return (ROOT / "docs" / name).read_text("utf-8")


@pytest.mark.skipif(not shutil.which("node"), reason="node is not installed")
@pytest.mark.parametrize("name", PAGES)
def test_the_example_prints_what_the_page_says(name: str) -> None:
    (example,) = re.findall(r"```js\n(.*?)```", read_page(name), re.DOTALL)
    (expected,) = re.findall(PAGES[name], read_page(name))
    command = ["node", "--input-type=module"]
    done = subprocess.run(
        command, input=example, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == expected


def test_both_languages_have_the_same_code() -> None:
    codes = []
    for name in PAGES:
        page = read_page(name)
        (example,) = re.findall(r"```js\n(.*?)```", page, re.DOTALL)
        cells = re.findall(r"^\|.*?\| (`[^`]*`)", page, re.MULTILINE)
        codes.append([re.sub(r"//.*", "", example), *cells])
    assert len(codes[0]) > 5
    assert codes[0] == codes[1]
