"""`lenet serve`: recognize digits and read numbers for other programs, over HTTP."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from lenet.cli.interrupt import catch_interrupt
from lenet.reading.serve.gate import MEGABYTE, Limits
from lenet.texts import say

DEFAULTS = Limits()


def serve(
    network: Annotated[str, typer.Option(metavar="best|1998|FILE", help=say("recognize.network"))] = "best",
    host: Annotated[str, typer.Option(metavar="ADDRESS", help=say("serve.host_option"))] = "127.0.0.1",
    port: Annotated[int, typer.Option(metavar="N", min=0, max=65535, help=say("serve.port_option"))] = 8000,
    token: Annotated[
        Path | None, typer.Option("--token-file", metavar="FILE", help=say("serve.token_option"))
    ] = None,
    requests: Annotated[
        int, typer.Option(metavar="N", min=1, max=10_000, help=say("serve.requests_option"))
    ] = DEFAULTS.requests,
    megabytes: Annotated[
        int, typer.Option(metavar="N", min=1, max=1024, help=say("serve.megabytes_option"))
    ] = DEFAULTS.body // MEGABYTE,
    seconds: Annotated[
        float, typer.Option(metavar="N", min=0.1, max=600, help=say("serve.seconds_option"))
    ] = DEFAULTS.seconds,
) -> None:
    """Serve until Ctrl-C or SIGTERM; what is at work then is finished."""
    os.environ.setdefault("LENET_THREADS", "1")  # each request has a thread of its own
    from lenet.reading.serve.run import Service, serve

    limits = Limits(body=megabytes * MEGABYTE, requests=requests, seconds=seconds)
    with catch_interrupt() as interrupted:
        serve(
            Service(network, host, port, token, limits),
            lambda url: typer.echo(say("serve.started", url=url)),
            interrupted,
        )
