"""A web server for the page: a fixed table of files in memory, for this computer."""

from __future__ import annotations

import gzip
import hashlib
import ipaddress
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from lenet.errors import UsageError
from lenet.page.site import Asset

HOST = "127.0.0.1"
ANY = "0.0.0.0"  # noqa: S104 - every address of this computer, only where a user asks for it
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
        small = len(packed) < len(asset.content)
        return cls(asset.content, packed if small else None, asset.type, tag)


class PageServer(ThreadingHTTPServer):
    """Serve the files of the page, and nothing else.

    Args:
        site: the files, by name.
        port: 0 for any free one.
        host: an address of this computer; other than the default, other devices reach the page, too.
    Raises:
        OSError: the port is in use, or the computer has no such address.
    """

    daemon_threads = True
    allow_reuse_address = False
    request_queue_size = 256

    def __init__(self, site: Mapping[str, Asset], port: int, host: str = HOST) -> None:
        self.table = {f"/{name}": _Ready.from_asset(asset) for name, asset in site.items()}
        self.table["/"] = self.table["/index.html"]
        self.host, self.shared = host, host not in NAMES
        own = socket.gethostname().lower()
        self.names = {*NAMES, *((host.lower(), own, f"{own}.local") if self.shared else ())}
        super().__init__((host, port), _Handler)

    @property
    def address(self) -> str:
        """The page's address for a browser; one that other devices know, if they may open it."""
        name = "localhost" if not self.shared else find_address() if self.host == ANY else self.host
        return f"http://{name}:{self.server_port}/"

    def is_own(self, name: str) -> bool:
        """Whether a request meant this server; a name that is not ours may be an attack by DNS.

        Args:
            name: of a Host header, without the port.
        """
        return name.lower() in self.names or (self.shared and _is_number(name))

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


def find_address() -> str:
    """The address by which other devices in the network know this computer; nothing is sent to find it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # an address of documentation
        except OSError:
            return HOST
        name: str = probe.getsockname()[0]
        return name


def _is_number(name: str) -> bool:
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True


def open_server(site: Mapping[str, Asset], port: int | None = None, host: str = HOST) -> PageServer:
    """Make a server for the page on this computer.

    Args:
        site: the files, by name.
        port: the port; None for 1998, or the next free one.
        host: an address of this computer; "0.0.0.0" for all of them.
    Raises:
        UsageError: the port is in use, or all that are tried; the computer has no such address.
    """
    try:
        socket.create_server((host, 0)).close()
    except (OSError, UnicodeError) as error:
        raise UsageError("page.host", host=host) from error
    for number in range(PORT, PORT + TRIED) if port is None else [port]:
        try:
            return PageServer(site, number, host)
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
        if not self.server.is_own(self.headers.get("Host", "").rpartition(":")[0]):
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
