"""Compare the answers of a C file that reads pictures with those of `Network.recognize`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from lenet.answer import Answer
from lenet.export.compiler import compile_c, list_compilers, name_compiler, run_program
from lenet.export.verify import Verification, compare
from lenet.network import Network
from lenet.texts import say

READ = 1000  # pictures at most
LARGER = 3  # times as large as the images that they are made of
MARGIN = 20  # pixels of paper around them
PAPER = 230  # grey level
EXACT = "-DLENET_EXACT"  # darkness as doubles, the digits those of Python bit by bit
OPTIONS = ("-O2", "-ffp-contract=off", "-DLENET_MAIN", "-lm")


@dataclass(frozen=True)
class Reading:
    """What the program of a C file prints for a picture.

    Args:
        label, verdict, reason: as those of an `Answer`; the verdict is "uncalibrated" without a calibration.
        confidence: 0 to 1; -1 without a calibration.
        penalties: (classes,) float32.
    """

    label: str
    verdict: str
    reason: str | None
    confidence: float
    penalties: np.ndarray

    def tells(self, answer: Answer) -> bool:
        """Whether label, verdict and reason are those of an answer."""
        verdict = (
            "uncalibrated" if answer.confidence is None and answer.verdict == "digit" else answer.verdict
        )
        return (self.label, self.verdict, self.reason) == (answer.label, verdict, answer.reason)


def verify_reader(network: Network, images: np.ndarray, path: Path) -> Iterator[Verification]:
    """Compare a C file that reads pictures with `Network.recognize`, on pictures that need their clean-up.

    Args:
        network: the exported network.
        images: (N, 28, 28) uint8; the first `READ` become pictures, larger and dark on light.
        path: the C file.
    Yields:
        One verification per compiler. Its relative difference is that of the confidences where it is larger.
    Raises:
        FileError: a C compiler rejects the file.
    """
    compilers = list_compilers()
    if not compilers:
        yield Verification(path.name, "", skipped=say("export.no_compiler"))
        return
    pictures = [draw_picture(image) for image in images[:READ]]
    answers = replace(network, engine="reference").recognize(pictures)
    expected = np.array([list(answer.penalties.values()) for answer in answers])
    sure = np.array([-1.0 if answer.confidence is None else answer.confidence for answer in answers])
    for command in compilers:
        readings = read_pictures(path, command, pictures, len(network.labels))
        found = compare(
            network,
            expected,
            path.name,
            name_compiler(command),
            np.array([reading.penalties for reading in readings]),
        )
        gap = float(np.abs(np.array([reading.confidence for reading in readings]) - sure).max())
        yield replace(found, relative=max(found.relative, gap))


def draw_picture(image: np.ndarray) -> np.ndarray:
    """An image in MNIST's form as a picture: three times as large, dark ink on light paper."""
    ink = image.repeat(LARGER, 0).repeat(LARGER, 1).astype(int)
    paper = np.pad(PAPER - ink * PAPER // 255, MARGIN, constant_values=PAPER)
    return paper.astype(np.uint8)


def read_pictures(
    source: Path, command: list[str], pictures: Iterable[np.ndarray], classes: int, *options: str
) -> list[Reading]:
    """Compile a C file that reads pictures, and let its program read some.

    Args:
        source: the C file.
        command: the compiler's command.
        pictures: (H, W) uint8 each, black 0.
        classes: of the network.
        options: of the compiler, further ones.
    Raises:
        FileError: the compiler rejects the file, or the program fails.
    """
    with TemporaryDirectory() as folder:
        program = Path(folder, "lenet5")
        compile_c(source, program, command, *OPTIONS, *options)
        lines = run_program(program, b"".join(map(pack_pgm, pictures))).decode().splitlines()
    return [_parse_line(line, classes) for line in lines]


def pack_pgm(picture: np.ndarray) -> bytes:
    """A picture (H, W) uint8 as a PGM file."""
    return b"P5 %d %d 255\n" % picture.shape[::-1] + picture.tobytes()


def _parse_line(line: str, classes: int) -> Reading:
    # a label may hold spaces
    label, verdict, reason, confidence, *penalties = line.rsplit(" ", classes + 3)
    found = None if reason == "-" else reason
    return Reading(label, verdict, found, float(confidence), np.array(penalties, np.float32))
