"""Ctrl-C during a training: the first one stops it in good order, the second one at once."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager

INTERRUPTED = 130  # the exit code of a shell for what Ctrl-C ended


@contextmanager
def catch_interrupt() -> Iterator[Interrupt]:
    """Catch Ctrl-C while the block runs: the first one is only noted, the second raises KeyboardInterrupt.

    Yields:
        A function that says whether Ctrl-C was pressed, as a training's `stop`.
    """
    interrupted = Interrupt()
    before = signal.signal(signal.SIGINT, interrupted.note)
    try:
        yield interrupted
    finally:
        signal.signal(signal.SIGINT, before)


class Interrupt:
    """Whether Ctrl-C was pressed."""

    def __init__(self) -> None:
        self.noted = False

    def __call__(self) -> bool:
        """Whether it was."""
        return self.noted

    def note(self, *_: object) -> None:
        """Handle SIGINT.

        Raises:
            KeyboardInterrupt: at the second one.
        """
        if self.noted:
            raise KeyboardInterrupt
        self.noted = True
