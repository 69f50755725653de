"""The example of docs/wasm.md, run by node as it is written."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "wasm.md").read_text("utf-8")


@pytest.mark.skipif(not shutil.which("node"), reason="node is not installed")
def test_the_example_prints_what_the_page_says() -> None:
    (example,) = re.findall(r"```js\n(.*?)```", PAGE, re.DOTALL)
    (expected,) = re.findall(r"It prints `(.*?)`", PAGE)
    command = ["node", "--input-type=module"]
    done = subprocess.run(
        command, input=example, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == expected
