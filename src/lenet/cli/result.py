"""What a training came to, for `lenet train` and `lenet demo`: as JSON and in words."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from lenet.cli.output import make_console
from lenet.texts import say

if TYPE_CHECKING:
    from lenet.training.change import Change
    from lenet.training.diagnosis import Fault
    from lenet.training.result import Result

FEW = 200  # held-out pictures, of which one is half a point of error
DIAGNOSED = 300  # training images on which units are looked at


def describe_result(result: Result) -> dict[str, object]:
    """The result of a training as one JSON object."""
    evaluation, settings = result.evaluation, result.settings
    last = result.history.epochs[-1] if result.history.epochs else None
    return {
        "test_error": evaluation.error if evaluation else None,
        "test_accuracy": evaluation.accuracy if evaluation else None,
        "test_wrong": evaluation.wrong if evaluation else None,
        "test_count": len(evaluation) if evaluation else None,
        "validation_error": last.validation_error if last else None,
        "training_error": last.training_error if last else None,
        "epochs": len(result.history.epochs),
        "seconds": round(result.seconds, 2),
        "engine": settings.engine,
        "data": settings.data,
        "recipe": settings.recipe.name,
        "seed": settings.seed,
        "architecture": settings.architecture.to_dict(),
        "faults": [{"name": fault.name, "sentence": str(fault)} for fault in diagnose(result)],
        "finished": evaluation is not None,
        "run": str(result.folder),
        **_describe_change(result),
    }


def _describe_change(result: Result) -> dict[str, object]:
    """What going on from trained weights changed; nothing for a training from random ones."""
    if result.settings.start is None:
        return {}
    change = result.change
    described: dict[str, object] = {"from": result.settings.start}
    for name, comparison in (("own", change and change.own), ("mnist", change and change.mnist)):
        described[name] = comparison and {
            "count": len(comparison.before),
            "wrong_before": comparison.before.wrong,
            "wrong_after": comparison.after.wrong,
            "error_before": comparison.before.error,
            "error_after": comparison.after.error,
        }
    return described | {"not_measured": change.why if change and change.why else None}


def print_stop(result: Result) -> None:
    """Print how far a stopped training got, and the command that resumes it."""
    from lenet.training.command import format_resume

    folder = result.folder or Path()
    network, epochs = folder / "network.safetensors", len(result.history.epochs)
    line = say("train.stopped", epochs=epochs, network=network, command=format_resume(folder))
    make_console(stderr=True).print(line, soft_wrap=True)


def print_result(result: Result) -> None:
    """Print error and accuracy, where the files lie, and what is wrong, if anything."""
    console = make_console()
    if result.evaluation:
        found = result.evaluation
        values = {"wrong": f"{found.wrong:,}", "count": f"{len(found):,}", "seconds": f"{result.seconds:.0f}"}
        values |= {"error": f"{found.error:.2f}", "accuracy": f"{found.accuracy:.2f}"}
        console.print(say("train.result", **values), style="bold")
    if result.change:
        for line in format_change(result.change):
            console.print(line, soft_wrap=True)
    if result.folder:
        console.print(say("train.files", path=result.folder), soft_wrap=True)
        network = result.folder / "network.safetensors"
        console.print(say("train.next", network=network), soft_wrap=True)
    for fault in diagnose(result):
        console.print(say("train.fault", sentence=fault), style="bold", soft_wrap=True)


def format_change(change: Change) -> Iterator[str]:
    """What a training changed in a network, in sentences."""
    for name, comparison in (("own", change.own), ("mnist", change.mnist)):
        if comparison:
            values = {"count": f"{len(comparison.before):,}"}
            for when, found in comparison._asdict().items():
                values |= {when: f"{found.error:.2f}", f"wrong_{when}": f"{found.wrong:,}"}
            yield say(f"further.{name}", **values)
    if change.why:
        yield say("further.not_measured", reason=change.why)
    count = len(change.own.before)
    if count < FEW:
        yield say("further.few", count=count, points=f"{100 / count:.1f}")


def diagnose(result: Result) -> list[Fault]:
    """Look for faults in a training and its network; an empty list if there are none."""
    from lenet.training.diagnosis import find_faults

    recipe, network = result.settings.recipe, result.network
    return find_faults(
        result.history,
        recipe.batch,
        # the other losses have no level that a constant answer would keep to
        math.log(network.architecture.classes) if recipe.loss == "cross-entropy" else None,
        network,
        result.start,
        result.splits.train.images[:DIAGNOSED],
        len(result.splits.validation),
    )
