"""Examples for the network that reads the pieces of numbers: whole digits, and what is none of them.

Numbers are written with MNIST's digits, side by side or into each other, with strokes that join them and
strokes that mean nothing; then they are cut as the reader cuts them. A segment is a digit where it holds
nearly all of that digit's ink and next to nothing else; it is none where it lacks a good part of each digit,
or holds much of another.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from benchmarks.strings import Digits, place_digits
from lenet.segment.cuts import ROW, Piece, Segment, find_cuts, join_pieces, list_segments, part_ink
from lenet.segment.number import set_row_width

SEED = 7
NONE = 10  # the class of what is no digit
WHOLE, CLEAN = 0.87, 0.13  # a digit: at least so much of its ink, at most so much of others' beside it
PART, MIXED = 0.72, 0.25  # none: less of each digit's ink, or more of others'; what is between is not shown
FAINT = 0.25  # ink of a digit: where it has less, ink is another's
LONGEST = 6
RARE = 0.35  # of the segments that are none: the share that is kept
TWICE = ROW / 20  # a row is twice as tall as MNIST's digits


class Layers(NamedTuple):
    """A written number: the ink of everything, and of each digit alone, (H, W) of 0 to 1."""

    ink: np.ndarray
    own: list[np.ndarray]


@dataclass(frozen=True)
class Example:
    """A segment in MNIST's form, (28, 28) uint8, and its class, 0 to 9 or `NONE`."""

    image: np.ndarray
    label: int


def write_number(digits: Digits, random: np.random.Generator) -> tuple[str, Layers]:
    """A number of one to six digits as ink, twice as tall as in MNIST."""
    length = int(random.integers(1, LONGEST + 1))
    labels, glyphs = [], []
    for _ in range(length):
        label, glyph = digits.pick(random)
        labels.append(label)
        glyphs.append(_resize(glyph, TWICE * random.uniform(0.85, 1.15), TWICE * random.uniform(0.85, 1.15)))
    gaps = (TWICE * random.choice(GAPS, length - 1, p=WEIGHTS)).astype(int).tolist()
    drops = random.integers(-6, 7, length).tolist()
    own = list(place_digits(glyphs, gaps, drops))
    ink = np.max(own, axis=0)
    if random.random() < 0.3:
        ink = np.maximum(ink, _draw_strokes(ink.shape, own, random))
    if random.random() < 0.4:
        ink = _roughen(ink, random)
    return "".join(labels), Layers((ink / 255).astype(np.float32), [each / 255 for each in own])


GAPS = np.arange(-4, 11)  # MNIST's pixels between neighbours
WEIGHTS = np.where(GAPS < 0, 0.08, np.where(GAPS < 4, 0.1, 0.04))
WEIGHTS = WEIGHTS / WEIGHTS.sum()


def _resize(glyph: np.ndarray, down: float, across: float) -> np.ndarray:
    size = (max(1, round(glyph.shape[1] * across)), max(1, round(glyph.shape[0] * down)))
    scaled = Image.fromarray(glyph.astype(np.float32)).resize(size, Image.Resampling.BICUBIC)
    return np.clip(np.asarray(scaled, np.float64), 0, 255)


def _draw_strokes(shape: tuple[int, ...], own: list[np.ndarray], random: np.random.Generator) -> np.ndarray:
    """A stroke that joins two neighbours, or one or two that mean nothing."""
    page = Image.new("L", (shape[1], shape[0]))
    pen = ImageDraw.Draw(page)
    width = int(random.integers(2, 6))
    if random.random() < 0.5 and len(own) > 1:
        k = int(random.integers(len(own) - 1))
        left, right = (_find_point(own[place], random) for place in (k, k + 1))
        pen.line([left, right], 255, width)
    else:
        for _ in range(int(random.integers(1, 3))):
            x, y = random.uniform(0, shape[1]), random.uniform(0, shape[0])
            dx, dy = random.uniform(-20, 20), random.choice([0.1, 1.0]) * random.uniform(-15, 15)
            pen.line([(x, y), (x + dx, y + dy)], 255, width)
    return np.asarray(page.filter(ImageFilter.GaussianBlur(0.7)), np.float64)


def _find_point(ink: np.ndarray, random: np.random.Generator) -> tuple[float, float]:
    ys, xs = np.nonzero(ink > 128)
    if not len(ys):
        return 0.0, 0.0
    at = int(random.integers(len(ys)))
    return float(xs[at]), float(ys[at])


def _roughen(ink: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Ink as a camera sees it: blurred, or grainy."""
    blurred = Image.fromarray(ink.astype(np.uint8)).filter(ImageFilter.GaussianBlur(random.uniform(0, 1.5)))
    rough = np.asarray(blurred, np.float64) + random.normal(0, random.uniform(0, 40), ink.shape) * (ink > 20)
    return np.clip(rough, 0, 255)


def list_examples(layers: Layers, labels: str, random: np.random.Generator) -> Iterator[Example]:
    """The segments of a number that are clearly a digit or clearly none; of the latter a share."""
    ink = set_row_width(np.pad(layers.ink, 2))
    off = (ink.shape[0] - layers.ink.shape[0]) // 2, (ink.shape[1] - layers.ink.shape[1]) // 2
    cuts = find_cuts(ink)
    pieces = part_ink(ink, cuts)
    for segment in list_segments(pieces):
        label = find_label(segment, pieces, layers, labels, off)
        if label is None or (label == NONE and random.random() > RARE):
            continue
        yield Example(segment.to_image(), label)


def find_label(
    segment: Segment, pieces: list[Piece], layers: Layers, labels: str, off: tuple[int, int]
) -> int | None:
    """The class of a segment, from whose ink it holds; None where it is neither clearly a digit nor none."""
    height, width = layers.ink.shape
    joined = join_pieces(pieces[segment.start : segment.stop])
    row = np.zeros((len(joined.ink), max(off[1] + width, joined.right)))
    row[:, joined.left : joined.right] = joined.ink
    area = row[off[0] : off[0] + height, off[1] : off[1] + width]
    inside = area > 0
    best = NONE
    for label, own in zip(labels, layers.own, strict=True):
        mass = own.sum()
        share = (own * inside).sum() / mass
        # what others have where this digit has no ink
        foreign = np.where(own < FAINT, area, 0).sum() / mass
        if share >= WHOLE and foreign <= CLEAN:
            return int(label)
        if share > PART and foreign < MIXED:
            best = -1
    return None if best < 0 else best
