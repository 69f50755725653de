"""A network: an architecture, its parameters and the names of its classes; loaded, saved, asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import Any, Self, overload

import numpy as np

from lenet.architecture import Architecture
from lenet.codes import DIGITS
from lenet.doubt import Calibration, Reason, Verdict, decide, load_judge, weigh
from lenet.engines import Model, get_engine
from lenet.engines.inputs import check_targets
from lenet.errors import ArchitectureError, FileError, NetworkFileError, ShapeError, UsageError
from lenet.images.normalize import find_digit
from lenet.images.open import Picture, is_one, open_picture
from lenet.parameters import Parameters
from lenet.storage import load_arrays, save_arrays
from lenet.texts import say
from lenet.trace import Trace

BUNDLED = ("1998", "best")


@dataclass(frozen=True)
class Answer:
    """What the network says of one picture.

    Args:
        label: the class with the smallest penalty.
        penalty: its penalty; for the RBF output the squared distance of F6's state to its code.
        second: the class with the second smallest penalty.
        margin: how much larger the second penalty is; near 0 the answer is a coin's toss.
        penalties: the penalty of every class, by label.
        image: (28, 28) uint8, the picture as the network was given it.
        confidence: how probable it is that the label is right, 0 to 1; None where the network's card holds no
            calibration.
        verdict: "digit": the label stands; "unsure"; or "none": no digit is in the picture, and the label is
            merely the nearest.
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

    @property
    def why(self) -> str:
        """The reason as a sentence in the reader's language; empty where the label stands."""
        return say(f"doubt.{self.reason}", label=self.label, second=self.second) if self.reason else ""


@dataclass(frozen=True, eq=False)
class Network:
    """A network that can be asked.

    Args:
        architecture: what it is.
        parameters: its trained numbers.
        labels: the name of each class, in the order of the outputs.
        card: what is known of it: recipe, data, measured error.
        engine: which engine runs it; "auto" for the fastest at hand.
    Raises:
        ShapeError: not one label for each class, or parameters of another architecture.
    """

    architecture: Architecture
    parameters: Parameters = field(repr=False)
    labels: tuple[str, ...]
    card: Mapping[str, Any] = field(default_factory=dict, repr=False)
    engine: str = "auto"

    def __post_init__(self) -> None:
        classes = self.architecture.classes
        if len(self.labels) != classes or len(set(self.labels)) != classes:
            raise ShapeError("network.labels", labels=", ".join(map(str, self.labels)), classes=classes)
        if self.parameters.architecture != self.architecture:
            raise ShapeError("network.parameters")

    @classmethod
    def load(cls, source: str | Path = "1998", engine: str = "auto") -> Self:
        """Read a network by the name of a bundled one, or from a file.

        Args:
            source: one of `BUNDLED`, or a `.safetensors` file that `save` wrote.
            engine: which engine runs it.
        Raises:
            FileError: absent, damaged, or not a network of ours.
        """
        path = (
            Path(str(files("lenet.weights") / f"{source}.safetensors")) if source in BUNDLED else Path(source)
        )
        try:
            arrays, metadata = load_arrays(path)
        except FileError as error:
            if error.key == "file.absent" and path.suffix != ".safetensors":
                raise UsageError("network.absent", name=source, names=", ".join(BUNDLED)) from error
            raise
        try:
            architecture = Architecture.from_dict(metadata["architecture"])
            labels, card = tuple(metadata["labels"]), dict(metadata["card"])
            Calibration.from_card(card)
            if not all(isinstance(label, str) for label in labels):
                raise TypeError("labels")
            return cls(architecture, Parameters(architecture, arrays), labels, card, engine)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            reason = error if isinstance(error, ArchitectureError | ShapeError) else repr(error)
            raise NetworkFileError("network.damaged", path=path, reason=reason) from error

    def save(self, path: str | Path) -> None:
        """Write the network to a `.safetensors` file; equal networks give equal bytes.

        Raises:
            FileError: the file cannot be written.
        """
        save_arrays(Path(path), self.parameters, self.metadata)

    @property
    def metadata(self) -> dict[str, Any]:
        """What a file says of the network beside its arrays."""
        return {
            "architecture": self.architecture.to_dict(),
            "labels": list(self.labels),
            "card": dict(self.card),
        }

    def __getstate__(self) -> dict[str, Any]:
        # an engine's own memory does not travel between processes: it is made again there
        return {name: value for name, value in self.__dict__.items() if name not in ("model", "_judge")}

    @cached_property
    def model(self) -> Model:
        """The network as the engine holds it."""
        return get_engine(self.engine).load(self.architecture, self.parameters)

    @cached_property
    def calibration(self) -> Calibration | None:
        """How its penalties become probabilities, from its card; None where the card does not say."""
        return Calibration.from_card(self.card)

    def judge(self, images: np.ndarray) -> np.ndarray | None:
        """What the judge says of the same images.

        Args:
            images: as for `penalties`, on fields of 32x32.
        Returns:
            (N, 11): the judge's penalties for 0 to 9 and for what is no digit; None beside a network whose
            classes are not the ten digits.
        """
        return self._judge.penalties(images) if self.labels == DIGITS else None

    @cached_property
    def _judge(self) -> Model:
        return load_judge(self.engine)

    def penalties(self, images: np.ndarray) -> np.ndarray:
        """The penalty of every class, the smallest of which wins.

        Args:
            images: uint8 (N, 28, 28) as MNIST stores them, or floating point (N, 1, 32, 32) as the network
                sees them; larger fields too, 4 pixels at a time.
        Returns:
            (N, classes); (N, classes, h, w) on fields larger than 32x32.
        Raises:
            ShapeError: images that the network does not fit.
        """
        return self.model.penalties(images)

    def check_labels(self, images: np.ndarray, labels: np.ndarray) -> None:
        """Refuse labels that do not belong to these images and this network.

        Args:
            images: (N, ...), N at least 1.
            labels: (N,) integers, indices into `self.labels`.
        Raises:
            ShapeError: no images, not one integer for each image, or a label that is not a class.
        """
        if not len(images) or labels.shape != (len(images),) or labels.dtype.kind not in "iu":
            raise ShapeError("evaluation.labels", images=len(images), labels=f"{labels.shape} {labels.dtype}")
        check_targets(self.architecture, labels, len(images))

    def trace(self, image: np.ndarray, sums: bool = False) -> Trace:
        """The states of all layers for one image.

        Args:
            image: uint8 (28, 28) as MNIST stores it, or floating point (1, 32, 32) as the network sees it.
            sums: also the sums before squashing, as "c1.sum" and so on.
        Raises:
            ShapeError: an image that the network does not fit.
        """
        states = self.model.trace(np.asarray(image)[None], sums)
        return Trace({name: array[0] for name, array in states.items()}, self.labels)

    @overload
    def recognize(self, pictures: Picture) -> Answer: ...  # type: ignore[overload-overlap]  # a path is also a str of str
    @overload
    def recognize(self, pictures: Iterable[Picture]) -> list[Answer]: ...
    def recognize(self, pictures: Picture | Iterable[Picture]) -> Answer | list[Answer]:
        """Read the digit in a person's picture, or in each of several.

        The bundled network that reads them best is `lenet.load("best")`, the default of `lenet recognize`.

        Args:
            pictures: a path, a PIL image, or an array of uint8, (H, W) or (H, W, 1, 3 or 4); or many of them.
        Returns:
            One `Answer`, or a list of them. A blank picture is answered, too: its verdict is "none".
        Raises:
            PictureError: a file that is no picture.
            ShapeError: an array that is no picture.
        """
        one = is_one(pictures)
        found = [find_digit(open_picture(picture)) for picture in ([pictures] if one else pictures)]  # type: ignore[union-attr]
        if not found:
            return []
        answers = self.answer(np.stack([find.digit for find in found]), [find.others for find in found])
        return answers[0] if one else answers

    def answer(self, images: np.ndarray, others: Sequence[int] | None = None) -> list[Answer]:
        """What the network says of images that have MNIST's form already.

        Args:
            images: (N, 28, 28) uint8, ink 255 on background 0.
            others: how many marks each picture has beside this one; none by default.
        Raises:
            ShapeError: images of another form.
        """
        others = [0] * len(images) if others is None else others
        penalties = self.penalties(images).astype(float)
        if penalties.ndim != 2:
            raise ShapeError("evaluation.field", shape=images.shape)
        weighed = self._weigh(images, penalties)
        sure = self.calibration.sure if self.calibration else 0.0
        ranks = np.argsort(penalties, axis=1, kind="stable")
        answers = []
        for index, (row, (first, second)) in enumerate(zip(penalties.tolist(), ranks[:, :2], strict=True)):
            probabilities = None if weighed is None else weighed[index]
            doubt = decide(probabilities, first, sure, others[index], not images[index].any())
            answers.append(
                Answer(
                    label=self.labels[first],
                    penalty=row[first],
                    second=self.labels[second],
                    margin=row[second] - row[first],
                    penalties=dict(zip(self.labels, row, strict=True)),
                    image=images[index],
                    **doubt._asdict(),
                )
            )
        return answers

    def _weigh(self, images: np.ndarray, penalties: np.ndarray) -> np.ndarray | None:
        if self.calibration is None:
            return None
        judged = None if self.calibration.judge is None else self.judge(images)
        return weigh(penalties, judged, self.calibration)

    def _repr_html_(self) -> str:
        line, error = say("notebook.network", count=f"{self.parameters.count:,}"), self.card.get("test_error")
        if isinstance(error, float):
            data = escape(str(self.card.get("data")))
            line = say("notebook.measured", network=line, error=f"{error:.2f}", data=data)
        return f"<p>{line}</p>{self.architecture._repr_html_()}"


def load(source: str | Path = "1998", engine: str = "auto") -> Network:
    """Read a network by the name of a bundled one, or from a file; see `Network.load`."""
    return Network.load(source, engine)
