"""How far an answer can be trusted: its confidence, and when to say "not certain" or "no digit found".

The network of 1998 has no class for what is no digit. A second LeNet-5, the judge, has: it was trained on
digits and on letters, scribbles and pieces of photographs, and is asked beside networks of the ten digits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from importlib.resources import files
from math import isfinite
from pathlib import Path
from typing import Any, Literal, NamedTuple, Self, TypeAlias

import numpy as np

from lenet.architecture import Architecture
from lenet.engines import Model, get_engine
from lenet.parameters import Parameters
from lenet.storage import load_arrays

Verdict: TypeAlias = Literal["digit", "unsure", "none"]
Reason: TypeAlias = Literal["blank", "marks", "foreign", "between"]

SURE = 0.8  # the confidence from which a digit of a number is trusted, where the network's card names none
LEAST_PROBABILITY = 1e-9  # of a class of a piece of ink
MOST_SHOWN = 0.999  # of a confidence
RUBBISH = "none"  # the judge's eleventh class
JUDGE_FILE = Path(str(files("lenet.weights") / "judge.safetensors"))
SEGMENT_FILE = JUDGE_FILE.with_name("segment.safetensors")


@dataclass(frozen=True)
class Calibration:
    """How a network's penalties become probabilities, measured on validation images and kept in its card.

    Args:
        temperature: the network's penalties are divided by it, above 0.
        judge: the judge's penalties are divided by it, above 0; None if the judge is not used.
        rubbish: added to the judge's logit of "no digit", for which the network has no class.
        sure: the lowest confidence with which an answer is trusted, 0 to 1.
    Raises:
        ValueError: a number out of range.
    """

    temperature: float
    judge: float | None
    rubbish: float
    sure: float

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            if value is None and name == "judge":
                continue
            if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
                raise ValueError(f"{name} of the calibration: {value!r}")
        if self.temperature <= 0 or (self.judge is not None and self.judge <= 0) or not 0 <= self.sure <= 1:
            raise ValueError(f"calibration: {asdict(self)}")

    @classmethod
    def from_card(cls, card: Mapping[str, Any]) -> Self | None:
        """Read the calibration from a network's card; None if there is none.

        Raises:
            KeyError, TypeError, ValueError: a damaged card.
        """
        if "calibration" not in card:
            return None
        values = card["calibration"]
        return cls(**{field.name: values[field.name] for field in fields(cls)})


class Doubt(NamedTuple):
    """How far an answer can be trusted.

    Args:
        confidence: probability that the label is right, 0 to 1; None without a calibration.
        verdict: whether the label is trusted.
        reason: why it is not; None if it is.
    """

    confidence: float | None
    verdict: Verdict
    reason: Reason | None


def weigh(penalties: np.ndarray, judged: np.ndarray | None, calibration: Calibration) -> np.ndarray:
    """The probability of every class, and of none of them.

    Args:
        penalties: (N, classes), the network's.
        judged: (N, 11), the judge's penalties; None where it is not asked.
        calibration: of the network.
    Returns:
        (N, classes + 1), each row a sum of 1; the last column is 0 without the judge.
    Assumption:
        Given the class, what network and judge make of a picture counts as independent: logarithms add up.
    """
    logits = np.full((len(penalties), penalties.shape[1] + 1), -np.inf)
    logits[:, :-1] = take_logs(-penalties / calibration.temperature)
    if judged is not None and calibration.judge is not None:
        logs = take_logs(-judged / calibration.judge)
        logits[:, :-1] += logs[:, :-1]
        logits[:, -1] = logs[:, -1] + calibration.rubbish
    return np.exp(take_logs(logits))


def take_logs(logits: np.ndarray) -> np.ndarray:
    """The logarithms of the softmax of each row."""
    shifted = logits.astype(np.float64) - logits.max(axis=1, keepdims=True)
    logs: np.ndarray = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return logs


def decide(
    probabilities: np.ndarray | None, label: int, sure: float = 0.0, others: int = 0, blank: bool = False
) -> Doubt:
    """Whether an answer stands, and why not.

    Args:
        probabilities: (classes + 1,) from `weigh`; None without a calibration.
        label: the network's answer, a column of them.
        sure: the least confidence with which an answer stands.
        others: marks in the picture beside the one that was read.
        blank: whether nothing was found in it.
    """
    confidence = None if probabilities is None else 0.0 if blank else float(probabilities[label])
    if blank:
        return Doubt(confidence, "none", "blank")
    refused = confidence is not None and confidence < sure
    none = 0.0 if probabilities is None else float(probabilities[-1])
    if refused and none >= 0.5:
        return Doubt(confidence, "none", "foreign")
    if others:
        return Doubt(confidence, "unsure", "marks")
    if refused and probabilities is not None:
        second = float(np.sort(probabilities[:-1])[-2])
        return Doubt(confidence, "unsure", "foreign" if none > second else "between")
    return Doubt(confidence, "digit", None)


def format_confidence(confidence: float) -> str:
    """A confidence as people read it: one decimal, and never 100%, which no test set can show.

    Args:
        confidence: 0 to 1.
    """
    return f"{100 * min(confidence, MOST_SHOWN):.1f}%"


def adapt_calibration(calibration: Calibration | None, output: str) -> tuple[Calibration, Calibration]:
    """The calibration for reading numbers: beside the network of pieces, and beside the judge.

    Args:
        calibration: of the network; None where its card has none.
        output: of its architecture.
    Assumption:
        Without a calibration the penalties are taken as the recipes' losses take them: distances times 0.1,
        logits as they are.
    """
    own = calibration or Calibration(10.0 if output == "rbf" else 1.0, None, 0.0, SURE)
    pieces, whole = (
        replace(own, judge=temperature, rubbish=rubbish)
        for temperature, rubbish in map(_load_card, (SEGMENT_FILE, JUDGE_FILE))
    )
    return pieces, whole


def take_penalties(penalties: np.ndarray, judged: np.ndarray, calibration: Calibration) -> np.ndarray:
    """The negative logarithm of the probability of every class, and of none of them.

    Args:
        penalties: (N, classes), the network's.
        judged: (N, 11), those of the network of pieces.
        calibration: of the network.
    Returns:
        (N, classes + 1), finite.
    """
    weighed = weigh(penalties.astype(np.float64), judged, calibration)
    logs: np.ndarray = -np.log(np.maximum(weighed, LEAST_PROBABILITY))
    return logs


def load_judge(engine: str) -> Model:
    """The judge, ready to run.

    Raises:
        FileError: its file is absent or damaged.
    """
    return _load_model(JUDGE_FILE, engine)


def load_segmenter(engine: str) -> Model:
    """The network of pieces, which knows a whole digit from a part of one and from two, ready to run.

    Raises:
        FileError: its file is absent or damaged.
    """
    return _load_model(SEGMENT_FILE, engine)


def _load_model(path: Path, engine: str) -> Model:
    arrays, metadata = load_arrays(path)
    architecture = Architecture.from_dict(metadata["architecture"])
    return get_engine(engine).load(architecture, Parameters(architecture, arrays))


def load_judge_card() -> tuple[float, float]:
    """The judge's own temperature, and what is added to its logit of what is no digit.

    Raises:
        FileError: its file is absent or damaged.
    """
    return _load_card(JUDGE_FILE)


def _load_card(path: Path) -> tuple[float, float]:
    card = load_arrays(path)[1]["card"]
    return card["temperature"], card["rubbish"]
