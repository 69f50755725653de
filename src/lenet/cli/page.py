"""`lenet page`: the network live in a browser: draw a digit, watch it being read, train."""

from __future__ import annotations

import time
import webbrowser
from pathlib import Path
from typing import Annotated

import typer

from lenet.cli.interrupt import catch_interrupt
from lenet.cli.output import make_console
from lenet.texts import say


def page(
    port: Annotated[
        int | None, typer.Option(metavar="N", min=1, max=65535, help=say("page.port_option"))
    ] = None,
    host: Annotated[str | None, typer.Option(metavar="ADDRESS", help=say("page.host_option"))] = None,
    static: Annotated[Path | None, typer.Option(metavar="DIR", help=say("page.static_option"))] = None,
    network: Annotated[Path | None, typer.Option(metavar="FILE", help=say("page.network_option"))] = None,
    no_browser: Annotated[bool, typer.Option("--no-browser", help=say("page.no_browser_option"))] = False,
) -> None:
    """Open the page in the browser, until Ctrl-C; or write it to a folder."""
    from lenet.page.digits import SMALL_NEW, SMALL_TRAIN, find_page_digits
    from lenet.page.one_file import NAME, join_site
    from lenet.page.server import HOST, open_server
    from lenet.page.site import TYPES, Asset, build_site, write_site

    digits = find_page_digits()
    site = build_site(network, digits)
    if digits is None:
        make_console(stderr=True).print(say("page_train.no_digits"), soft_wrap=True)
    if static:
        small = digits and digits.limit(SMALL_TRAIN, SMALL_NEW)
        site[NAME] = Asset(join_site(build_site(network, small)), TYPES[".html"])
        write_site(static, site)
        size = sum(len(asset.content) for asset in site.values()) / 1e6
        typer.echo(say("page.written", path=static, count=len(site), size=f"{size:.1f}"))
        return
    with catch_interrupt() as interrupted:
        server = open_server(site, port, HOST if host is None else host)
        with server.running():
            typer.echo(say("page.served", url=server.address))
            if server.shared:
                typer.echo(say("page.shared"))
            if not no_browser:
                webbrowser.open(server.address)
            while not interrupted():
                time.sleep(0.1)
