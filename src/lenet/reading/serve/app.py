"""The requests that `lenet serve` answers: /recognize, /read and /health, in the JSON of the command line."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import Executor
from contextvars import copy_context
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

from lenet.errors import LenetError, UsageError
from lenet.network import Network
from lenet.reading.numbers import describe_numbers, read_contents
from lenet.reading.recognize import STANDARD_INPUT, recognize_contents
from lenet.reading.rows import describe_reading
from lenet.reading.serve.front import App, Front
from lenet.reading.serve.gate import Gate, RequestError
from lenet.segment.format import parse_format

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

MULTIPART = "multipart/form-data"

Pictures: TypeAlias = Sequence[tuple[str, bytes]]
Endpoint: TypeAlias = Callable[["Request"], Awaitable["Response"]]


def make_app(name: str, network: Network, gate: Gate, threads: Executor) -> App:
    """Make the ASGI app.

    Args:
        name: of the network, as the answers say it.
        network: the network to ask.
        gate: which requests are let in.
        threads: where pictures are read; the kernels release Python's lock.
    """
    from starlette.applications import Starlette
    from starlette.exceptions import HTTPException
    from starlette.routing import Route

    async def health(_: Request) -> Response:
        return _respond(200, {"status": "ok", "network": name})

    paths = {"/recognize": _recognize, "/read": _read}
    routes = [
        Route(path, _make_endpoint(gate, threads, partial(work, name, network)), methods=["POST"])
        for path, work in paths.items()
    ]
    app = Starlette(
        routes=[*routes, Route("/health", health, methods=["GET"])],
        exception_handlers={
            HTTPException: _refuse_route,
            RequestError: _refuse,
            Exception: _fail,
        },
    )
    app.router.redirect_slashes = False
    return Front(app)


def _make_endpoint(gate: Gate, threads: Executor, work: Callable[..., dict[str, Any]]) -> Endpoint:
    from starlette.requests import ClientDisconnect

    async def answer(request: Request) -> Response:
        headers = request.headers
        with gate.admit(headers.get("authorization")):
            try:
                body = await gate.read_body(headers.get("content-length"), request.stream())
            except ClientDisconnect:
                return _respond(400, {})  # to nobody
            form = request.query_params.get("format")
            call = partial(_work, work, body, headers.get("content-type", ""), gate.limits.pictures, form)
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(threads, copy_context().run, call)

    return answer


def _work(
    work: Callable[..., dict[str, Any]], body: bytes, kind: str, most: int, form: str | None
) -> Response:
    """In a thread: take the pictures out of the body, read them, and write the answer."""
    try:
        found = work(_take_pictures(body, kind, most), form)
    except UsageError as error:  # a format that cannot be
        return _respond(400, {"error": str(error)})
    readable = any("error" not in picture for picture in found["pictures"])
    return _respond(200 if readable else 422, found)


def _recognize(name: str, network: Network, pictures: Pictures, _: str | None) -> dict[str, Any]:
    readings = recognize_contents(network, pictures)
    return {"network": name, "pictures": [describe_reading(reading) for reading in readings]}


def _read(name: str, network: Network, pictures: Pictures, form: str | None) -> dict[str, Any]:
    if form is not None:
        parse_format(form)  # a mistake in it is said before any picture is read
    found = read_contents(network, pictures, form)
    return {"network": name, "pictures": [describe_numbers(numbers) for numbers in found]}


def _take_pictures(body: bytes, kind: str, most: int) -> list[tuple[str, bytes]]:
    """The pictures of a request with their names: the body itself, or each file of a form."""
    if kind.partition(";")[0].strip().lower() != MULTIPART:
        if not body:
            raise RequestError("serve.no_picture")
        return [(STANDARD_INPUT, body)]
    pictures = asyncio.run(_parse_form(body, kind, most))  # a loop of this thread's own; it never waits
    if not pictures:
        raise RequestError("serve.no_picture")
    return pictures


async def _parse_form(body: bytes, kind: str, most: int) -> list[tuple[str, bytes]]:
    from starlette.datastructures import Headers
    from starlette.formparsers import MultiPartException, MultiPartParser

    class InMemory(MultiPartParser):
        spool_max_size = len(body) + 1  # nothing goes to the disk

    async def stream() -> Any:
        yield body

    parser: Any = InMemory(Headers({"content-type": kind}), stream(), max_files=most)
    begun: list[Any] = parser._files_to_close_on_error
    try:
        fields = (await parser.parse()).multi_items()
        for field, value in fields:
            if isinstance(value, str):
                raise RequestError("serve.field", field=field)
        if len(begun) > len(fields):
            raise RequestError("serve.multipart", reason="no boundary at the end")
        return [(file.filename or str(number), file.file.read()) for number, (_, file) in enumerate(fields)]
    except MultiPartException as error:
        if error.message.startswith("Too many files"):
            raise RequestError("serve.pictures", most=most) from error
        raise RequestError("serve.multipart", reason=error.message) from error
    except (KeyError, ValueError) as error:  # no boundary, or a malformed header
        raise RequestError("serve.multipart", reason=f"{type(error).__name__}: {error}") from error
    finally:
        for file in begun:
            file.close()


def _respond(status: int, content: dict[str, Any], headers: dict[str, str] | None = None) -> Response:
    from starlette.responses import Response

    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    given = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store", **(headers or {})}
    return Response(text.encode("utf-8", "replace"), status, given, "application/json")


async def _refuse(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestError)
    return _respond(error.status, {"error": str(error)}, error.headers)


async def _refuse_route(request: Request, error: Exception) -> Response:
    """An address or a method that is not there, as Starlette finds it."""
    status = getattr(error, "status_code", 400)
    fault: LenetError
    if status == 405:
        fault = RequestError("serve.method", method=request.method, path=request.url.path)
    else:
        fault = RequestError("serve.path", path=request.url.path)
    return _respond(fault.status, {"error": str(fault)}, getattr(error, "headers", None))


async def _fail(_: Request, __: Exception) -> Response:
    fault = RequestError("serve.fault")
    return _respond(fault.status, {"error": str(fault)})
