"""Install with pip, and show on one line what it is doing: a large download is never a silent minute.

    python tools/install.py [PIP'S OPTIONS] REQUIREMENT...

On a terminal the line is rewritten twice a second; elsewhere a line is printed every 15 seconds. What pip
said is shown only where it fails. Needs nothing but Python, for it runs before anything is installed.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
import time

COMMAND = [sys.executable, "-m", "pip", "install", "--no-input", "--progress-bar", "off"]
LIVE, PRINTED = 0.5, 15.0  # seconds from one message to the next: on a terminal, in a log


def install(arguments: list[str]) -> int:
    """Run `pip install` and report on standard error.

    Args:
        arguments: what comes after `pip install`.
    Returns:
        pip's exit code.
    """
    said: list[str] = []
    ended = threading.Event()
    start = time.monotonic()
    with subprocess.Popen(
        [*COMMAND, *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as pip:
        reporter = threading.Thread(target=_report, args=(said, ended, start))
        reporter.start()
        try:
            assert pip.stdout
            said.extend(iter(pip.stdout.readline, ""))
        finally:
            ended.set()
            reporter.join()
    if pip.returncode:
        sys.stderr.write("".join(said))
    else:
        sys.stderr.write(f"Installed in {time.monotonic() - start:.0f} s.\n")
    return pip.returncode


def _report(said: list[str], ended: threading.Event, start: float) -> None:
    live = sys.stderr.isatty()
    while not ended.wait(LIVE if live else PRINTED):
        line = describe(said, time.monotonic() - start)
        if live:
            line = line[: shutil.get_terminal_size().columns - 1]
            sys.stderr.write(f"\r\033[K{line}")
        else:
            sys.stderr.write(f"{line}\n")
        sys.stderr.flush()
    if live:
        sys.stderr.write("\r\033[K")


def describe(said: list[str], seconds: float) -> str:
    """One line of progress.

    Args:
        said: the lines of pip so far.
        seconds: since the start.
    Returns:
        For example "  12 s  Collecting numpy>=2.0"; a long one is cut.
    """
    steps = (line.strip() for line in reversed(said) if not line.startswith(("WARNING", "DEPRECATION")))
    words = next(steps, "Starting pip").removesuffix(": started")
    return f"{seconds:4.0f} s  {words if len(words) <= 100 else words[:97] + '...'}"


if __name__ == "__main__":
    try:
        sys.exit(install(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
