"""What a network says of one picture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape

import numpy as np

from lenet.doubt import Reason, Verdict, format_confidence
from lenet.texts import say
from lenet.trace import render_image


@dataclass(frozen=True)
class Answer:
    """The prediction of a network for one picture.

    Args:
        label: the class with the smallest penalty.
        penalty: its penalty; with the RBF output the squared distance between F6's state and its code.
        second: the class with the second smallest penalty.
        margin: difference between the second penalty and the smallest; near 0 the answer is a coin toss.
        penalties: the penalty of every class, by label.
        image: (28, 28) uint8, the picture as the network received it.
        confidence: probability that the label is right, 0 to 1; None if the network's card has no
            calibration.
        verdict: "digit": the label is trusted; "unsure"; or "none": the picture shows no digit, and the label
            is only the nearest.
        reason: why the verdict is not "digit": "blank"; "marks", several in one picture; "foreign", a letter
            or a scribble; or "between" two digits.
    """

    label: str
    penalty: float
    second: str
    margin: float
    penalties: Mapping[str, float]
    image: np.ndarray = field(repr=False, compare=False)
    confidence: float | None = None
    verdict: Verdict = "digit"
    reason: Reason | None = None

    def __repr__(self) -> str:
        confidence = None if self.confidence is None else format_confidence(self.confidence)
        first = f"label={self.label!r}, confidence={confidence}"
        return f"Answer({first}, second={self.second!r}, verdict={self.verdict!r})"

    def _repr_html_(self) -> str:
        cells = [say("recognize.digit"), escape(self.label), say("recognize.second"), escape(self.second)]
        if self.confidence is not None:
            cells += [say("recognize.confidence"), format_confidence(self.confidence)]
        if self.why:
            cells += [say("recognize.note"), escape(self.why)]
        rows = "".join(
            f"<tr><th>{name}</th><td>{value}</td></tr>"
            for name, value in zip(cells[::2], cells[1::2], strict=True)
        )
        image = render_image(255 - self.image, escape(self.label))
        return f"<table><tr><td rowspan={len(cells) // 2 + 1}>{image}</td></tr>{rows}</table>"

    @property
    def why(self) -> str:
        """The reason as a sentence in the user's language; empty if the verdict is "digit"."""
        return say(f"doubt.{self.reason}", label=self.label, second=self.second) if self.reason else ""
