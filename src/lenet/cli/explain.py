"""`lenet explain`: one recognition, one unit, one training step, or the distortions, number by number."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import typer

from lenet.cli.options import json_option
from lenet.cli.output import make_console, print_json, print_lines
from lenet.errors import UsageError
from lenet.texts import get_language, say

if TYPE_CHECKING:
    import numpy as np

    from lenet.drawing.drawing import Drawing
    from lenet.explain.distortions import Distortions
    from lenet.explain.learning import LearningStep
    from lenet.explain.recognition import Recognition
    from lenet.explain.unit import Unit
    from lenet.network import Network

UNTRAINED = "untrained"
Explained: TypeAlias = "tuple[dict[str, Any], Iterator[str], Callable[[str], Drawing]]"
Steps: TypeAlias = "list[tuple[str, np.ndarray]]"


def explain(
    image: Annotated[str | None, typer.Argument(metavar="IMAGE", help=say("explain.image"))] = None,
    sample: Annotated[int | None, typer.Option(metavar="0-9", help=say("explain.sample"))] = None,
    picture: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help=say("explain.picture"))
    ] = None,
    unit: Annotated[
        str | None, typer.Option(metavar="LAYER:MAP:ROW,COLUMN", help=say("explain.unit"))
    ] = None,
    learn: Annotated[bool, typer.Option("--learn", help=say("explain.learn"))] = False,
    distortions: Annotated[bool, typer.Option("--distortions", help=say("explain.distortions"))] = False,
    label: Annotated[str | None, typer.Option(metavar="0-9", help=say("explain.label"))] = None,
    rate: Annotated[float | None, typer.Option(metavar="X", help=say("explain.rate"))] = None,
    network: Annotated[
        str | None, typer.Option(metavar=f"1998|best|{UNTRAINED}|FILE", help=say("explain.network"))
    ] = None,
    as_json: Annotated[bool, json_option()] = False,
) -> None:
    """Explain a recognition or, with an option, one unit of it, one training step, or the distortions."""
    from lenet.drawing.write import check_suffix

    if (unit is not None) + learn + distortions > 1:
        raise UsageError("explain.one_of")
    if not learn and (label is not None or rate is not None):
        raise UsageError("explain.only_learn")
    if picture:
        check_suffix(picture)
    if distortions:
        if network is not None:
            raise UsageError("explain.no_network")
        _show(*_distort(image, sample), picture, as_json)
        return
    name = network or (UNTRAINED if learn else "1998")
    loaded = _load_network(name)
    source, steps = _read_steps(image, sample)
    digit = steps[-1][1]
    if learn:
        chosen = label if label is not None else None if sample is None else str(sample)
        described, lines, compose = _learn(loaded, digit, chosen, rate)
    elif unit:
        described, lines, compose = _work_out(loaded, digit, unit)
    else:
        described, lines, compose = _recognize(loaded, steps)
    _show({"network": name, "file": source, **described}, lines, compose, picture, as_json)


def _show(
    described: dict[str, Any],
    lines: Iterator[str],
    compose: Callable[[str], Drawing],
    picture: Path | None,
    as_json: bool,
) -> None:
    if picture:
        _draw(compose, picture)
        described["picture"] = str(picture)
    if as_json:
        print_json(described)
        return
    print_lines(lines)
    if not picture:
        print_lines(["", say("explain.more_picture")])


def _load_network(name: str) -> Network:
    if name == UNTRAINED:
        from lenet.architecture import ORIGINAL
        from lenet.explain.learning import make_untrained

        return make_untrained(ORIGINAL)
    from lenet.network import Network

    return Network.load(name)


def _read_steps(image: str | None, sample: int | None) -> tuple[str, Steps]:
    """The source of the picture, and the steps that turn it into a digit in MNIST's format."""
    from lenet.images.normalize import steps
    from lenet.images.read import read_picture
    from lenet.reading.recognize import read_standard_input
    from lenet.samples import sample_path

    if (image is None) == (sample is None):
        raise UsageError("explain.source")
    if image == "-":
        return "-", list(steps(read_picture(read_standard_input())))
    path = Path(image) if image is not None else sample_path(sample if sample is not None else -1)
    return str(path), list(steps(read_picture(path)))


def _draw(compose: Callable[[str], Drawing], path: Path) -> None:
    from lenet.drawing.write import write_picture

    language = write_picture(compose, path)
    message = say("explain.drawn", path=path)
    if language != get_language():
        message += f"\n{say('pictures.no_chinese_font')}"
    make_console(stderr=True).print(message, soft_wrap=True)


def _recognize(network: Network, steps: Steps) -> Explained:
    from lenet.explain.recognition import compose_recognition, trace_recognition

    picture = steps[0][1] if len(steps) > 1 else None
    recognition = trace_recognition(network, steps[-1][1], picture)
    described = describe_recognition(recognition) | {
        "steps": [{"name": name, "height": shape[0], "width": shape[1]} for name, shape in _size(steps)]
    }
    return described, write_recognition(recognition, steps), partial(compose_recognition, recognition)


def _size(steps: Steps) -> list[tuple[str, tuple[int, ...]]]:
    return [(name, shown.shape) for name, shown in steps]


def describe_recognition(recognition: Recognition) -> dict[str, Any]:
    """The answer, the outputs of F6 and the range of each layer's outputs, for JSON."""
    from lenet.architecture import LAYER_NAMES

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
        "penalties": dict(penalties),
        "layers": layers,
        "f6": recognition.states["f6"].reshape(12, 7),
    }


def write_recognition(recognition: Recognition, steps: Steps) -> Iterator[str]:
    """The steps to the input, the input, each layer's range, F6 next to its code, the distances or logits."""
    from lenet.cli.states import draw_code, draw_image, draw_penalties, join_pictures, pad

    label, architecture = recognition.labels[recognition.answer], recognition.architecture
    yield say("explain.title", label=label)
    yield ""
    if len(steps) > 1:
        yield say("explain.steps")
        for name, (height, width) in _size(steps):
            yield f"    {f'{height} x {width}':>11}  {say(f'step.{name}')}"
        yield ""
    yield say("explain.input")
    yield ""
    yield from draw_image(steps[-1][1])
    yield ""
    yield say("explain.ranges")
    for name, layer in describe_recognition(recognition)["layers"].items():
        if name != "output":
            title = say("pictures.input") if name == "input" else name.upper()
            shape = " x ".join(map(str, layer["shape"]))
            yield f"    {pad(title, 6)} {shape:<12} {layer['smallest']:7.3f} ... {layer['largest']:6.3f}"
    yield ""
    values = dict(zip(recognition.labels, recognition.penalties.tolist(), strict=True))
    if architecture.output == "rbf":
        nearest, paper = architecture.codes[recognition.answer], float(architecture.codes.min())
        yield say("demo.f6", label=label)
        yield ""
        yield from join_pictures(draw_code(recognition.states["f6"], paper), draw_code(nearest, paper))
        yield ""
        yield say("demo.distances")
        yield from draw_penalties(values)
        return
    yield say("explain.logits")
    for name, value in values.items():
        mark = f" <- {say('explain.largest_answer')}" if name == label else ""
        yield f"    {name} {-value:9.3f}{mark}"


def _work_out(network: Network, digit: np.ndarray, text: str) -> Explained:
    from lenet.cli.numbers import write_unit
    from lenet.explain.recognition import trace_recognition
    from lenet.explain.unit import parse_place, work_out
    from lenet.explain.unit_picture import compose_unit

    architecture = network.architecture
    place = parse_place(text, architecture)
    recognition = trace_recognition(network, digit)
    unit = work_out(recognition, network.parameters, place)
    states = recognition.states[place.layer]
    engine = float(states[place.map, place.row, place.column] if states.ndim == 3 else states[place.map])
    if place.layer == "output" and architecture.output == "linear":
        engine = -engine  # the engine has penalties: a logit with its sign turned
    described = describe_unit(unit) | {"engine": engine}
    lines = write_unit(unit, architecture.activation, engine)
    return described, lines, partial(compose_unit, recognition, unit)


def describe_unit(unit: Unit) -> dict[str, Any]:
    """The arithmetic of a unit, for JSON."""
    from dataclasses import asdict

    return {
        "unit": str(unit.place),
        "kind": unit.kind,
        "sees": {name: asdict(field) for name, field in unit.fields.items()},
        "reads": [asdict(term) | {"total": term.total} for term in unit.terms],
        "coefficient": unit.coefficient,
        "bias": unit.bias,
        "sum": unit.sum,
        "state": unit.state,
    }


def _learn(network: Network, digit: np.ndarray, label: str | None, rate: float | None) -> Explained:
    from lenet.cli.numbers import write_step
    from lenet.explain.learning import take_step
    from lenet.explain.learning_picture import choose_classes, compose_step

    if label is None:
        raise UsageError("explain.label_missing")
    if label not in network.labels:
        raise UsageError("explain.label_unknown", value=label, labels=", ".join(network.labels))
    if rate is not None and not 0 < rate < float("inf"):
        raise UsageError("recipe.range", name="--rate", value=rate, range="> 0")
    step = take_step(network, digit, network.labels.index(label), rate)
    return describe_step(step), write_step(step, choose_classes(step)), partial(compose_step, step)


def describe_step(step: LearningStep) -> dict[str, Any]:
    """A training step, for JSON."""
    from dataclasses import asdict

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


def _distort(image: str | None, sample: int | None) -> Explained:
    import numpy as np

    from lenet.explain.distortions import ROWS, compare_distortions, compose_distortions
    from lenet.images.normalize import normalize_digit
    from lenet.samples import read_sample

    if image is None and sample is None:
        source, digits = None, np.stack([normalize_digit(read_sample(digit)) for digit in range(ROWS)])
    else:
        source, steps = _read_steps(image, sample)
        digits = np.repeat(steps[-1][1][None], ROWS, axis=0)
    distortions = compare_distortions(digits)
    described = {"file": source, **describe_distortions(distortions)}
    return described, write_distortions(distortions), partial(compose_distortions, distortions)


def describe_distortions(distortions: Distortions) -> dict[str, Any]:
    """Both sets of transforms and their ranges, for JSON."""
    from lenet.explain.distortions import RECIPE

    ranges = {name: {"published": theirs, "ours": own} for name, (theirs, own) in distortions.ranges.items()}
    return {
        "recipe": RECIPE,
        "ranges": ranges,
        "published": distortions.published,
        "ours": distortions.ours,
    }


def write_distortions(distortions: Distortions) -> Iterator[str]:
    """The range of each kind of distortion, in figure 7 and in ours."""
    from rich.cells import cell_len

    from lenet.cli.states import pad
    from lenet.explain.distortions import RECIPE

    yield say("explain.distortions_title")
    yield ""
    names = {name: say(f"explain.amount_{name}") for name in distortions.ranges}
    width = max(map(cell_len, names.values()))
    yield f"    {pad('', width)}    {pad(say('explain.figure_7'), 16)}  {RECIPE}"
    for name, both in distortions.ranges.items():
        theirs, own = (f"{low:5.2f} ... {high:5.2f}" for low, high in both)
        yield f"    {pad(names[name], width)}    {theirs:<16}  {own}"
    yield ""
    yield say("explain.distortions_note")
