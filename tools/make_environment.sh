#!/bin/sh
# Make the virtual environment .venv for the Makefile: find a Python, say what is missing and how to get it.
#     tools/make_environment.sh [FOLDER]        $PYTHON chooses another interpreter
set -eu
folder=${1:-.venv}

fail() {
    printf '\n%s\n\n' "$1" >&2
    exit 1
}

# a command that exists may still not run: pyenv puts one there for every version that it ever saw
python='' tried=''
for candidate in ${PYTHON:-python3 python3.13 python3.12 python3.11 python3.14 python}; do
    version=$("$candidate" -c 'import platform; print(platform.python_version())' 2>/dev/null) || continue
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        python=$candidate
        break
    fi
    tried="$tried $candidate is $version;"
done

[ -n "$python" ] || fail "lenet needs Python 3.11 or newer, and there is none here.${tried:+ Found:${tried%;}.}
    Debian 12, Ubuntu 24.04 or newer:  sudo apt install python3 python3-venv
    Fedora:                            sudo dnf install python3
    macOS:                             brew install python
    anywhere, without being root:      curl -LsSf https://astral.sh/uv/install.sh | sh && uv python install 3.13
    or from                            https://www.python.org/downloads/
Then again; PYTHON=/path/to/python3 make ... chooses one."

# Debian and Ubuntu keep venv's pip in a package of its own
"$python" -c 'import venv, ensurepip' 2>/dev/null || fail "$python ($version) cannot make virtual environments: its module venv or ensurepip is missing.
    Debian, Ubuntu:  sudo apt install python${version%.*}-venv"

echo "Making $folder with Python $version." >&2
"$python" -m venv --clear "$folder" || fail "$python -m venv --clear $folder failed, see above."
