"""A web server for the page: a fixed table of files in memory, for this computer."""

from __future__ import annotations

import gzip
import hashlib
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from lenet.errors import UsageError
from lenet.page.site import Asset

HOST = "127.0.0.1"
PORT = 1998
TRIED = 20  # ports from PORT on
IDLE = 5.0  # seconds until a connection without a request is closed
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self' 'wasm-unsafe-eval'",
        "worker-src 'self'",
        "connect-src 'self'",
        "style-src 'self'",
        "img-src 'self' blob: data:",
        "form-action 'none'",
        "base-uri 'none'",
        "frame-ancestors 'self'",
        "require-trusted-types-for 'script'",
        "trusted-types lenet",
    )
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}
NAMES = ("localhost", "127.0.0.1")


@dataclass(frozen=True)
class _Ready:
    """A file with what does not change from request to request."""

    content: bytes
    packed: bytes | None  # gzip, where that is smaller
    type: str
    tag: str

    @classmethod
    def from_asset(cls, asset: Asset) -> _Ready:
        packed = gzip.compress(asset.content, 9, mtime=0)
        tag = f'"{hashlib.sha256(asset.content).hexdigest()[:16]}"'
        small = len(packed) < 0.9 * len(asset.content)
        return cls(asset.content, packed if small else None, asset.type, tag)


class PageServer(ThreadingHTTPServer):
    """Serve the files of the page, and nothing else.

    Args:
        site: the files, by name.
        port: 0 for any free one.
    Raises:
        OSError: the port is in use.
    """

    daemon_threads = True
    allow_reuse_address = False
    request_queue_size = 256

    def __init__(self, site: Mapping[str, Asset], port: int) -> None:
        self.table = {f"/{name}": _Ready.from_asset(asset) for name, asset in site.items()}
        self.table["/"] = self.table["/index.html"]
        super().__init__((HOST, port), _Handler)

    @property
    def address(self) -> str:
        """The page's address for a browser."""
        return f"http://localhost:{self.server_port}/"

    def handle_error(self, request: object, client_address: object) -> None:
        """A browser that leaves in the middle is no fault."""

    @contextmanager
    def running(self) -> Iterator[None]:
        """Serve in a thread while the block runs."""
        thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
        thread.start()
        try:
            yield
        finally:
            self.shutdown()
            thread.join()
            self.server_close()


def open_server(site: Mapping[str, Asset], port: int | None = None) -> PageServer:
    """Make a server for the page on this computer.

    Args:
        site: the files, by name.
        port: the port; None for 1998, or the next free one.
    Raises:
        UsageError: the port is in use, or all that are tried.
    """
    for number in range(PORT, PORT + TRIED) if port is None else [port]:
        try:
            return PageServer(site, number)
        except OSError:
            continue
    raise UsageError("page.port", port=PORT if port is None else port)


class _Handler(BaseHTTPRequestHandler):
    server: PageServer
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "lenet", ""
    disable_nagle_algorithm = True
    timeout = IDLE

    def do_GET(self) -> None:
        self._answer(body=True)

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def _refuse(self) -> None:
        self._fail(HTTPStatus.METHOD_NOT_ALLOWED)

    do_POST = do_PUT = do_DELETE = do_PATCH = do_OPTIONS = _refuse  # noqa: N815

    def _fail(self, status: HTTPStatus) -> None:
        self.close_connection = True  # a body may follow that nobody reads
        self.send_response(status)
        if status is HTTPStatus.METHOD_NOT_ALLOWED:
            self.send_header("Allow", "GET, HEAD")
        self.send_header("Content-Length", "0")
        self.send_header("Connection", "close")
        self.end_headers()

    def _answer(self, *, body: bool) -> None:
        if self.headers.get("Host", "").rpartition(":")[0] not in NAMES:
            # another name that leads here may be an attack on what is served to this computer alone
            self._fail(HTTPStatus.MISDIRECTED_REQUEST)
            return
        found = self.server.table.get(self.path)
        if found is None:
            self._fail(HTTPStatus.NOT_FOUND)
            return
        if self.headers.get("If-None-Match") == found.tag:
            self.send_response(HTTPStatus.NOT_MODIFIED)
            self.send_header("ETag", found.tag)
            self.end_headers()
            return
        content = found.content
        self.send_response(HTTPStatus.OK)
        if found.packed and "gzip" in self.headers.get("Accept-Encoding", ""):
            content = found.packed
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Vary", "Accept-Encoding")
        self.send_header("Content-Type", found.type)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("ETag", found.tag)
        self.end_headers()
        if body:
            self.wfile.write(content)

    def end_headers(self) -> None:
        for name, value in HEADERS.items():
            self.send_header(name, value)
        super().end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Nothing is printed for a request."""
