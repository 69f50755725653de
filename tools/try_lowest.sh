#!/bin/sh
# Install lenet at the lowest versions that pyproject.toml allows, alone and with [sklearn], and run the quick tests.
#     tools/try_lowest.sh PYTHON [EXTRA ARGUMENTS OF PYTEST]
set -eu
python=$1
shift
folder=build/lowest
unset PIP_CONSTRAINT PIP_BUILD_CONSTRAINT

mkdir -p "$folder"
[ -x "$folder/uv/bin/uv" ] || {
    "$python" -m venv "$folder/uv"
    "$folder/uv/bin/python" -m pip install -qq uv
}
uv=$folder/uv/bin/uv
for extra in "" sklearn; do
    "$uv" venv -q --clear --python "$python" "$folder/venv"
    # the lowest of what lenet itself needs; what only the tests need is as in every other run
    "$uv" pip compile -q --python "$folder/venv" --resolution lowest-direct ${extra:+--extra "$extra"} pyproject.toml \
        -o "$folder/lowest.txt"
    grep -v '^ *#' "$folder/lowest.txt" | tr '\n' ' '
    echo
    "$uv" pip install -q --python "$folder/venv" --constraint "$folder/lowest.txt" ".${extra:+[$extra]}" --group test
    OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 "$folder/venv/bin/python" -m pytest -q -n auto -m "not slow" "$@"
done
