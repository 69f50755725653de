"""Seconds an epoch on a CUDA card, and seconds until 99% and 99.3% of the validation digits are read right.

    LENET_DATA=/path/to/mnist python -m benchmarks.cuda_speed --out benchmarks/results/cuda_speed.json

The 5,000 validation digits are the last of MNIST's training set; the test set is not looked at. Data, order
and distortions are on the card; the clock runs from the first step on and includes measuring the error of an
epoch. With --device cpu the same code runs on the processor, to see that it does.
"""

from __future__ import annotations

import argparse
import json
import platform
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import torch

from benchmarks.provenance import name_commit
from lenet.architecture import get_preset
from lenet.data.dataset import load_dataset
from lenet.data.split import split_dataset
from lenet.engines.pytorch.engine import PytorchEngine
from lenet.training.events import EpochEnded
from lenet.training.recipe import load_recipe
from lenet.training.trainer import start_trainer

GOALS = (99.0, 99.3)  # percent


def measure(wanted: argparse.Namespace, seed: int) -> dict[str, Any]:
    """One training, timed."""
    architecture = get_preset(wanted.architecture)
    recipe = load_recipe(wanted.recipe, architecture).changed(epochs=wanted.epochs, batch=wanted.batch)
    data = load_dataset("mnist", download=False, limit=wanted.limit)
    splits = split_dataset(data, None)
    engine = PytorchEngine(wanted.device)
    trainer = start_trainer(engine, architecture, recipe, splits.train, splits.validation, seed)
    reached: dict[str, float | None] = {f"seconds_to_{goal}": None for goal in GOALS}
    accuracies, ends = [], []
    begun = time.perf_counter()
    for event in trainer.events():
        if isinstance(event, EpochEnded):
            ends.append(time.perf_counter() - begun)
            accuracies.append(100 - (event.record.validation_error or 0.0))
            for goal in GOALS:
                if accuracies[-1] >= goal and reached[f"seconds_to_{goal}"] is None:
                    reached[f"seconds_to_{goal}"] = ends[-1]
    # the first epoch loads kernels and sends the data
    spans = [later - earlier for earlier, later in pairwise(ends)]
    return {
        "seed": seed,
        "seconds_per_epoch": spans,
        "first_epoch": ends[0],
        "accuracy": accuracies,
        **reached,
    }


def main() -> None:
    """Measure several seeds; print and write."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--architecture", default="original")
    parser.add_argument("--recipe", default="fast")
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--batch", type=int)
    parser.add_argument("--limit", type=int)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--out", type=Path)
    wanted = parser.parse_args()
    cuda = torch.device(wanted.device).type == "cuda"
    found = {
        "command": "python -m benchmarks.cuda_speed "
        + " ".join(f"--{k} {v}" for k, v in vars(wanted).items() if v),
        "commit": name_commit(7),
        "device": torch.cuda.get_device_name(wanted.device) if cuda else platform.machine(),
        "torch": torch.__version__,
        "runs": [measure(wanted, seed) for seed in range(wanted.seeds)],
    }
    text = json.dumps(found, indent=1, default=str)
    print(text)
    if wanted.out:
        wanted.out.write_text(text + "\n", "utf-8")


if __name__ == "__main__":
    main()
