#!/usr/bin/env bash
# Install the package with one extra at a time, each in a fresh environment, import it and run one command with it.
#     tools/try_extras.sh base|sklearn|onnx|bulk|pytorch|keras ...
# The small extras get the newest versions, as a user does; PyTorch and Keras those of constraints.txt.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
root=$PWD
pins=$PWD/constraints.txt
most=165 # MB of a fresh environment with the package alone, pip included
unset PIP_CONSTRAINT PIP_BUILD_CONSTRAINT
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

try() { # NAME MODULE COMMAND...
    local name=$1 module=$2 folder=$work/$1 wanted=$wheel
    shift 2
    [ "$name" = base ] || wanted="$wheel[$name]"
    echo "== $name" >&2
    tools/make_environment.sh "$folder"
    case $name in
        pytorch | keras) PIP_CONSTRAINT=$pins "$folder/bin/python" tools/install.py "$wanted" ;;
        *) "$folder/bin/python" tools/install.py "$wanted" ;;
    esac
    if [ "$name" = base ]; then
        size=$(du -sm "$folder" | cut -f1)
        echo "A fresh environment takes $size MB (at most $most)." >&2
        [ "$size" -le "$most" ]
    fi
    (cd "$work" && "$folder/bin/python" -c "import $module" && PATH=$folder/bin:$PATH "$@")
    rm -rf "$folder"
}

echo "== building the wheel" >&2
tools/make_environment.sh "$work/build"
"$work/build/bin/python" -m pip wheel -q --no-deps --wheel-dir "$work" .
wheel=$(echo "$work"/lenet-*.whl)

for extra in "$@"; do
    case $extra in
        base) try base lenet lenet recognize "$root/src/lenet/samples/3.png" ;;
        sklearn) try sklearn lenet.estimator lenet evaluate --data digits ;;
        onnx) try onnx onnx,onnxruntime lenet export onnx -o lenet5.onnx --verify ;;
        bulk) try bulk pyarrow.parquet lenet bulk "$root/src/lenet/samples" -o answers.parquet ;;
        pytorch) try pytorch torch lenet export pytorch -o lenet5.py --verify ;;
        keras) try keras keras lenet export keras -o lenet5.keras --verify ;;
        *) echo "$extra is none of base, sklearn, onnx, bulk, pytorch, keras." >&2 && exit 2 ;;
    esac
done
