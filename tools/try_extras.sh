#!/bin/sh
# Install lenet with one extra alone, each in an environment of its own, and try what the extra is for.
#     tools/try_extras.sh PYTHON EXTRA...        extras: sklearn onnx bulk pytorch keras
set -eu
python=$1
shift
here=$(pwd)

for extra in "$@"; do
    folder=$here/build/extras/$extra
    rm -rf "$folder"
    "$python" -m venv "$folder"
    echo "Installing lenet[$extra] into build/extras/$extra" >&2
    "$folder/bin/python" tools/install.py ".[$extra]"
    cd "$folder" # away from the sources: the installed package is tried
    case $extra in
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
    pytorch) bin/lenet train --data digits --engine pytorch --recipe demo --epochs 1 --out run || exit 1 ;;
    keras) bin/lenet export keras -o net.keras --verify ;;
    *)
        echo "no trial for the extra $extra" >&2
        exit 2
        ;;
    esac
    cd "$here"
done
