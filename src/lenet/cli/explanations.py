"""Explanations for JSON: a recognition, a unit, a step of learning, the distortions."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from lenet.answer import Answer
from lenet.architecture import LAYER_NAMES
from lenet.explain.distortions import RECIPE, Distortions
from lenet.explain.learning import LearningStep
from lenet.explain.recognition import Recognition
from lenet.explain.unit import Unit


def describe_recognition(recognition: Recognition) -> dict[str, Any]:
    """The answer and the doubt about it, the penalties, the state of F6, shape and range of every layer."""
    states = {name: recognition.states[name] for name in ("input", *LAYER_NAMES)}
    layers = {
        name: {
            "shape": list(array.shape),
            "smallest": float(array.min()),
            "mean": float(array.mean()),
            "largest": float(array.max()),
        }
        for name, array in states.items()
    }
    penalties = zip(recognition.labels, recognition.penalties.tolist(), strict=True)
    return {
        "label": recognition.labels[recognition.answer],
        **_describe_doubt(recognition.answered),
        "penalties": dict(penalties),
        "layers": layers,
        "f6": recognition.states["f6"].reshape(12, 7),
    }


def _describe_doubt(answer: Answer | None) -> dict[str, Any]:
    if answer is None:
        return {}
    values = ("verdict", "reason", "confidence", "second")
    return {name: getattr(answer, name) for name in values}


def describe_unit(unit: Unit) -> dict[str, Any]:
    """The arithmetic of a unit."""
    return {
        "unit": str(unit.position),
        "kind": unit.kind,
        "receptive_fields": {name: asdict(field) for name, field in unit.fields.items()},
        "reads": [asdict(term) | {"total": term.total} for term in unit.terms],
        "coefficient": unit.coefficient,
        "bias": unit.bias,
        "sum": unit.sum,
        "state": unit.state,
    }


def describe_step(step: LearningStep) -> dict[str, Any]:
    """Losses, gradients and penalties of a step of learning, before and after."""
    kernel = zip(("before", "gradient", "after"), step.show_kernel(), strict=True)
    penalties = zip(
        step.before.labels, step.before.penalties.tolist(), step.after.penalties.tolist(), strict=True
    )
    return {
        "target": step.before.labels[step.target],
        "loss": asdict(step.loss),
        "rate": step.rate,
        "losses": dict(zip(("before", "after"), step.losses, strict=True)),
        "layers": [asdict(layer) for layer in step.layers],
        "kernel": {"layer": "c1", "map": step.kernel, **dict(kernel)},
        "penalties": {label: {"before": old, "after": new} for label, old, new in penalties},
    }


def describe_distortions(distortions: Distortions) -> dict[str, Any]:
    """The affine maps of figure 7 and ours, with their ranges."""
    ranges = {name: {"published": theirs, "ours": own} for name, (theirs, own) in distortions.ranges.items()}
    return {
        "recipe": RECIPE,
        "ranges": ranges,
        "published": distortions.published,
        "ours": distortions.ours,
    }
