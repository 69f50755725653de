"""The stops of the page's tour: the sentence of the founding notes, and where it is tried."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple, TypeAlias

Mark: TypeAlias = Literal["true", "corrected"]


class Stop(NamedTuple):
    """A stop of the tour.

    Args:
        note: number of the sentence in docs/notes-corrected.md.
        mark: what that page says of it; None where it is neither.
        view: what the page shows below the board, "see" or "train".
    """

    note: int
    mark: Mark | None
    view: Literal["see", "train"] = "see"


STOPS = (
    Stop(6, "true"),
    Stop(12, "corrected"),
    Stop(18, "true"),
    Stop(33, "corrected"),
    Stop(21, "corrected"),
    Stop(38, "true"),
    Stop(44, "true"),
    Stop(47, "corrected"),
    Stop(52, None),
    Stop(63, "true", "train"),
    Stop(64, "corrected", "train"),
    Stop(67, None, "train"),
)


def list_stops() -> list[dict[str, Any]]:
    """The stops as JSON can hold them."""
    return [stop._asdict() for stop in STOPS]
