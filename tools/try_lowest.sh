#!/usr/bin/env bash
# The quick tests on the lowest versions that pyproject.toml allows: the package alone, then with [sklearn].
#     tools/try_lowest.sh
# uv can choose the lowest, pip cannot. PyTorch and Keras are not tried: their floors are what `make test-all` runs.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
unset PIP_CONSTRAINT PIP_BUILD_CONSTRAINT

[ -x .venv-uv/bin/uv ] || {
    tools/make_environment.sh .venv-uv
    .venv-uv/bin/python tools/install.py uv
}

for extra in "" "[sklearn]"; do
    echo "== lowest versions of .$extra" >&2
    tools/make_environment.sh .venv-lowest
    .venv-uv/bin/uv pip install --python .venv-lowest/bin/python --resolution lowest-direct --no-sources \
        ".$extra" --group test
    OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 .venv-lowest/bin/python -m pytest -q -n auto -m "not slow"
done
