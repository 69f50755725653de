"""ASGI around the app: the request's language, the last errors, and an end that loses no answer."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from typing import Any, TypeAlias

from lenet.texts import LANGUAGES, answer_in, say

Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
App: TypeAlias = Callable[[Message, Receive, Send], Awaitable[None]]

LINGER = 1.0  # seconds for which the rest of a refused body is read and dropped


class Front:
    """The outermost part of the server.

    Args:
        app: what answers the requests.
    """

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        exchange = _Exchange(headers, receive, send)
        with answer_in(choose_language(headers.get(b"accept-language", b"").decode("latin-1"))):
            try:
                await self._app(scope, exchange.receive, exchange.send)
            except Exception as fault:  # the app has answered 500, or the client has gone
                line = json.dumps(f"{type(fault).__name__}: {fault}", ensure_ascii=False)
                print(say("serve.logged", fault=line), file=sys.stderr)  # noqa: T201 - a server's log


class _Exchange:
    """Drops the rest of a request whose response is complete: a client that still sends would see a reset."""

    def __init__(self, headers: dict[bytes, bytes], receive: Receive, send: Send) -> None:
        self._receive, self._send = receive, send
        self._read = headers.get(b"content-length", b"0") == b"0" and b"transfer-encoding" not in headers

    async def receive(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.disconnect" or not message.get("more_body"):
            self._read = True
        return message

    async def send(self, message: Message) -> None:
        if self._read:
            await self._send(message)
        elif message["type"] == "http.response.start":
            await self._send({**message, "headers": [*message["headers"], (b"connection", b"close")]})
        elif message.get("more_body"):
            await self._send(message)
        else:
            await self._send({**message, "more_body": True})
            with suppress(TimeoutError):
                async with asyncio.timeout(LINGER):
                    while not self._read:
                        await self.receive()
            await self._send({"type": "http.response.body", "body": b""})


def choose_language(header: str) -> str | None:
    """The language of ours that a header Accept-Language prefers; None if it names none of them.

    Args:
        header: such as "zh-CN,zh;q=0.9,en;q=0.8".
    """
    wanted = list[tuple[float, str]]()
    for item in header.split(",")[:20]:
        name, _, quality = item.partition(";")
        language = name.strip()[:2].lower()
        if language in LANGUAGES:
            wanted.append((_read_quality(quality), language))
    best = max(wanted, key=lambda pair: pair[0], default=(0.0, ""))  # the first of those that are equal
    return best[1] if best[0] > 0 else None


def _read_quality(text: str) -> float:
    name, _, value = text.strip().partition("=")
    try:
        return float(value) if name == "q" else 1.0
    except ValueError:
        return 0.0
