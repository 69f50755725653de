"""What is wrong with a training, if anything."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from lenet.architecture import TANH_AMPLITUDE, Architecture
from lenet.network import Network
from lenet.parameters import Parameters
from lenet.texts import say
from lenet.training.history import EpochRecord, History
from lenet.training.verdicts import judge_losses

POINTS = 200  # a long history is judged by means over so many stretches of it
QUIET = 16  # images at least behind each of them: a single digit's loss jumps by itself
LEAST_POINTS = 20  # fewer say nothing
IGNORANT = 0.85  # of a guess's error: a network that knows nothing of its digits
MOVED = 0.03  # of the weights' size: less is hardly any way
GAP = 5.0  # percent that validation may err more than training
FLAT = 0.02  # of the greatest slope: a unit that is saturated
MANY = 0.5  # of a layer's units


@dataclass(frozen=True)
class Fault:
    """Something that is wrong with a training.

    Args:
        name: "diverges", "oscillates", "flat", "dead", "saturated", "shuffled" or "gap".
        values: what fills the braces of its sentence.
    """

    name: str
    values: Mapping[str, Any]

    def __str__(self) -> str:
        return say(f"fault.{self.name}", **self.values)


def find_faults(
    history: History,
    batch: int,
    guess: float | None,
    network: Network,
    start: Parameters,
    images: np.ndarray,
    validated: int,
) -> list[Fault]:
    """Say what is wrong with a training, if anything.

    Args:
        history: its losses and errors.
        batch: images a step.
        guess: the loss of a constant answer; None where the loss has no such level: what it began with.
        network: what it came to.
        start: the parameters that it began with.
        images: (N, 28, 28) uint8, some of those that it learned from.
        validated: how many images the validation error was measured on.
    """
    losses = _thin_losses(np.array(history.losses), batch)
    if len(losses) < LEAST_POINTS or not history.epochs:
        return []
    judgement = judge_losses(losses, float(losses[0]) if guess is None else guess)
    stuck = _find_stuck_layer(network, images)
    if judgement.verdict in ("diverges", "oscillates"):
        return [Fault(judgement.verdict, judgement.values), *stuck]
    last, classes = history.epochs[-1], network.architecture.classes
    chance = 100 * (1 - 1 / classes)
    error = last.training_error if last.validation_error is None else last.validation_error
    values = {"error": f"{error:.1f}", "chance": f"{chance:.0f}", **judgement.values}
    if error < IGNORANT * chance:
        return [*stuck, *_find_gap(last, validated)]
    if stuck:
        return stuck
    return [Fault("flat" if _measure_way(start, network.parameters) < MOVED else "shuffled", values)]


def _thin_losses(losses: np.ndarray, batch: int) -> np.ndarray:
    """Means over stretches, so that no point stands for a handful of images and there are about `POINTS`."""
    length = max(1, len(losses) // POINTS, -(-QUIET // batch))
    return losses[: len(losses) // length * length].reshape(-1, length).mean(axis=1)


def _find_gap(last: EpochRecord, validated: int) -> Iterator[Fault]:
    if last.validation_error is None:
        return
    share = last.validation_error / 100
    doubt = 200 * np.sqrt(share * (1 - share) / max(validated, 1))  # percent, two standard deviations
    if last.validation_error - last.training_error > max(GAP, 2 * last.training_error, doubt):
        values = {"training": f"{last.training_error:.1f}", "validation": f"{last.validation_error:.1f}"}
        yield Fault("gap", values)


def _measure_way(start: Parameters, end: Parameters) -> float:
    """How far the weights went, as a share of how large they were."""
    moved = sum(float(np.sum((end[name] - start[name]) ** 2)) for name in start)
    return float(np.sqrt(moved / sum(float(np.sum(start[name] ** 2)) for name in start)))


def _find_stuck_layer(network: Network, images: np.ndarray) -> list[Fault]:
    """The layer with the most units that answer alike to all images: saturated, or at 0 under relu."""
    architecture = network.architecture
    trace = network.model.trace(images)
    worst, values = MANY, dict[str, Any]()
    for layer in architecture.activated_layers:
        stuck = find_stuck(trace[layer], architecture)
        if stuck.mean() > worst:
            worst, values = float(stuck.mean()), {"stuck": int(stuck.sum()), "units": len(stuck)}
            values["layer"] = layer.upper()
    name = "dead" if architecture.activation == "relu" else "saturated"
    return [Fault(name, values)] if values else []


def find_stuck(states: np.ndarray, architecture: Architecture) -> np.ndarray:
    """Find the maps (in C5 and F6: units) that answer alike to all images: saturated, or at 0 under relu.

    Args:
        states: (N, maps, ...), the states of one layer for some images.
        architecture: the network; its activation function decides.
    Returns:
        (maps,) bool: no state of the map has a slope of `FLAT` or more.
    """
    slopes = _measure_slopes(states, architecture)
    stuck: np.ndarray = np.all(slopes.reshape(*slopes.shape[:2], -1) < FLAT, axis=(0, 2))
    return stuck


def _measure_slopes(states: np.ndarray, architecture: Architecture) -> np.ndarray:
    """The slope of the activation function at each state, as a share of its greatest."""
    if architecture.activation == "relu":
        return (states > 0).astype(np.float32)
    if architecture.activation == "logistic":
        return 4 * states * (1 - states)
    return 1 - (states / TANH_AMPLITUDE) ** 2
