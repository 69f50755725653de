"""How fast the engines are: every contestant in turn, round after round, medians with their spread."""

from __future__ import annotations

import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Any

import numpy as np

from lenet.architecture import Architecture
from lenet.engines import Engine, get_engine
from lenet.engines.loss import Loss
from lenet.experiments import speed_peers as peers
from lenet.parameters import initialize_parameters

EPOCH = 60_000
FLOP_AN_EPOCH = (
    103e9  # 1998's network: forward, weight gradients and input gradients, two for each multiply-add
)
SAMPLES = {64: 6400, 256: 6400, 1: 3000}  # how many are timed; an epoch is scaled from them
SLOW_SAMPLES = {64: 1920, 256: 2560, 1: 200}  # for engines that take many times as long
RECOGNIZED, SINGLES = 10_000, 200
FIGURES = ("train_64", "train_256", "train_1", "batch_recognition", "single_recognition")
UNITS = {
    **dict.fromkeys(FIGURES[:3], "s/epoch"),
    "batch_recognition": "images/s",
    "single_recognition": "us",
}


@dataclass(frozen=True)
class Timing:
    """Some measurements of one thing.

    Args:
        values: one a round, in the unit of the figure.
    """

    values: list[float] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """Median, least and most."""
        return {
            "median": statistics.median(self.values),
            "low": min(self.values),
            "high": max(self.values),
            "rounds": len(self.values),
        }


@dataclass(frozen=True)
class Bench:
    """Settings that a training engine asks for.

    Args:
        loss: what is minimized.
        momentum, weight_decay, method: as recipes have them.
    """

    loss: Loss
    momentum: float = 0.9
    weight_decay: float = 0.0
    method: str = "sgd"


def measure(
    architecture: Architecture, rounds: int = 3, threads: int = 2, watch: Callable[[str], None] = print
) -> dict[str, Any]:
    """Measure all that is installed.

    Args:
        architecture: the network.
        rounds: how often each contestant has its turn; 1 to 100.
        threads: how many each may use.
        watch: told what is measured now.
    Returns:
        The machine, `fma_peak_gflops`, and for each of `FIGURES` the timings of every contestant.
    """
    images, labels = _draw_digits()
    found: dict[str, Any] = {
        "architecture": architecture.to_dict(),
        "threads": threads,
        "rounds": rounds,
        "load": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
    }
    found |= _measure_peak()
    for figure in FIGURES:
        contestants = dict(_list_contestants(figure, architecture, images, labels, threads))
        timings: dict[str, Timing] = {name: Timing() for name in contestants}
        warm: dict[str, float] = {}
        for name, run in contestants.items():  # compilation and warm-up, apart
            watch(f"{figure}: {name}")
            start = time.perf_counter()
            run()
            warm[name] = time.perf_counter() - start
        for turn in range(rounds):
            watch(f"{figure}: {turn + 1}/{rounds}")
            for name, run in contestants.items():
                timings[name].values.append(run())
        found[figure] = {
            name: timing.to_dict() | {"unit": UNITS[figure], "first_call_s": warm[name]}
            for name, timing in timings.items()
        }
    found["peak_memory_mb"] = _measure_memory()
    native = found["train_64"].get("native")
    if native and found["fma_peak_gflops"] and architecture == Architecture():
        rate = FLOP_AN_EPOCH / native["median"] / threads / 1e9
        found["share_of_peak"] = rate / found["fma_peak_gflops"]
    return found


def _draw_digits() -> tuple[np.ndarray, np.ndarray]:
    """Pictures as dense as MNIST's, a fifth of the pixels inked; nothing that is timed depends on them."""
    random = np.random.default_rng(0)
    images = random.integers(1, 256, (RECOGNIZED, 28, 28), dtype=np.uint8)
    images[random.random(images.shape) < 0.8] = 0
    return images, random.integers(0, 10, RECOGNIZED)


def _measure_peak() -> dict[str, Any]:
    """What one thread can do, against what its clock and its lanes allow."""
    if not find_spec("lenet._native"):
        return {"fma_peak_gflops": None, "clock_ghz": None, "share_of_clock": None}
    from lenet import _native
    from lenet.engines.native import choose_variant

    variant = choose_variant()
    peak, clock = _native.measure_peak(variant) / 1e9, _native.measure_clock(variant) / 1e9
    # two units, each one multiply-add (two operations) a lane and cycle
    share = peak / (4 * _native.lanes(variant) * clock)
    return {"variant": variant, "fma_peak_gflops": peak, "clock_ghz": clock, "share_of_clock": share}


def _measure_memory() -> float | None:
    """The most memory that this process has held, in MB; None where the system does not say."""
    try:
        import resource
    except ImportError:
        return None
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (2**20 if sys.platform == "darwin" else 2**10)


def _list_contestants(
    figure: str, architecture: Architecture, images: np.ndarray, labels: np.ndarray, threads: int
) -> Iterator[tuple[str, Callable[[], float]]]:
    """Name and one timed run of everything that is installed."""
    loss = Loss(scale=0.1 if architecture.output == "rbf" else 1.0)
    engines = [get_engine("reference")]
    if find_spec("lenet._native"):
        from lenet.engines.native import NativeEngine

        engines.insert(0, NativeEngine(threads=threads))
    if figure.startswith("train"):
        batch = int(figure.partition("_")[2])
        for engine in engines:
            yield engine.name, _time_training(engine, architecture, loss, batch, images, labels)
        if find_spec("torch"):
            samples = SLOW_SAMPLES[batch] if batch > 1 else 3000
            for way in peers.WAYS:
                run = peers.train_torch(way, architecture, loss.scale, batch, threads, images, labels)
                yield f"pytorch {way}", lambda run=run, n=samples: run(n) * EPOCH / n  # type: ignore[misc]
        return
    for engine in engines:
        model = engine.load(architecture, initialize_parameters(architecture, 0))
        yield engine.name, _time_recognition(model.penalties, figure, images)
    if find_spec("torch"):
        yield "pytorch", _time_recognition(peers.recognize_torch(architecture, threads), figure, images)
    if find_spec("onnxruntime") and find_spec("onnx"):
        yield "onnxruntime", _time_recognition(peers.recognize_onnx(architecture, threads), figure, images)


def _time_training(
    engine: Engine, architecture: Architecture, loss: Loss, batch: int, images: np.ndarray, labels: np.ndarray
) -> Callable[[], float]:
    count = (SAMPLES if engine.name == "native" else SLOW_SAMPLES)[batch]
    # one sample an update is the method of 1998: no momentum, one rate a parameter
    parameters = initialize_parameters(architecture, 0)
    run = engine.start(architecture, parameters, Bench(loss, 0.0 if batch == 1 else 0.9))
    scales = parameters.map(np.ones_like) if batch == 1 else None
    order = np.arange(count, dtype=np.int32).reshape(-1, batch)
    rates = np.full(len(order), 1e-3)

    def train() -> float:
        start = time.perf_counter()
        run.advance(images, labels, order, rates, scales)
        return (time.perf_counter() - start) * EPOCH / count

    return train


def _time_recognition(
    recognize: Callable[[np.ndarray], np.ndarray], figure: str, images: np.ndarray
) -> Callable[[], float]:
    """From bytes as stored to penalties, with all conversions."""

    def many() -> float:
        start = time.perf_counter()
        recognize(images)
        return len(images) / (time.perf_counter() - start)

    def one() -> float:
        times = []
        for index in range(SINGLES):
            start = time.perf_counter()
            recognize(images[index : index + 1])
            times.append(time.perf_counter() - start)
        return statistics.median(times) * 1e6

    return many if figure == "batch_recognition" else one
