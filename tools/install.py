"""Run `pip install` and show what it is doing: a live line on a terminal, a line every ten seconds elsewhere.

    python tools/install.py ARGUMENTS OF PIP INSTALL

pip says nothing for minutes with -q, and hundreds of lines without it. Needs nothing but the standard
library, for it runs before anything is installed. If pip fails, all that it said is shown, and its exit code
is passed on.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterable

LINE_EVERY = 10.0  # seconds, where there is no terminal
TICK = 0.5  # seconds between two updates of the live line


class Watch:
    """What pip said last, and how long it has been running."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.begun = time.monotonic()
        self._printed = self.begun
        self._live = sys.stderr.isatty()

    def listen(self, lines: Iterable[str]) -> None:
        """Keep every line as soon as pip says it."""
        for line in lines:
            self.said.append(line.rstrip())

    def format_line(self) -> str:
        """Seconds, and what is being done."""
        now = next((line for line in reversed(self.said) if line and not line.startswith(" ")), "starting")
        return f"  {time.monotonic() - self.begun:3.0f} s  {now}"

    def show(self) -> None:
        """Update the live line, or print one where the last is long ago."""
        if self._live:
            width = shutil.get_terminal_size().columns - 1
            sys.stderr.write(f"\r{self.format_line()[:width]:<{width}}")
            sys.stderr.flush()
        elif time.monotonic() - self._printed >= LINE_EVERY:
            self._printed = time.monotonic()
            sys.stderr.write(self.format_line() + "\n")

    def end(self) -> None:
        """Replace the live line by the time that it took."""
        width = shutil.get_terminal_size().columns - 1
        line = f"  Installed in {time.monotonic() - self.begun:.0f} s."
        sys.stderr.write((f"\r{line:<{width}}" if self._live else line) + "\n")


def main(arguments: list[str]) -> int:
    """Run pip; gives its exit code."""
    command = [sys.executable, "-m", "pip", "install", "--progress-bar", "off", *arguments]
    pip = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    )
    watch = Watch()
    reader = threading.Thread(target=watch.listen, args=(pip.stdout or (),))
    reader.start()
    try:
        while pip.poll() is None:
            watch.show()
            time.sleep(TICK)
    except KeyboardInterrupt:
        pip.terminate()
        sys.stderr.write("\n")
        return 130
    finally:
        reader.join()
    if pip.returncode:
        sys.stderr.write("\n" + "\n".join(watch.said) + "\n")
    else:
        watch.end()
    return pip.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
