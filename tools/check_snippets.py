"""Check the Python of both READMEs as a reader's type checker would: `python -m tools.check_snippets`."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parents[1]
BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)


def main() -> int:
    """Run mypy --strict on each README's blocks, which are one program; returns its exit code."""
    with TemporaryDirectory() as folder:
        files = []
        for number, readme in enumerate(sorted(ROOT.glob("README*.md"))):
            blocks = BLOCK.findall(readme.read_text("utf-8"))
            if not blocks:
                sys.exit(f"{readme.name}: no block of Python found")
            path = Path(folder, f"snippet_{number}.py")
            path.write_text("\n".join(blocks), "utf-8")
            files.append(str(path))
        command = [sys.executable, "-m", "mypy", "--strict", "--ignore-missing-imports", *files]
        return subprocess.run(command, cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
