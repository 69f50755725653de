"""A number read from a strip of ink: its digits along the cheapest path, and how far each can be trusted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, NamedTuple, TypeAlias

import numpy as np

from lenet.codes import DIGITS
from lenet.images.rows import Strip
from lenet.images.strokes import THICKEST, THINNEST, change_width, measure_width
from lenet.segment.cuts import ROW, Segment, find_cuts, list_segments, part_ink
from lenet.segment.format import ANY, SEPARATORS, Format
from lenet.segment.graph import SKIP, Edge, Path, Weights, find_paths, weigh_edges

SKIPPED = 110.0  # the cost of not reading ink that fills a square of the row height
LOWEST, LOWER = 0.6, 30.0  # a digit lower than this share of the row pays so much for what it lacks
SEPARATOR = 1.0  # the cost of taking a small mark in the right place for a separator
SHARPNESS = 0.75  # costs are multiplied by it before they become confidences
ALTERNATIVES = 24  # paths that are compared; different paths may give the same number
SHOWN = 3  # other numbers that are named
FOREIGN = 0.5  # probability of being no digit, from which a segment looks like none
MANY = 1 / 3  # of the digits: as many that look like none make the row none
DOUBTFUL = "?"

# of images, (N, 28, 28) uint8, the negative logarithms of the probability of 0 to 9 and of no digit, (N, 11)
Ask: TypeAlias = Callable[[np.ndarray], np.ndarray]
# of images likewise, the probability that each shows no digit at all, (N,)
Refuse: TypeAlias = Callable[[np.ndarray], np.ndarray]
Verdict: TypeAlias = Literal["number", "unsure", "none"]


class Place(NamedTuple):
    """A rectangle in the picture, in its pixels."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Found:
    """One digit, or separator, of a number.

    Args:
        label: what it is taken for.
        confidence: probability that it is right, 0 to 1.
        second: the next probable digit at this place; "" if there is none.
        box: where it is in the picture.
        sure: whether its confidence is high enough; of a separator, which the form demands, always.
        foreign: the judge's probability that this ink, taken alone, is no digit, 0 to 1.
    """

    label: str
    confidence: float
    second: str
    box: Place
    sure: bool
    foreign: float = 0.0


class Other(NamedTuple):
    """Another number that the same ink might be, and its confidence, 0 to 1."""

    number: str
    confidence: float


@dataclass(frozen=True)
class Row:
    """One number on a page.

    Args:
        likeliest: the number on the cheapest path.
        confidence: probability that it is right as a whole, 0 to 1.
        verdict: "number": each digit is trusted; "unsure": not every one; "none": no digit is.
        box: where it is in the picture.
        digits: what it consists of.
        others: the next probable numbers.
        line: the number of its line on the page, from 0; the cells of a table share it.
        cuts: the points of each cut, x and y in the picture, at which the ink could be parted.
    """

    likeliest: str
    confidence: float
    verdict: Verdict
    box: Place
    digits: tuple[Found, ...]
    others: tuple[Other, ...] = ()
    line: int = 0
    cuts: tuple[tuple[tuple[float, float], ...], ...] = field(default=(), repr=False)

    @property
    def number(self) -> str:
        """The number, with `?` for each digit that is not certain."""
        return "".join(found.label if found.sure else DOUBTFUL for found in self.digits)


def read_strips(
    strips: Sequence[Strip], ask: Ask, refuse: Refuse, form: Format | None, sure: float
) -> list[Row]:
    """Read each strip on its own; the networks are asked once for all.

    Args:
        strips: from `find_strips`, `ROW` pixels tall.
        ask: gives the penalties of segments.
        refuse: tells of the chosen segments whether they are digits at all.
        form: that each number has; None for any digits, separators skipped.
        sure: the least confidence of a digit that is trusted.
    Returns:
        A row for each strip; its verdict is "none" where it holds no number of this form.
    """
    inks = [set_row_width(strip.ink) for strip in strips]
    cuts = [find_cuts(ink) for ink in inks]
    pieces = [part_ink(ink, own) for ink, own in zip(inks, cuts, strict=True)]
    segments = [list_segments(each) for each in pieces]
    images = [segment.to_image() for each in segments for segment in each]
    penalties = ask(np.stack(images)) if images else np.zeros((0, len(DIGITS) + 1))
    rows, taken, start = list[Row](), list[np.ndarray](), 0
    for strip, own, each, cut in zip(strips, pieces, segments, cuts, strict=True):
        stop = start + len(each)
        row, places = _read_strip(strip, len(own), each, penalties[start:stop], form or ANY, sure)
        rows.append(replace(row, cuts=tuple(_place_cut(strip, columns) for columns in cut)))
        taken += [images[start + place] for place in places]
        start = stop
    return _judge_rows(rows, refuse(np.stack(taken)) if taken else np.zeros(0))


def _judge_rows(rows: list[Row], foreign: np.ndarray) -> list[Row]:
    """The rows with their verdicts; `foreign` is that of all of their digits, one after the other."""
    shares = iter(foreign.tolist())
    judged = list[Row]()
    for row in rows:
        digits = tuple(replace(found, foreign=next(shares)) for found in row.digits)
        judged.append(replace(row, digits=digits, verdict=judge_digits(digits)))
    return judged


def judge_digits(found: Sequence[Found]) -> Verdict:
    """Whether a number stands: some digit has to be trusted, and few may look like no digit."""
    digits = [each for each in found if each.label not in SEPARATORS]
    trusted = [each.sure for each in digits]
    if not any(trusted) or sum(each.foreign > FOREIGN for each in digits) >= MANY * len(digits):
        return "none"
    return "number" if all(trusted) else "unsure"


def set_row_width(ink: np.ndarray) -> np.ndarray:
    """Bring a row's strokes to a width that is usual in MNIST, whose digits are half as tall."""
    grain = ROW / 20
    width = measure_width(np.pad(ink, 1)) / grain
    wanted = min(max(width, THINNEST), THICKEST)
    if width in (0, wanted):
        return ink
    return change_width(ink, (wanted - width) * grain)


def list_edges(segments: Sequence[Segment], penalties: np.ndarray, form: Format, height: int) -> list[Edge]:
    """The edges of a row's graph.

    Args:
        segments: from `list_segments`.
        penalties: (segments, 11), the negative logarithms of the classes' probabilities.
        form: whose separators are looked for.
        height: of the row, in pixels.
    """
    edges = list[Edge]()
    for segment, costs in zip(segments, penalties.tolist(), strict=True):
        lacking = LOWER * max(0.0, LOWEST - segment.height)
        edges += [
            Edge(segment.start, segment.stop, digit, cost + lacking)
            for digit, cost in zip(DIGITS, costs[:-1], strict=True)
        ]
        edges += [
            Edge(segment.start, segment.stop, symbol, SEPARATOR)
            for symbol in sorted(form.separators)
            if may_separate(segment, symbol, height)
        ]
        if segment.stop == segment.start + 1:
            edges.append(Edge(segment.start, segment.stop, SKIP, SKIPPED * segment.mass))
    return edges


def may_separate(segment: Segment, symbol: str, height: int) -> bool:
    """Whether a segment has the size and the place of a separator.

    Args:
        segment: of a row.
        symbol: `.`, `,`, `-` or `/`.
        height: of the row, in pixels.
    """
    tall, wide = segment.height, segment.ink.shape[1] / ROW
    middle = (segment.top + segment.ink.shape[0] / 2) / height
    if symbol in ".,":
        return tall <= 0.45 and wide <= 0.45 and middle >= 0.6
    if symbol == "-":
        return tall <= 0.3 and 0.2 <= wide <= 1.2 and 0.25 <= middle <= 0.75
    return tall >= 0.6 and measure_slant(segment.ink) <= -0.7


def measure_slant(ink: np.ndarray) -> float:
    """The correlation of columns and rows over ink, -1 to 1: -1 for a stroke that rises to the right."""
    weights = ink / ink.sum()
    y, x = (np.arange(side, dtype=float) for side in ink.shape)
    rows, columns = weights.sum(axis=1), weights.sum(axis=0)
    y, x = y - y @ rows, x - x @ columns
    spread = float(y**2 @ rows) * float(x**2 @ columns)
    return float(y @ weights @ x) / spread**0.5 if spread else 0.0


def _read_strip(
    strip: Strip,
    pieces: int,
    segments: Sequence[Segment],
    penalties: np.ndarray,
    form: Format,
    sure: float,
) -> tuple[Row, list[int]]:
    """The cheapest reading of a strip, its verdict still open, and the places of the segments it takes."""
    box = _place(strip, 0, 0, strip.ink.shape)
    edges = list_edges(segments, penalties, form, strip.ink.shape[0])
    paths = find_paths(edges, pieces + 1, form, ALTERNATIVES)
    if not paths:
        return Row("", 0.0, "none", box, (), line=strip.row), []
    weights = weigh_edges(edges, pieces + 1, form, SHARPNESS)
    described = list(_describe_edges(paths[0], edges, weights, strip, segments, sure))
    digits = tuple(found for _, found in described)
    numbers: dict[str, float] = {}
    for path in paths:
        number = "".join(edges[place].symbol for place in path.edges)
        numbers[number] = numbers.get(number, 0.0) + weights.weigh(path)
    likeliest = "".join(found.label for found in digits)
    others = sorted(
        ((share, number) for number, share in numbers.items() if number != likeliest), reverse=True
    )
    row = Row(
        likeliest,
        min(numbers[likeliest], 1.0),
        "none",
        box,
        digits,
        tuple(Other(number, share) for share, number in others[:SHOWN] if number),
        strip.row,
    )
    return row, [place for place, _ in described]


def _describe_edges(
    path: Path,
    edges: Sequence[Edge],
    weights: Weights,
    strip: Strip,
    segments: Sequence[Segment],
    sure: float,
) -> Iterator[tuple[int, Found]]:
    places = {(segment.start, segment.stop): place for place, segment in enumerate(segments)}
    pieces = _share_symbols(edges, weights)
    for place in path.edges:
        edge = edges[place]
        if edge.symbol == SKIP:
            continue
        segment = segments[places[edge.start, edge.stop]]
        # the piece with the most ink stands for the digit: what is cut off or added beside it counts little
        heart = max(range(edge.start, edge.stop), key=lambda piece: segments[places[piece, piece + 1]].mass)
        shares = dict(pieces[heart])
        confidence = shares.pop(edge.symbol)
        second = max(shares, key=lambda symbol: shares[symbol], default="")
        box = _place(strip, segment.top, segment.left, segment.ink.shape)
        trusted = confidence >= sure or edge.symbol in SEPARATORS
        found = Found(edge.symbol, min(confidence, 1.0), second, box, trusted)
        yield places[edge.start, edge.stop], found


def _share_symbols(edges: Sequence[Edge], weights: Weights) -> dict[int, dict[str, float]]:
    """How probable each symbol is for each piece, whichever segment takes it."""
    pieces: dict[int, dict[str, float]] = {}
    for edge, weight in zip(edges, weights.edges.tolist(), strict=True):
        if edge.symbol == SKIP:
            continue
        for piece in range(edge.start, edge.stop):
            shares = pieces.setdefault(piece, {})
            shares[edge.symbol] = shares.get(edge.symbol, 0.0) + weight
    return pieces


def _place_cut(strip: Strip, columns: np.ndarray) -> tuple[tuple[float, float], ...]:
    """The points of a cut in the pixels of the picture, every fourth row's."""
    rows = [*range(0, len(columns), 4), len(columns)]
    return tuple(
        (
            strip.left + float(columns[min(row, len(columns) - 1)]) / strip.scale,
            strip.top + row / strip.scale,
        )
        for row in rows
    )


def _place(strip: Strip, top: float, left: float, shape: tuple[int, ...]) -> Place:
    """A box of a strip in the pixels of the picture."""
    height, width = (side / strip.scale for side in shape)
    return Place(strip.left + left / strip.scale, strip.top + top / strip.scale, width, height)
