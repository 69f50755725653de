"""How fast the engines are: every contestant in turn, round after round, medians with their spread."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable, Iterable, Iterator
from importlib.util import find_spec
from typing import Any

import numpy as np

from lenet.architecture import Architecture
from lenet.bench import keras, peers
from lenet.engines import ENGINES, Engine, Update, get_engine
from lenet.engines.loss import Loss
from lenet.parameters import initialize_parameters
from lenet.texts import say

EPOCH = 60_000
IMAGES = 10_000  # recognized at once; a training goes through the first of them
SAMPLES = {64: 6400, 256: 6400, 1: 3000}  # that are timed; an epoch is scaled from them
# for `native`: a whole epoch, as long as a framework's turn. A tenth of it would mostly measure how long the
# second thread takes to get a core that has just been idle.
FAST_SAMPLES = {64: EPOCH // 256 * 256, 256: EPOCH // 256 * 256, 1: 3000}
SLOW_SAMPLES = {64: 1920, 256: 2560, 1: 200}  # for `reference`, which takes thirty times as long
SINGLES = 200
WARM_UP = 200
FIGURES = ("train_64", "train_256", "train_1", "batch_recognition", "single_recognition")
UNITS = {
    **dict.fromkeys(FIGURES[:3], "s/epoch"),
    "batch_recognition": "images/s",
    "single_recognition": "us",
}
OPERATIONS = {"train_64": EPOCH, "train_256": EPOCH}  # figures that are compared with the peak: images

Run = Callable[[bool], float]  # one turn, in the figure's unit; True: the first one, which is not counted


def measure(
    architecture: Architecture,
    rounds: int = 3,
    threads: int = 2,
    watch: Callable[[str], None] = print,
    figures: Iterable[str] = FIGURES,
) -> dict[str, Any]:
    """Measure all that is installed.

    Args:
        architecture: the network.
        rounds: how often each contestant has its turn; 1 to 100.
        threads: how many each may use.
        watch: told what is measured now.
        figures: which of `FIGURES`.
    Returns:
        `fma_peak_gflops`; for each of the figures every contestant's measurements; `meeting_ns`, how long two
        threads took to meet before each of a figure's rounds; and what they come to, see `summarize`.
    """
    images, labels = _draw_digits()
    found: dict[str, Any] = {
        "architecture": architecture.to_dict(),
        "threads": threads,
        "load": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
    }
    found |= _measure_peak()
    found["meeting_ns"] = {}
    for figure in figures:
        contestants = dict(_list_contestants(figure, architecture, images, labels, threads))
        found[figure] = {}
        for name, run in contestants.items():  # compilation and warm-up, apart
            watch(say("bench.first_call", figure=say(f"bench.{figure}"), name=name))
            start = time.perf_counter()
            try:
                run(True)
            except Exception as fault:
                if name in ENGINES:
                    raise
                # another's, such as torch.compile without a compiler, ends nobody else's measurement
                watch(say("bench.left_out", name=name, reason=str(fault).strip().partition("\n")[0]))
                continue
            first = time.perf_counter() - start
            found[figure][name] = {"unit": UNITS[figure], "first_call_s": first, "values": []}
        meetings = found["meeting_ns"][figure] = []
        for turn in range(rounds):
            watch(say("bench.round", figure=say(f"bench.{figure}"), number=turn + 1, rounds=rounds))
            meetings += _measure_meeting(threads)
            for name, timing in found[figure].items():
                timing["values"].append(contestants[name](False))
    return summarize(found)


def summarize(found: dict[str, Any]) -> dict[str, Any]:
    """Add what the measurements come to.

    Args:
        found: with the `values` of every contestant.
    Returns:
        The same with each contestant's `median`, `low`, `high` and `rounds`; `ratios`: for each figure how
        many times faster `native` is than each framework at its fastest, by the medians; and `share_of_peak`:
        how much of the multiply-adds that its threads could do a training makes.
    """
    found = dict(found)
    figures = [figure for figure in FIGURES if figure in found]
    for figure in figures:
        found[figure] = {name: timing | _describe(timing["values"]) for name, timing in found[figure].items()}
    found["ratios"] = {figure: _compare(found[figure]) for figure in figures if "native" in found[figure]}
    if found.get("fma_peak_gflops"):
        each = count_operations(Architecture.from_dict(found["architecture"]))
        peak = found["fma_peak_gflops"] * 1e9 * found["threads"]
        found["share_of_peak"] = {
            figure: images * each / found[figure]["native"]["median"] / peak
            for figure, images in OPERATIONS.items()
            if "native" in found.get(figure, {})
        }
    return found


def _describe(values: list[float]) -> dict[str, Any]:
    spread = {"low": min(values), "high": max(values), "rounds": len(values)}
    return {"median": statistics.median(values)} | spread


def _compare(timings: dict[str, Any]) -> dict[str, float]:
    """How many times faster `native` is than the fastest way of every framework, and than PyTorch eager."""
    ratios: dict[str, float] = {}
    for name, timing in timings.items():
        own, other = timings["native"]["median"], timing["median"]
        ratio = own / other if timing["unit"] == "images/s" else other / own
        families = [name.partition(" ")[0]]
        if families == ["pytorch"] and not name.endswith("compiled"):
            families.append("pytorch eager")
        for family in families:
            ratios[family] = min(ratio, ratios.get(family, ratio))
    return {family: ratio for family, ratio in ratios.items() if family != "native"}


def count_operations(architecture: Architecture) -> int:
    """Floating-point operations that one image takes in training, two for each multiply-add.

    Args:
        architecture: the network.
    Returns:
        Those of C1, C3, C5, F6 and the output: forward, the weights' gradients and the inputs' gradients.
    Assumption:
        Activation functions and subsampling count for nothing; the codes of the output have no gradient,
        and the image has none.
    """
    counts = {layer.name: int(layer.multiply_adds) for layer in architecture.layers}
    forward = sum(counts[name] for name in ("c1", "c3", "c5", "f6", "output"))
    weights = forward - (counts["output"] if architecture.output == "rbf" else 0)
    return 2 * (forward + weights + forward - counts["c1"])


def _draw_digits() -> tuple[np.ndarray, np.ndarray]:
    """Pictures as dense as MNIST's, a fifth of the pixels inked; nothing that is timed depends on them."""
    random = np.random.default_rng(0)
    images = random.integers(1, 256, (IMAGES, 28, 28), dtype=np.uint8)
    images[random.random(images.shape) < 0.8] = 0
    return images, random.integers(0, 10, IMAGES)


def _measure_peak() -> dict[str, Any]:
    """What one thread can do, against what its clock and its lanes allow."""
    if not find_spec("lenet._native"):
        return {"fma_peak_gflops": None, "clock_ghz": None, "share_of_clock": None}
    from lenet import _native
    from lenet.engines.native.processor import choose_variant

    variant = choose_variant()
    peak, clock = _native.measure_peak(variant) / 1e9, _native.measure_clock(variant) / 1e9
    # two units, each one multiply-add (two operations) a lane and cycle
    share = peak / (4 * _native.lanes(variant) * clock)
    return {"variant": variant, "fma_peak_gflops": peak, "clock_ghz": clock, "share_of_clock": share}


def _measure_meeting(threads: int) -> list[float]:
    """Nanoseconds that two threads need to meet: a line of the cache gets from core to core.

    The farther apart the cores, the slower the threads work together. A host may move a virtual machine's
    cores between groups that share no cache, from one second to the next.
    """
    if threads < 2 or not find_spec("lenet._native"):
        return []
    from lenet import _native

    return [_native.measure_meeting() * 1e9]


def _list_contestants(
    figure: str, architecture: Architecture, images: np.ndarray, labels: np.ndarray, threads: int
) -> Iterator[tuple[str, Run]]:
    """Name and one timed run of everything that is installed."""
    scale = 0.1 if architecture.output == "rbf" else 1.0
    engines = [get_engine("reference")]
    if find_spec("lenet._native"):
        from lenet.engines.native.engine import NativeEngine

        engines.insert(0, NativeEngine(threads=threads))
    if figure.startswith("train"):
        batch = int(figure.partition("_")[2])
        for engine in engines:
            yield engine.name, _time_training(engine, architecture, Loss(scale=scale), batch, images, labels)
        for name, train in peers.list_trainings(architecture, scale, batch, threads, images, labels):
            yield name, _scale_up(train, SAMPLES[batch], batch)
        for name, train in keras.list_trainings(architecture, scale, batch, threads, images, labels):
            yield name, _scale_up(train, SAMPLES[batch], batch)
        return
    for engine in engines:
        model = engine.load(architecture, initialize_parameters(architecture, 0))
        yield engine.name, _time_recognition(model.penalties, figure, images)
    single = figure == "single_recognition"
    for name, recognize in peers.list_recognitions(architecture, threads, single):
        yield name, _time_recognition(recognize, figure, images)
    for name, recognize in keras.list_recognitions(architecture, threads, single):
        yield name, _time_recognition(recognize, figure, images)


def _scale_up(train: Callable[[int], float], samples: int, batch: int) -> Run:
    def run(warm: bool) -> float:
        # one sample an update takes many seconds, and warms up sooner
        count = WARM_UP if warm and batch == 1 else samples
        return train(count) * EPOCH / count

    return run


def _time_training(
    engine: Engine, architecture: Architecture, loss: Loss, batch: int, images: np.ndarray, labels: np.ndarray
) -> Run:
    count = (FAST_SAMPLES if engine.name == "native" else SLOW_SAMPLES)[batch]
    # one sample an update is the method of 1998: no momentum, one rate a parameter
    parameters = initialize_parameters(architecture, 0)
    run = engine.start(architecture, parameters, Update(loss, 0.0 if batch == 1 else 0.9))
    scales = parameters.map(np.ones_like) if batch == 1 else None
    order = np.arange(count, dtype=np.int32).reshape(-1, batch) % IMAGES
    rates = np.full(len(order), 1e-3)

    def train(_: bool) -> float:
        start = time.perf_counter()
        run.advance(images, labels, order, rates, scales)
        return (time.perf_counter() - start) * EPOCH / count

    return train


def _time_recognition(recognize: Callable[[np.ndarray], np.ndarray], figure: str, images: np.ndarray) -> Run:
    """From bytes as stored to penalties, with all conversions."""

    def many(_: bool) -> float:
        start = time.perf_counter()
        recognize(images)
        return len(images) / (time.perf_counter() - start)

    def one(_: bool) -> float:
        times = []
        for index in range(SINGLES):
            start = time.perf_counter()
            recognize(images[index : index + 1])
            times.append(time.perf_counter() - start)
        return statistics.median(times) * 1e6

    return many if figure == "batch_recognition" else one
