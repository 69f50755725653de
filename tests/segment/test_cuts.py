import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from lenet.segment.cuts import MOST_PIECES, ROW, WIDEST, find_cuts, list_segments, part_ink

inks = arrays(
    np.float32, st.tuples(st.integers(3, 12), st.integers(1, 40)), elements=st.floats(0, 1, width=16)
)


def draw_bars(*columns, width=100):
    """Upright strokes four pixels wide."""
    ink = np.zeros((ROW, width), np.float32)
    for column in columns:
        ink[:, column : column + 4] = 1
    return ink


def test_strokes_are_parted_in_the_middle_between_them():
    cuts = find_cuts(draw_bars(10, 30, width=44))
    between = [cut for cut in cuts if 14 <= cut[0] <= 30]
    assert len(between) == 1
    assert (between[0] == 21).all()


def test_a_cut_goes_round_an_overhanging_stroke():
    ink = np.zeros((ROW, 60), np.float32)
    ink[:10, 5:35] = 1  # a roof over the second stroke
    ink[:, 5:9] = 1
    ink[20:, 25:29] = 1
    pieces = part_ink(ink, find_cuts(ink))
    whole = [place_piece(piece, ink.shape) for piece in pieces]
    second = [piece for piece in whole if piece[30, 26]]
    assert len(second) == 1
    assert second[0][30:, 5:9].sum() == 0


def place_piece(piece, shape):
    """The piece alone in its row."""
    row = np.zeros(shape, np.float32)
    row[:, piece.left : piece.right] = piece.ink
    return row


@given(inks)
def test_cuts_never_cross_and_the_pieces_are_the_ink(ink):
    cuts = find_cuts(ink)
    assert cuts.shape[1:] == (len(ink),)
    assert (np.diff(cuts, axis=0) >= 0).all()
    assert ((cuts >= 0) & (cuts <= ink.shape[1])).all()
    pieces = part_ink(ink, cuts)
    joined = sum((place_piece(piece, ink.shape) for piece in pieces), np.zeros_like(ink))
    assert ((joined == ink) | (joined == 0)).all()
    assert np.abs(joined - ink).sum() <= 2.0 * (len(cuts) + 1)


def test_segments_are_runs_of_pieces_that_one_digit_may_have():
    pieces = part_ink(ink := draw_bars(*range(4, 200, 16), width=220), find_cuts(ink))
    assert len(pieces) == 13
    segments = list_segments(pieces)
    assert {segment.start for segment in segments} == set(range(13))
    for segment in segments:
        assert 1 <= segment.stop - segment.start <= MOST_PIECES
        assert segment.ink.shape[1] <= WIDEST * ROW
    assert max(segment.stop - segment.start for segment in segments) == 5


def test_a_segment_knows_its_box_and_has_mnists_form():
    pieces = part_ink(ink := draw_bars(10, width=30), find_cuts(ink))
    (segment,) = list_segments(pieces)
    assert (segment.top, segment.left, segment.ink.shape) == (0, 10, (ROW, 4))
    assert segment.height == pytest.approx(1)
    assert segment.mass == pytest.approx(0.1)
    image = segment.to_image()
    assert (image.shape, image.dtype) == ((28, 28), np.uint8)
    assert image.any(axis=1).sum() == 20


def test_a_long_row_takes_memory_in_proportion():
    ink = draw_bars(*range(0, 20_000, 12), width=20_000)
    pieces = part_ink(ink, find_cuts(ink))
    assert len(pieces) > 1500
    assert sum(piece.ink.size for piece in pieces) < 2 * ink.size
