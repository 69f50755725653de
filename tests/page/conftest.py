"""The page's scripts in a real browser: `script` runs JavaScript that imports them."""

from __future__ import annotations

import json
import os
import re
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path
from shutil import which
from typing import Any, ClassVar

import numpy as np
import pytest

import lenet
from lenet.data.examples import Examples
from lenet.engines import Engine, get_engine
from lenet.page.digits import PageDigits
from lenet.page.server import PageServer
from lenet.page.site import build_site

PACKAGE = Path(lenet.__file__).parent
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
# what the scripts find on the page: the module, the kernels, and arrays as plain lists
PRELUDE = """
const { loadKernels } = await import("/page/static/kernels.mjs");
const load = async (path) => new Uint8Array(await (await fetch(path)).arrayBuffer());
const kernels = await loadKernels(await load("/page/static/lenet.wasm"));
const list = (arrays) =>
  Object.fromEntries(Object.entries(arrays).map(([name, array]) => [name, Array.from(array)]));
const refusal = async (run) => {
  try {
    await run();
    return null;
  } catch (error) {
    const { key, values, name, message } = error;
    return key ? { key, values } : { error: `${name}: ${message}` };
  }
};
"""

Script = Callable[..., Any]
Open = Callable[..., Any]


class Handler(SimpleHTTPRequestHandler):
    """Files of the package, and under /given/ those that a test wrote."""

    extensions_map: ClassVar = {
        ".mjs": "text/javascript",
        ".html": "text/html",
        "": "application/octet-stream",
    }

    def __init__(self, *args: Any, given: Path, **kwargs: Any) -> None:
        self._given = given
        super().__init__(*args, directory=str(PACKAGE), **kwargs)

    def translate_path(self, path: str) -> str:
        if path.startswith("/given/"):
            return str(self._given / path.partition("?")[0].removeprefix("/given/"))
        return super().translate_path(path)

    def end_headers(self) -> None:
        self.send_header("Cache-Control", "no-store")
        super().end_headers()

    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture(scope="session")
def given(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose files the scripts find under /given/."""
    return tmp_path_factory.mktemp("given")


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """The system's chromium, driven by playwright."""
    path = next(filter(None, map(which, BROWSERS)), None)
    missing = "playwright" if not find_spec("playwright") else "chromium" if path is None else None
    if missing and os.environ.get("LENET_REQUIRE_PAGE"):
        pytest.fail(f"the tests of the page need {missing}")
    if missing:
        pytest.skip(f"{missing} is not installed")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def address(given: Path) -> Iterator[str]:
    """Where the files of the package are served."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, given=given))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="session")
def script(browser: Any, address: str, given: Path) -> Iterator[Script]:
    """Run the body of an asynchronous JavaScript function in a browser; gives what it returns."""
    (given / "empty.html").write_text("<!doctype html><title>scripts</title>", "utf-8")
    page = browser.new_page()
    page.goto(f"{address}/given/empty.html")

    def run(body: str, **values: Any) -> Any:
        names = ", ".join(values)
        inner = f"async () => {{ {PRELUDE} {body} }}"
        # one text of JSON is many times faster than the driver's own way with lists
        text = page.evaluate(
            f"async (given) => {{ const {{ {names} }} = JSON.parse(given);"
            f" return JSON.stringify((await ({inner})()) ?? null); }}",
            json.dumps(values),
        )
        return json.loads(text)

    yield run
    page.close()


@pytest.fixture(scope="session")
def native() -> Engine:
    """The engine that the scripts are compared with."""
    return get_engine("auto", training=True)


@pytest.fixture(scope="session")
def digits() -> Examples:
    """400 noisy bars and blobs with labels: no real digits, but something to learn."""
    random = np.random.default_rng(7)
    labels = np.arange(400) % 10
    patterns = random.integers(0, 2, (10, 7, 7)).repeat(4, axis=1).repeat(4, axis=2) * 255
    images = np.clip(patterns[labels] + random.normal(0, 60, (400, 28, 28)), 0, 255).astype(np.uint8)
    return Examples(images, labels)


@pytest.fixture(scope="session")
def server(digits: Examples) -> Iterator[PageServer]:
    found = PageServer(build_site(digits=PageDigits("digits", digits, digits.first(60))), 0)
    with found.running():
        yield found


@pytest.fixture
def open_page(browser: Any, server: PageServer) -> Iterator[Open]:
    """Open the page; no mistake of a script, no refused policy and no other host is allowed."""
    from playwright.sync_api import expect

    contexts, mistakes, asked = [], [], []

    def open_it(
        width: int = 1280,
        height: int = 900,
        lang: str = "en",
        theme: str = "light",
        view: str = "",
        answer: str = "3",
    ) -> Any:
        size = {"width": width, "height": height}
        context = browser.new_context(viewport=size, locale=lang, color_scheme=theme)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: mistakes.append(str(error)))
        page.on("console", lambda message: mistakes.append(message.text) if message.type == "error" else None)
        page.on("request", lambda request: asked.append((request.method, request.url)))
        page.goto(server.address + view)
        expect(page.locator(".answer")).to_have_text(re.compile(answer))
        page.asked = asked
        return page

    yield open_it
    for context in contexts:
        context.close()
    assert mistakes == []
    foreign = [
        (method, url) for method, url in asked if method != "GET" or not url.startswith(server.address)
    ]
    assert [one for one in foreign if not one[1].startswith(("data:", "blob:"))] == []
