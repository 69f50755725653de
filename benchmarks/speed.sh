#!/usr/bin/env bash
# Measure all of results/speed.json anew, in parts of a minute or so, then write the tables and the pictures.
# The measurements gather in build/speed.json and take the place of the old ones when all are there.
# Usage: benchmarks/speed.sh LENET [WAIT...]
# LENET: the command of an installed wheel; WAIT: what each part is run under, if anything.
# Needs MNIST in $LENET_DATA; the trainings evaluate the test set, so they are left out where $SKIP_TRAIN is set.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
lenet=$(realpath -s "$1")
shift
measure() { "${wait[@]}" .venv/bin/python -W ignore -m benchmarks.speed --results build/speed.json --lenet "$lenet" "$@"; }
wait=("${@:-env}")
mkdir -p build
rm -f build/speed.json

measure original:train_64 --rounds 3
measure original:train_64 --rounds 2 --more
measure original:train_256 --rounds 3
measure original:train_256 --rounds 2 --more
measure original:batch_recognition original:single_recognition
measure original:train_1 --rounds 1 # half a minute a round: in parts
for _ in 2 3 4 5; do measure original:train_1 --rounds 1 --more; done
measure modern:train_64 --rounds 3
measure modern:train_64 --rounds 2 --more
measure modern:batch_recognition modern:single_recognition
measure distorted
measure shared --rounds 3
measure online
measure cold memory
if [ -z "${SKIP_TRAIN:-}" ]; then
    measure train:modern:sprint train:original:sprint
    measure train:original:fast
fi
mv build/speed.json benchmarks/results/speed.json
.venv/bin/python -m benchmarks.speed write
