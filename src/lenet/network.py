"""A network: an architecture, its parameters and the names of its classes. It loads, saves and predicts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import Any, Self, overload

import numpy as np

from lenet.answer import Answer
from lenet.architecture import Architecture
from lenet.codes import DIGITS
from lenet.doubt import (
    Calibration,
    adapt_calibration,
    decide,
    load_judge,
    load_segmenter,
    take_penalties,
    weigh,
)
from lenet.engines import Model, get_engine_for
from lenet.engines.inputs import check_targets
from lenet.errors import ArchitectureError, FileError, NetworkFileError, ShapeError, UsageError
from lenet.images.normalize import Find, find_digits
from lenet.images.open import Picture, is_one, open_picture, open_sized, take_array
from lenet.parameters import Parameters, check_overflow
from lenet.segment.format import Format, parse_format
from lenet.segment.page import Page, make_single, may_be_one, read_page, resize_page
from lenet.storage import load_arrays, save_arrays
from lenet.texts import say
from lenet.trace import Trace

BUNDLED = ("1998", "best")
NOT_PICKLED = ("model", "_judge", "_segmenter")
FOREIGN_SUFFIXES = (".pt", ".pth", ".bin", ".h5", ".keras", ".onnx")


@dataclass(frozen=True, eq=False)
class Network:
    """A network with its parameters and labels, ready to recognize.

    Args:
        architecture: the architecture.
        parameters: the trained parameters.
        labels: the name of each class, in the order of the outputs.
        card: facts about the network: recipe, data, measured error.
        engine: name of the engine that runs it; "auto" for the fastest one available.
    Raises:
        ShapeError: not one label per class, or parameters of another architecture.
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
        for label in self.labels:
            if not isinstance(label, str) or not is_utf8(label):
                raise ShapeError("network.label_text", label=ascii(label))
        if self.parameters.architecture != self.architecture:
            raise ShapeError("network.parameters")

    @classmethod
    def load(cls, source: str | Path = "1998", engine: str = "auto") -> Self:
        """Load a bundled network by its name, or a network from a file.

        Args:
            source: one of `BUNDLED`, or a `.safetensors` file that `save` wrote.
            engine: name of the engine that runs it.
        Raises:
            FileError: absent, damaged, or not a network that `save` wrote.
        """
        path = (
            Path(str(files("lenet.weights") / f"{source}.safetensors")) if source in BUNDLED else Path(source)
        )
        try:
            arrays, metadata = load_arrays(path)
        except FileError as error:
            if error.key == "file.absent" and path.suffix != ".safetensors":
                raise UsageError("network.absent", name=str(source), names=", ".join(BUNDLED)) from error
            if path.suffix.lower() in FOREIGN_SUFFIXES:
                raise UsageError("network.foreign", path=path) from error
            raise
        try:
            architecture = Architecture.from_dict(metadata["architecture"])
            labels, card = tuple(metadata["labels"]), dict(metadata["card"])
            Calibration.from_card(card)
            parameters = Parameters(architecture, arrays)
            check_overflow(parameters)
            return cls(architecture, parameters, labels, card, engine)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            reason: object = repr(error)
            if isinstance(error, ArchitectureError | ShapeError):
                reason = error
            elif isinstance(error, KeyError):
                reason = say("network.no_key", name=error.args[0])
            raise NetworkFileError("network.damaged", path=path, reason=reason) from error

    def save(self, path: str | Path) -> None:
        """Write the network to a `.safetensors` file; equal networks give equal bytes.

        Raises:
            FileError: the file cannot be written.
            ShapeError: parameters so large that the outputs exceed float32.
        """
        check_overflow(self.parameters)
        save_arrays(Path(path), self.parameters, self.metadata)

    @property
    def metadata(self) -> dict[str, Any]:
        """Everything that a file has of the network, except its arrays."""
        return {
            "architecture": self.architecture.to_dict(),
            "labels": list(self.labels),
            "card": dict(self.card),
        }

    def __getstate__(self) -> dict[str, Any]:
        # an engine's own memory does not travel between processes: it is made again there
        return {name: value for name, value in self.__dict__.items() if name not in NOT_PICKLED}

    @cached_property
    def model(self) -> Model:
        """The network, loaded by its engine."""
        engine = get_engine_for(self.architecture, self.engine)
        return engine.load(self.architecture, self.parameters)

    @cached_property
    def calibration(self) -> Calibration | None:
        """The calibration in the network's card; None if there is none."""
        return Calibration.from_card(self.card)

    def judge(self, images: np.ndarray) -> np.ndarray | None:
        """Penalties of the judge, the network that knows what is no digit, for the same images.

        Args:
            images: as for `penalties`, on inputs of 32x32.
        Returns:
            (N, 11): penalties for 0 to 9 and for "no digit"; None if the classes of this network are not the
            ten digits.
        """
        return self._judge.penalties(images) if self.labels == DIGITS else None

    @cached_property
    def _judge(self) -> Model:
        return load_judge(self.engine)

    @cached_property
    def _segmenter(self) -> Model:
        return load_segmenter(self.engine)

    def penalties(self, images: np.ndarray) -> np.ndarray:
        """The penalty of every class; the smallest is that of the answer.

        Args:
            images: uint8 (N, 28, 28) as MNIST stores them, or floating point (N, 1, 32, 32) scaled for
                the input layer; inputs may be larger by multiples of 4 pixels.
        Returns:
            (N, classes); (N, classes, h, w) for inputs larger than 32x32.
        Raises:
            ShapeError: images of a shape or type that the network cannot take.
        """
        return self.model.penalties(images if isinstance(images, np.ndarray) else take_array(images))

    def check_labels(self, images: np.ndarray, labels: np.ndarray) -> None:
        """Check that labels belong to these images and this network.

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
            image: uint8 (28, 28) as MNIST stores it, or floating point (1, 32, 32) scaled for the input.
            sums: include the sums before the activation function, as "c1.sum" and so on.
        Raises:
            ShapeError: an image of a shape or type that the network cannot take.
        """
        states = self.model.trace(np.asarray(image)[None], sums)
        return Trace({name: array[0] for name, array in states.items()}, self.labels)

    @overload
    def recognize(self, pictures: Picture) -> Answer: ...  # type: ignore[overload-overlap]  # a path is also a str of str
    @overload
    def recognize(self, pictures: Iterable[Picture]) -> list[Answer]: ...
    def recognize(self, pictures: Picture | Iterable[Picture]) -> Answer | list[Answer]:
        """Recognize the digit in a picture, or in each of several pictures.

        The most accurate bundled network is `lenet.load("best")`, the default of `lenet recognize`.

        Args:
            pictures: a path, a PIL image, or an array of uint8, (H, W) or (H, W, 1, 3 or 4); or several.
        Returns:
            One `Answer`, or a list of them. A blank picture has the verdict "none".
        Raises:
            PictureError: a file that is not a picture.
            ShapeError: an array that is not a picture.
        """
        one = is_one(pictures)
        found = [find_digits(open_picture(picture)) for picture in ([pictures] if one else pictures)]  # type: ignore[union-attr]
        if not found:
            return []
        answers = self.choose(found)
        return answers[0] if one else answers

    def read(self, picture: Picture, format: str | None = None) -> Page:  # noqa: A002 - the option's name
        """Read the numbers in a picture: several digits, in one row or in many.

        Args:
            picture: as for `recognize`.
            format: the form that each number has, such as `dddd`, `d+` or `dd.dd.dddd`; None for any digits.
        Returns:
            A `Page`, empty where the picture shows no digit. Where it shows a single one, the answer is that
            of `recognize`.
        Raises:
            PictureError: a file that is not a picture, or more than 2,000 marks in it.
            ShapeError: an array that is not a picture.
            UsageError: a network of other classes than the ten digits, or a format that cannot be read.
        """
        if self.labels != DIGITS:
            raise UsageError("read.labels", labels=", ".join(self.labels))
        form = None if format is None else parse_format(format)
        pixels, size = open_sized(picture)
        pieces, whole = adapt_calibration(self.calibration, self.architecture.output)

        def ask(images: np.ndarray) -> np.ndarray:
            return take_penalties(self.penalties(images), self._segmenter.penalties(images), pieces)

        def refuse(images: np.ndarray) -> np.ndarray:
            return weigh(self.penalties(images), self._judge.penalties(images), whole)[:, -1]

        page = read_page(pixels, ask, refuse, form, pieces.sure)
        return resize_page(self._read_one(pixels, page, form) or page, size)

    def _read_one(self, pixels: np.ndarray, page: Page, form: Format | None) -> Page | None:
        """The page of a picture that shows one digit, as `recognize` answers; None if it shows several."""
        several = sum(len(row.digits) for row in page.rows) > 1
        if several and not may_be_one(page):
            return None
        answer = self.choose([find_digits(pixels)])[0]
        if several:  # two digits, or a letter
            return Page((), page.size) if answer.verdict == "none" else None
        if answer.reason == "marks" or (form and not form.accepts(answer.label)):
            return None
        if answer.verdict == "none":
            return Page((), page.size)
        return make_single(page, answer.label, answer.second, answer.confidence, answer.verdict == "digit")

    def choose(self, found: Sequence[Sequence[Find]]) -> list[Answer]:
        """The most confident answer for each picture that can be read in several ways.

        Args:
            found: for each picture at least one find, from `find_digits`.
        """
        finds = [find for ways in found for find in ways]
        answers = iter(self.answer(np.stack([find.digit for find in finds]), [find.others for find in finds]))
        # without a calibration no confidence tells: the likeliest way comes first
        return [
            max((next(answers) for _ in ways), key=lambda answer: answer.confidence or 0.0) for ways in found
        ]

    def pick(self, finds: Sequence[Find]) -> np.ndarray:
        """The image in which one picture is read, as `recognize` does.

        Args:
            finds: of the picture, from `find_digits`.
        Returns:
            (28, 28) uint8.
        """
        return self.choose([finds])[0].image if len(finds) > 1 else finds[0].digit

    @property
    def picker(self) -> Callable[[Sequence[Find]], np.ndarray] | None:
        """`pick`, for `load_dataset`; None if the classes of this network are not the ten digits."""
        return self.pick if self.labels == DIGITS else None

    def answer(self, images: np.ndarray, others: Sequence[int] | None = None) -> list[Answer]:
        """Answers for images that already have MNIST's form.

        Args:
            images: (N, 28, 28) uint8, ink 255 on background 0.
            others: number of further marks in each picture; 0 by default.
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


def is_utf8(text: str) -> bool:
    """Whether a text can be written as UTF-8: it holds no half of a surrogate pair."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def load(source: str | Path = "1998", engine: str = "auto") -> Network:
    """Load a bundled network by its name, or a network from a file; see `Network.load`."""
    return Network.load(source, engine)
