"""The page in Firefox, which playwright cannot drive as Debian ships it: over WebDriver BiDi."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from shutil import which
from typing import Any

import pytest

from lenet.page.server import PageServer

BROWSERS = ("firefox-esr", "firefox")
PATIENCE = 60  # seconds
SEVEN = [(0.30, 0.20), (0.70, 0.20), (0.50, 0.50), (0.45, 0.80)]  # shares of the board's side
READ = """new Promise((resolve) => {
  const look = () => {
    const answer = document.querySelector(".answer")?.textContent ?? "";
    if (%s.test(answer)) resolve(answer);
    else setTimeout(look, 50);
  };
  look();
})"""


class Firefox:
    """A tab of Firefox, and what its console complained of."""

    def __init__(self, socket: Any) -> None:
        self.socket, self.numbers, self.mistakes = socket, count(), list[str]()
        self.ask("session.new", capabilities={})
        self.ask("session.subscribe", events=["log.entryAdded"])
        self.context = self.ask("browsingContext.getTree")["contexts"][0]["context"]

    def ask(self, method: str, **params: Any) -> Any:
        number = next(self.numbers)
        self.socket.send(json.dumps({"id": number, "method": method, "params": params}))
        while True:
            message = json.loads(self.socket.recv(timeout=PATIENCE))
            if message.get("method") == "log.entryAdded" and message["params"]["level"] == "error":
                self.mistakes.append(message["params"]["text"])
            if message.get("id") == number:
                assert message["type"] == "success", message
                return message["result"]

    def evaluate(self, expression: str) -> Any:
        """The value of JavaScript, as text or as a number."""
        target = {"context": self.context}
        found = self.ask("script.evaluate", expression=expression, target=target, awaitPromise=True)
        assert found["type"] == "success", found
        return found["result"].get("value")

    def draw(self, points: list[tuple[int, int]]) -> None:
        """One stroke of the mouse, in pixels of the window."""
        moves = [{"type": "pointerMove", "x": x, "y": y, "duration": 50} for x, y in points]
        down, up = ({"type": kind, "button": 0} for kind in ("pointerDown", "pointerUp"))
        mouse = {"type": "pointer", "id": "mouse", "actions": [moves[0], down, *moves[1:], up]}
        self.ask("input.performActions", context=self.context, actions=[mouse])


@pytest.fixture
def firefox(tmp_path: Path) -> Iterator[Firefox]:
    path = next(filter(None, map(which, BROWSERS)), None)
    if path is None:
        pytest.skip("firefox is not installed")
    if not find_spec("websockets"):
        missing = "the tests of the page need websockets"
        pytest.fail(missing) if os.environ.get("LENET_REQUIRE_PAGE") else pytest.skip(missing)
    from websockets.sync.client import connect

    command = [path, "--headless", "--no-remote", "--profile", str(tmp_path), "--remote-debugging-port", "0"]
    nowhere, pipe = subprocess.DEVNULL, subprocess.PIPE
    with subprocess.Popen(command, stdout=nowhere, stderr=pipe, text=True) as process:
        try:
            found = (re.search(r"BiDi listening on (ws://\S+)", line) for line in process.stderr or ())
            address = next(filter(None, found))[1]
            with connect(f"{address}/session", max_size=None, close_timeout=1) as socket:
                yield Firefox(socket)
        finally:
            process.terminate()


def test_a_stroke_in_firefox_is_read(firefox: Firefox, server: PageServer) -> None:
    firefox.ask("browsingContext.navigate", context=firefox.context, url=server.address, wait="complete")
    assert "3" in firefox.evaluate(READ % "/3/")
    box = json.loads(
        firefox.evaluate("JSON.stringify(document.querySelector('.board').getBoundingClientRect())")
    )
    firefox.draw(
        [(round(box["x"] + x * box["width"]), round(box["y"] + y * box["height"])) for x, y in SEVEN]
    )
    assert firefox.evaluate(READ % "/7/") in ("Read as 7", "识别为 7")
    nearest = firefox.evaluate("document.querySelector('.codes [aria-current] b').textContent")
    assert nearest == "7"
    assert firefox.mistakes == []
