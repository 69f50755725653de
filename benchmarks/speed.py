"""The speed of everything, measured in parts, and the tables and pictures that are made from it.

    python -m benchmarks.speed original:train_64 modern:train_64 --rounds 5
    python -m benchmarks.speed online cold memory train:modern:sprint --lenet /tmp/fresh/bin/lenet
    python -m benchmarks.speed write

A part is NETWORK:FIGURE (what `lenet bench` measures), or one of:
online: 20 epochs of the method of 1998, the curvature measured before each and both errors after each;
cold: `lenet recognize one.png` as a new process; memory: the peak of `lenet train`;
distorted: a training at batch 64 on the images themselves, and distorted as they are shown;
shared: a training on one thread and on two, while another process keeps one of the two cores busy;
train:NETWORK:RECIPE: `lenet train` as a new process, five seeds, which evaluates the test set.
Parts replace what the results hold of them, or with --more add rounds to it. `write` makes the tables
and the pictures of the READMEs and of docs/speed.md anew.
All parts, one command each, so that none takes long: benchmarks/speed.sh.
"""

import argparse
import contextlib
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from benchmarks.provenance import format_command, name_commit
from benchmarks.speed_tables import write_documents
from lenet.architecture import ORIGINAL, PRESETS
from lenet.bench.memory import measure_memory
from lenet.bench.speed import EPOCH, measure, summarize
from lenet.data.dataset import load_dataset
from lenet.engines import Update
from lenet.engines.loss import Loss
from lenet.engines.native.engine import NativeEngine
from lenet.images.distort import DistortedEpoch
from lenet.parameters import initialize_parameters
from lenet.samples import sample_path
from lenet.training.events import EpochEnded
from lenet.training.recipe import load_recipe
from lenet.training.trainer import start_trainer

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results" / "speed.json"
THREADS = 2
SEEDS = range(5)


def measure_online():
    """Seconds of 20 epochs, one sample an update, on MNIST's 60,000; the second error on 10,000 of them."""
    train = load_dataset("mnist").train
    recipe = load_recipe("1998", ORIGINAL).changed(training_sample=EPOCH)
    engine = NativeEngine(threads=THREADS)
    begun = time.perf_counter()
    trainer = start_trainer(engine, ORIGINAL, recipe, train, train.first(10_000), seed=0)
    epochs = [event for event in trainer.events() if isinstance(event, EpochEnded)]
    seconds = time.perf_counter() - begun
    return {"seconds": seconds, "epochs": len(epochs), "training_error": epochs[-1].record.training_error}


def start_training(threads, batch):
    """`train(count, distortion)`, which trains one network further and gives seconds an epoch of 60,000."""
    random = np.random.default_rng(0)
    images = random.integers(1, 256, (10_000, 28, 28), dtype=np.uint8)
    images[random.random(images.shape) < 0.8] = 0
    labels = random.integers(0, 10, len(images))
    run = NativeEngine(threads=threads).start(
        ORIGINAL, initialize_parameters(ORIGINAL, 0), Update(Loss(), 0.0 if batch == 1 else 0.9)
    )

    def train(count, distortion=None):
        order = np.arange(count // batch * batch, dtype=np.int32).reshape(-1, batch) % len(images)
        start = time.perf_counter()
        run.advance(images, labels, order, np.full(len(order), 1e-3), None, distortion)
        return (time.perf_counter() - start) * EPOCH / order.size

    return train


def measure_distorted(rounds):
    """Seconds an epoch at batch 64: plain, distorted as `1998-distorted` does, and elastically."""
    affine = load_recipe("1998-distorted", ORIGINAL).distortion
    kinds = {"plain": None, "affine": affine, "elastic": replace(affine, elastic=5)}
    trainings = {name: start_training(THREADS, 64) for name in kinds}
    seconds: dict[str, list[float]] = {name: [] for name in kinds}
    for turn in range(rounds + 1):  # the first one is not counted
        for name, limits in kinds.items():
            value = trainings[name](EPOCH // 2, limits and DistortedEpoch(limits, seed=0, epoch=turn))
            seconds[name] += [value] if turn else []
    return {name: {"values": values, "median": statistics.median(values)} for name, values in seconds.items()}


@contextlib.contextmanager
def keep_busy():
    """Another process that never rests on the second core."""
    core = sorted(os.sched_getaffinity(0))[1]
    program = f"import os; os.sched_setaffinity(0, [{core}])\nwhile True: pass"
    with subprocess.Popen([sys.executable, "-c", program]) as process:
        time.sleep(0.5)
        try:
            yield
        finally:
            process.kill()


def measure_shared(rounds):
    """Seconds an epoch on one thread and on two beside a process that keeps a core busy; one without."""
    found = {}
    for batch, images in ((64, EPOCH // 2), (1, EPOCH // 6)):
        one, two = start_training(1, batch), start_training(2, batch)
        seconds = {"undisturbed": [one(images) for _ in range(rounds + 1)], "one": [], "two": []}
        with keep_busy():
            for _ in range(rounds + 1):
                seconds["one"].append(one(images))
                seconds["two"].append(two(images))
        found[f"train_{batch}"] = {
            name: {"values": values[1:], "median": statistics.median(values[1:])}
            for name, values in seconds.items()
        }
    return found


def measure_cold(lenet):
    """Seconds of `lenet recognize` on one picture, a new process each time; the first one is not counted."""
    seconds = []
    for _ in range(11):
        start = time.perf_counter()
        subprocess.run([lenet, "recognize", sample_path(3)], check=True, capture_output=True, cwd="/")
        seconds.append(time.perf_counter() - start)
    return {"values": seconds[1:], "median": statistics.median(seconds[1:])}


def measure_trainings(lenet, chosen):
    """Seconds and test accuracy of `lenet train`, whole processes, report and curves included."""
    found = {}
    for network, recipe in chosen:
        seconds, accuracies, validation = [], [], []
        for seed in SEEDS:
            with tempfile.TemporaryDirectory() as home:
                words = ["--data", "mnist", "--architecture", network, "--recipe", recipe]
                words += ["--seed", str(seed), "--threads", str(THREADS), "--out", f"{home}/run", "--json"]
                start = time.perf_counter()
                answer = subprocess.run([lenet, "train", *words], check=True, capture_output=True, text=True)
                seconds.append(time.perf_counter() - start)
                result = json.loads(answer.stdout)
            accuracies.append(result["test_accuracy"])
            validation.append(result["validation_error"])
        found[f"{network} {recipe}"] = {
            "seconds": seconds,
            "median_seconds": statistics.median(seconds),
            "accuracies": accuracies,
            "median_accuracy": statistics.median(accuracies),
            "validation_errors": validation,
            "epochs": result["epochs"],
        }
    return found


def measure_part(part, rounds, lenet):
    """One part's entry in the results."""
    if part == "online":
        return measure_online()
    if part == "cold":
        return measure_cold(lenet)
    if part == "distorted":
        return measure_distorted(rounds)
    if part == "shared":
        return measure_shared(rounds)
    if part.startswith("train:"):
        return measure_trainings(lenet, [tuple(part.split(":")[1:])])
    if part == "memory":
        return {"megabytes": measure_memory(THREADS)}
    network, _, figure = part.partition(":")
    found = measure(PRESETS[network], rounds, THREADS, lambda text: print(text, file=sys.stderr), [figure])
    found.pop("ratios")
    found.pop("share_of_peak", None)
    return found


def add_values(old, new):
    """Two measurements of one figure as one."""
    for name, timing in new.items():
        timing["values"] = old.get(name, {"values": []})["values"] + timing["values"]
    return new


def describe_run(rounds):
    """Where and from what a part was measured."""
    versions: dict[str, str] = {}
    for name in ("numpy", "torch", "onnxruntime", "tensorflow-cpu", "keras"):
        shown = subprocess.run(
            [sys.executable, "-c", f"from importlib.metadata import version; print(version({name!r}))"],
            capture_output=True,
            text=True,
            check=False,
        )
        versions |= {name: shown.stdout.strip()} if shown.returncode == 0 else {}
    processor = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    return {
        "command": format_command(sys.argv),
        "commit": name_commit(7),
        "date": datetime.now(UTC).date().isoformat(),
        "machine": f"{processor}, {THREADS} cores, {platform.platform()}, Python {platform.python_version()}",
        "versions": versions,
        "rounds": rounds,
    }


def main():
    """Measure the parts that are named, or write the documents."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("parts", nargs="+", metavar="PART")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--more", action="store_true", help="add rounds to those that are there")
    parser.add_argument("--results", type=Path, default=RESULTS, help="the file that they are kept in")
    parser.add_argument("--lenet", default=shutil.which("lenet", path=Path(sys.executable).parent))
    arguments = parser.parse_args()
    arguments.lenet = arguments.lenet and Path(arguments.lenet).absolute()  # it is run from elsewhere
    if arguments.parts == ["write"]:
        write_documents(json.loads(arguments.results.read_text("utf-8")))
        return
    for part in arguments.parts:
        found = measure_part(part, arguments.rounds, arguments.lenet)
        path = arguments.results
        results = json.loads(path.read_text("utf-8")) if path.exists() else {}
        network, _, figure = part.partition(":")
        if network == "train":
            results["train"] = results.get("train", {}) | found
        elif figure:
            old = results.get(network, {})
            meetings = old.get("meeting_ns", {})
            if arguments.more and figure in old:
                found[figure] = add_values(old[figure], found[figure])
                found["meeting_ns"][figure] = meetings[figure] + found["meeting_ns"][figure]
            found["meeting_ns"] = meetings | found["meeting_ns"]
            found = summarize(old | found)
            results[network] = found
        else:
            results[part] = found
        results.setdefault("runs", {})[part] = describe_run(arguments.rounds)
        path.write_text(json.dumps(results, indent=1, sort_keys=True) + "\n", "utf-8")
        print(f"{part}: saved", file=sys.stderr)


if __name__ == "__main__":
    main()
