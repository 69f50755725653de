"""Ctrl-C, SIGTERM and SIGHUP: work ends in good order, and files are whole or gone."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

# The signals that ask for an end; SIGHUP comes when the terminal is closed, and Windows has none.
ENDINGS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]


class Ended(KeyboardInterrupt):
    """A signal asked this process to end.

    Args:
        number: of the signal.
    """

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.exit_code = get_exit_code(number)


def get_exit_code(number: int) -> int:
    """What shells report of a process that a signal ended: 130 after Ctrl-C."""
    return 128 + number


INTERRUPTED = get_exit_code(signal.SIGINT)


@contextmanager
def end_in_order() -> Iterator[None]:
    """Make every ending an exception while the block runs, so that all that is open is closed and removed.

    Raises:
        Ended: when such a signal comes.
    """

    def end(number: int, _: object) -> None:
        raise Ended(number)

    with _handle(end):
        yield


@contextmanager
def catch_interrupt() -> Iterator[Interrupt]:
    """Catch endings while the block runs: the first one is only noted, the second one raises `Ended`.

    Yields:
        A function that says whether one came, as a training's `stop`.
    """
    interrupted = Interrupt()
    with _handle(interrupted.note):
        yield interrupted


@contextmanager
def _handle(handler: Callable[[int, Any], None]) -> Iterator[None]:
    before = {}
    # Python handles signals in the main thread only; what nohup has told us to ignore stays ignored
    if threading.current_thread() is threading.main_thread():
        for number in ENDINGS:
            if signal.getsignal(number) != signal.SIG_IGN:
                before[number] = signal.signal(number, handler)
    try:
        yield
    finally:
        for number, earlier in before.items():
            signal.signal(number, earlier)


class Interrupt:
    """Whether a signal asked for an end, and which."""

    def __init__(self) -> None:
        self.number: int | None = None

    def __call__(self) -> bool:
        """Whether one did."""
        return self.number is not None

    @property
    def exit_code(self) -> int:
        """That of the process, after a stop."""
        return get_exit_code(self.number) if self.number else INTERRUPTED

    def note(self, number: int, _: object = None) -> None:
        """Handle a signal.

        Raises:
            Ended: at the second one.
        """
        if self.number is not None:
            raise Ended(number)
        self.number = number
