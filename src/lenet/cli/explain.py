"""`lenet explain`: a recognition layer by layer, one unit, one step of learning, the distortions of 1998."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import typer

from lenet.cli.options import json_option
from lenet.cli.output import draw_picture, print_json, print_lines
from lenet.errors import UsageError
from lenet.texts import say

if TYPE_CHECKING:
    import numpy as np

    from lenet.answer import Answer
    from lenet.drawing.drawing import Drawing
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
    label: Annotated[str | None, typer.Option(metavar="LABEL", help=say("explain.label"))] = None,
    rate: Annotated[float | None, typer.Option(metavar="X", help=say("explain.rate"))] = None,
    network: Annotated[
        str | None, typer.Option(metavar=f"1998|best|{UNTRAINED}|FILE", help=say("explain.network"))
    ] = None,
    as_json: Annotated[bool, json_option()] = False,
) -> None:
    """Explain a recognition or, with an option, one unit of it, one training step, or the distortions."""
    from lenet.drawing.write import check_drawing_suffix

    if (unit is not None) + learn + distortions > 1:
        raise UsageError("explain.one_of")
    if not learn and (label is not None or rate is not None):
        raise UsageError("explain.only_learn")
    if picture:
        check_drawing_suffix(picture)
    if distortions:
        if network is not None:
            raise UsageError("explain.no_network")
        _show(*_distort(image, sample), picture, as_json)
        return
    name = network or (UNTRAINED if learn else "1998")
    loaded = _load_network(name)
    source, steps, answer = _read_steps(loaded, image, sample)
    digit = steps[-1][1]
    if learn:
        chosen = label if label is not None else None if sample is None else str(sample)
        described, lines, compose = _learn(loaded, digit, chosen, rate)
    elif unit:
        described, lines, compose = _work_out(loaded, digit, unit)
    else:
        described, lines, compose = _recognize(loaded, steps, name, answer)
    _show({"network": name, "file": source, **described}, lines, compose, picture, as_json)


def _show(
    described: dict[str, Any],
    lines: Iterator[str],
    compose: Callable[[str], Drawing],
    picture: Path | None,
    as_json: bool,
) -> None:
    if picture:
        draw_picture(compose, picture)
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


def _read_steps(network: Network, image: str | None, sample: int | None) -> tuple[str, Steps, Answer]:
    """The path, name and picture of each step to the digit that is read, and the answer to it."""
    from lenet.images.normalize import retrace
    from lenet.images.read import read_picture
    from lenet.reading.recognize import read_standard_input
    from lenet.samples import sample_path

    if (image is None) == (sample is None):
        raise UsageError("explain.source")
    if image == "-":
        source, picture = "-", read_picture(read_standard_input())
    else:
        path = Path(image) if image is not None else sample_path(sample if sample is not None else -1)
        source, picture = str(path), read_picture(path)
    answer = network.recognize(picture)
    return source, retrace(picture, answer.image), answer


def _recognize(network: Network, steps: Steps, name: str, answer: Answer) -> Explained:
    from lenet.cli.explanations import describe_recognition
    from lenet.cli.numbers import format_recognition
    from lenet.explain.recognition import compose_recognition, trace_recognition

    picture = steps[0][1] if len(steps) > 1 else None
    recognition = trace_recognition(network, steps[-1][1], picture, name, answer)
    described = describe_recognition(recognition) | {
        "steps": [{"name": name, "height": shown.shape[0], "width": shown.shape[1]} for name, shown in steps]
    }
    return described, format_recognition(recognition, steps), partial(compose_recognition, recognition)


def _work_out(network: Network, digit: np.ndarray, text: str) -> Explained:
    from lenet.cli.explanations import describe_unit
    from lenet.cli.numbers import format_unit
    from lenet.explain.recognition import trace_recognition
    from lenet.explain.unit import parse_position, work_out
    from lenet.explain.unit_picture import compose_unit

    architecture = network.architecture
    position = parse_position(text, architecture)
    recognition = trace_recognition(network, digit)
    unit = work_out(recognition, network.parameters, position)
    states = recognition.states[position.layer]
    engine = float(
        states[position.map, position.row, position.column] if states.ndim == 3 else states[position.map]
    )
    if position.layer == "output" and architecture.output == "linear":
        engine = -engine  # the engine has penalties: a logit with its sign turned
    described = describe_unit(unit) | {"engine": engine}
    lines = format_unit(unit, architecture.activation, engine)
    return described, lines, partial(compose_unit, recognition, unit)


def _learn(network: Network, digit: np.ndarray, label: str | None, rate: float | None) -> Explained:
    from lenet.cli.explanations import describe_step
    from lenet.cli.numbers import format_step
    from lenet.explain.learning import take_step
    from lenet.explain.learning_picture import choose_classes, compose_step

    if label is None:
        raise UsageError("explain.label_missing")
    if label not in network.labels:
        raise UsageError("explain.label_unknown", value=label, labels=", ".join(network.labels))
    if rate is not None and not 0 < rate < float("inf"):
        raise UsageError("recipe.range", name="--rate", value=rate, range="> 0")
    step = take_step(network, digit, network.labels.index(label), rate)
    return describe_step(step), format_step(step, choose_classes(step)), partial(compose_step, step)


def _distort(image: str | None, sample: int | None) -> Explained:
    import numpy as np

    from lenet.cli.explanations import describe_distortions
    from lenet.cli.numbers import format_distortions
    from lenet.explain.distortions import ROWS, compare_distortions, compose_distortions
    from lenet.images.normalize import normalize_digit
    from lenet.samples import read_sample

    if image is None and sample is None:
        source, digits = None, np.stack([normalize_digit(read_sample(digit)) for digit in range(ROWS)])
    else:
        source, steps, _ = _read_steps(_load_network("1998"), image, sample)
        digits = np.repeat(steps[-1][1][None], ROWS, axis=0)
    distortions = compare_distortions(digits)
    described = {"file": source, **describe_distortions(distortions)}
    return described, format_distortions(distortions), partial(compose_distortions, distortions)
