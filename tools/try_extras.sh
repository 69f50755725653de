#!/bin/sh
# Install lenet with one extra alone, each in an environment of its own, and try what the extra is for.
#     tools/try_extras.sh PYTHON EXTRA...        extras: sklearn onnx bulk serve pytorch keras, or base: none of them
set -eu
python=$1
shift
here=$(pwd)

rm -rf build/extras
echo "Building the wheel" >&2
"$python" -m pip wheel -q --no-deps --wheel-dir build/extras . # once: the kernels take most of the time
wheel=$(echo "$here"/build/extras/lenet-*.whl)

for extra in "$@"; do
    folder=$here/build/extras/$extra
    "$python" -m venv "$folder"
    case $extra in
    base) wanted=$wheel ;;
    *) wanted="$wheel[$extra]" ;;
    esac
    echo "Installing ${wanted##*/} into build/extras/$extra" >&2
    "$folder/bin/python" tools/install.py "$wanted"
    cd "$folder" # away from the sources: the installed package is tried
    case $extra in
    base)
        bin/lenet recognize "$here/src/lenet/samples/3.png"
        size=$(du -sm . | cut -f1)
        echo "$size MB, pip included; at most 165"
        [ "$size" -le 165 ]
        ;;
    sklearn)
        bin/python -c 'import lenet; from sklearn.datasets import load_digits
X, y = load_digits(return_X_y=True)
print(lenet.LeNet5Classifier(recipe="demo", epochs=2, random_state=0).fit(X[:500], y[:500]).score(X[500:], y[500:]))'
        ;;
    onnx) bin/lenet export onnx -o net.onnx --verify ;;
    bulk)
        bin/python -c 'import pyarrow as pa, pyarrow.parquet as pq
from lenet.samples import sample_path
pq.write_table(pa.table({"image": [sample_path(digit).read_bytes() for digit in range(10)]}), "ten.parquet")'
        bin/lenet bulk ten.parquet -o answers.parquet
        ;;
    serve)
        bin/lenet serve --port 0 >serve.txt &
        service=$!
        until grep -q /recognize serve.txt; do kill -0 $service; sleep 0.2; done
        bin/python -c 'import sys, urllib.request
from lenet.samples import sample_path
address = open("serve.txt").read().split()[0]
print(urllib.request.urlopen(address, sample_path(3).read_bytes()).read().decode())'
        kill -TERM $service
        wait $service
        ;;
    pytorch) bin/lenet export pytorch -o net.py --verify ;;
    keras) bin/lenet export keras -o net.keras --verify ;;
    *)
        echo "no trial for the extra $extra" >&2
        exit 2
        ;;
    esac
    cd "$here"
done
