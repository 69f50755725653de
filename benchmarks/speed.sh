#!/usr/bin/env bash
# Measure all of results/speed.json, in parts of under two minutes, then write the tables and the pictures.
# Usage: benchmarks/speed.sh LENET [WAIT...]
# LENET: the command of an installed wheel; WAIT: what each part is run under, if anything.
# Needs MNIST in $LENET_DATA; "train" evaluates the test set, so it is left out where $SKIP_TRAIN is set.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
lenet=$(realpath -s "$1")
shift
measure() { "${wait[@]}" .venv/bin/python -W ignore benchmarks/speed.py --lenet "$lenet" "$@"; }
wait=("${@:-env}")

measure original:train_64
measure original:train_256
measure original:batch_recognition original:single_recognition
measure original:train_1 --rounds 2 # more than a minute: in two commands
measure original:train_1 --rounds 3 --more
measure modern:train_64
measure modern:batch_recognition modern:single_recognition
measure online cold memory
[ -n "${SKIP_TRAIN:-}" ] || measure train
.venv/bin/python benchmarks/speed.py write
