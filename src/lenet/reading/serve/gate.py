"""What a request must pass before it is at work: the token, a free place, a body within the limits."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import ClassVar

from lenet.errors import LenetError

MEGABYTE = 1024 * 1024
RETRY_AFTER = 1  # seconds


class RequestError(LenetError):
    """A request that is refused; its key decides the status."""

    STATUS: ClassVar[dict[str, int]] = {
        "serve.multipart": 400,
        "serve.no_picture": 400,
        "serve.field": 400,
        "serve.token": 401,
        "serve.path": 404,
        "serve.method": 405,
        "serve.slow": 408,
        "serve.body": 413,
        "serve.pictures": 413,
        "serve.fault": 500,
        "serve.busy": 503,
    }
    HEADERS: ClassVar[dict[str, dict[str, str]]] = {
        "serve.token": {"WWW-Authenticate": "Bearer"},
        "serve.busy": {"Retry-After": str(RETRY_AFTER)},
    }

    @property
    def status(self) -> int:
        """Of the response."""
        return self.STATUS[self.key]

    @property
    def headers(self) -> dict[str, str]:
        """Of the response, besides the usual ones."""
        return self.HEADERS.get(self.key, {})


@dataclass(frozen=True)
class Limits:
    """How much a server takes.

    Args:
        body: bytes of a request's body.
        pictures: in one request.
        requests: at work at once; so many bodies are in memory at most.
        seconds: until the whole body of a request must be there.
    """

    body: int = 16 * MEGABYTE
    pictures: int = 100
    requests: int = 64
    seconds: float = 10.0


class Gate:
    """Lets requests in, as many as there are places for.

    Args:
        limits: how much is taken.
        token: that every request must bring; None: nobody is asked for one.
    """

    def __init__(self, limits: Limits, token: str | None = None) -> None:
        self.limits, self.at_work = limits, 0
        self._token = None if token is None else token.encode()

    @contextmanager
    def admit(self, authorization: str | None) -> Iterator[None]:
        """Hold a place while the block runs.

        Args:
            authorization: the header of that name.
        Raises:
            RequestError: another token, or no place is free.
        """
        kind, _, given = (authorization or "").partition(" ")
        ours = kind.lower() == "bearer" and given.strip().encode("utf-8", "replace")
        if self._token is not None and not hmac.compare_digest(ours or b"", self._token):
            raise RequestError("serve.token")
        if self.at_work >= self.limits.requests:
            raise RequestError("serve.busy", requests=self.limits.requests, seconds=RETRY_AFTER)
        self.at_work += 1
        try:
            yield
        finally:
            self.at_work -= 1

    async def read_body(self, length: str | None, chunks: AsyncIterator[bytes]) -> bytes:
        """Read a body, never more of it than the limit and one chunk.

        Args:
            length: the header Content-Length; None without one.
            chunks: of the body.
        Raises:
            RequestError: too large, or not there in time.
        """
        if length is not None and length.isdecimal() and int(length) > self.limits.body:
            raise self._refuse_size()
        body = bytearray()
        try:
            async with asyncio.timeout(self.limits.seconds):
                async for chunk in chunks:
                    body += chunk
                    if len(body) > self.limits.body:
                        raise self._refuse_size()
        except TimeoutError as error:
            raise RequestError("serve.slow", seconds=f"{self.limits.seconds:g}") from error
        return bytes(body)

    def _refuse_size(self) -> RequestError:
        return RequestError("serve.body", limit=f"{self.limits.body / MEGABYTE:g}")
