"""Run the web service: where it listens, who is let in, and how it ends."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import os
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from lenet.cores import count_cores
from lenet.errors import MissingExtra, UsageError
from lenet.network import Network
from lenet.reading.serve.app import make_app
from lenet.reading.serve.gate import Gate, Limits
from lenet.storage import read_bytes

HOST, PORT = "127.0.0.1", 8000
TOKEN = "LENET_TOKEN"  # noqa: S105 - the variable's name
LEAST_TOKEN, MOST_TOKEN = 16, 1024  # characters
GRACE = 30  # seconds that requests at work have after the signal


@dataclass(frozen=True)
class Service:
    """What is served, and where.

    Args:
        network: what `Network.load` takes.
        host: an address of this computer; one that other computers reach needs a token.
        port: 1 to 65,535; 0 for any free one.
        token_file: a file with the token; None: `$LENET_TOKEN`, and without that one no token.
        limits: how much is taken.
    """

    network: str = "best"
    host: str = HOST
    port: int = PORT
    token_file: Path | None = None
    limits: Limits = field(default_factory=Limits)


def serve(service: Service, announce: Callable[[str], None], stop: Callable[[], bool]) -> None:
    """Serve until a stop; requests that are at work then are finished.

    Args:
        service: what is served.
        announce: told the address once requests are accepted.
        stop: asked ten times a second.
    Raises:
        MissingExtra: Starlette, uvicorn or python-multipart is not installed.
        UsageError: no such address, a port in use, a token that is missing or too short.
        LenetError: the network cannot be loaded.
    """
    try:
        import python_multipart  # noqa: F401
        import starlette  # noqa: F401
        import uvicorn  # noqa: F401
    except ImportError as error:
        raise MissingExtra("extra.missing", package=error.name, extra="serve") from error
    token = read_token(service.token_file)
    if token is None and not is_loopback(service.host):
        raise UsageError("serve.open", host=service.host, variable=TOKEN)
    network = _load(service.network)
    # it logs every malformed form, and Python prints the log of those who keep none
    logging.getLogger("python_multipart").addHandler(logging.NullHandler())
    with (
        _listen(service.host, service.port) as listener,
        ThreadPoolExecutor(max(1, int(count_cores())), "lenet-serve") as threads,
    ):
        app = make_app(service.network, network, Gate(service.limits, token), threads)
        host, port = listener.getsockname()[:2]
        server = _make_server(app, service.limits.seconds, stop)
        announce(f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}")
        asyncio.run(server.serve(sockets=[listener]))


def read_token(path: Path | None) -> str | None:
    """The token, from a file or else from `$LENET_TOKEN`; None if neither is given.

    Raises:
        UsageError: too short, too long, or with other than visible ASCII characters.
        FileError: the file cannot be read.
    """
    given = os.environ.get(TOKEN) if path is None else read_bytes(path, MOST_TOKEN + 2).decode("latin-1")
    if given is None:
        return None
    token = given.strip()
    visible = all("!" <= character <= "~" for character in token)
    if not (visible and LEAST_TOKEN <= len(token) <= MOST_TOKEN):
        source = path or TOKEN
        raise UsageError("serve.bad_token", source=source, least=LEAST_TOKEN, most=MOST_TOKEN)
    return token


def is_loopback(host: str) -> bool:
    """Whether only this computer reaches an address."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _load(name: str) -> Network:
    """The network, with everything that it makes at its first answer, before there are threads."""
    network = Network.load(name)
    paper = np.full((40, 40), 255, np.uint8)
    paper[10:30, 18:22] = 0
    network.recognize(paper)
    with suppress(UsageError):  # a network of other classes than the digits reads no numbers
        network.read(paper)
    return network


@contextmanager
def _listen(host: str, port: int) -> Iterator[socket.socket]:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        socket.create_server((host, 0), family=family).close()
    except (OSError, UnicodeError) as error:
        raise UsageError("page.host", host=host) from error
    try:
        listener = socket.create_server((host, port), family=family, backlog=1024)
    except (OSError, OverflowError) as error:
        raise UsageError("serve.port", port=port) from error
    # asyncio sets it only on sockets that name their protocol, which these do not; accepted ones inherit it.
    # Without it the end of an answer waits 40 ms for the client to confirm its head.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with listener:
        yield listener


def _make_server(app: Any, seconds: float, stop: Callable[[], bool]) -> Any:
    import uvicorn

    class Server(uvicorn.Server):
        @contextmanager
        def capture_signals(self) -> Iterator[None]:
            yield  # whoever called us handles them

        async def on_tick(self, counter: int) -> bool:
            return await super().on_tick(counter) or stop()

    return Server(
        uvicorn.Config(
            app,
            http=_make_protocol(seconds),
            ws="none",
            lifespan="off",
            log_config=None,
            log_level="critical",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=5,
            timeout_graceful_shutdown=GRACE,
        )
    )


def _make_protocol(seconds: float) -> Any:
    from uvicorn.protocols.http.h11_impl import H11Protocol

    class Impatient(H11Protocol):
        """Closes a connection whose request has not begun in time; uvicorn waits for one for ever."""

        deadline: asyncio.TimerHandle | None = None

        def connection_made(self, transport: Any) -> None:
            super().connection_made(transport)
            self.watch()

        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            self.watch()

        def connection_lost(self, exc: Exception | None) -> None:
            self.forget()
            super().connection_lost(exc)

        def watch(self) -> None:
            waiting = self.cycle is None or self.cycle.response_complete
            if not waiting:
                self.forget()
            elif self.deadline is None:
                self.deadline = self.loop.call_later(seconds, self.leave)

        def forget(self) -> None:
            if self.deadline:
                self.deadline.cancel()
                self.deadline = None

        def leave(self) -> None:
            self.deadline = None
            if self.cycle is None or self.cycle.response_complete:
                self.transport.close()

    return Impatient
