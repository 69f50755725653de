"""page/server.py: a fixed table of files, for this computer only."""

from __future__ import annotations

import gzip
import http.client
import socket
import threading
from collections.abc import Iterator

import pytest

from lenet.errors import UsageError
from lenet.page.server import PageServer, find_address, open_server
from lenet.page.site import Asset

SITE = {
    "index.html": Asset(b"<!doctype html>" + b"page " * 200, "text/html"),
    "network.bin": Asset(bytes(range(256)), "application/octet-stream"),
}


@pytest.fixture
def server() -> Iterator[PageServer]:
    found = PageServer(SITE, 0)
    with found.running():
        yield found


def ask(
    server: PageServer, path: str, method: str = "GET", **headers: str
) -> tuple[http.client.HTTPResponse, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=10)
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, path, headers=names)
    response = connection.getresponse()
    body = response.read()
    connection.close()
    return response, body


def test_the_files_are_served_and_nothing_else(server: PageServer) -> None:
    for path in ("/", "/index.html"):
        response, body = ask(server, path)
        assert (response.status, body) == (200, SITE["index.html"].content)
        assert response.getheader("Content-Type") == "text/html"
    for path in ("/other", "/..%2f", "/../etc/passwd", "/index.html?query", "/network.bin/"):
        assert ask(server, path)[0].status == 404, path


def test_a_head_has_no_body(server: PageServer) -> None:
    response, body = ask(server, "/network.bin", "HEAD")
    assert (response.status, body) == (200, b"")
    assert response.getheader("Content-Length") == "256"


def test_what_is_smaller_packed_comes_packed(server: PageServer) -> None:
    response, body = ask(server, "/", Accept_Encoding="gzip")
    assert response.getheader("Content-Encoding") == "gzip"
    assert gzip.decompress(body) == SITE["index.html"].content
    assert ask(server, "/network.bin", Accept_Encoding="gzip")[0].getheader("Content-Encoding") is None


def test_what_a_browser_has_is_not_sent_again(server: PageServer) -> None:
    tag = ask(server, "/")[0].getheader("ETag")
    response, body = ask(server, "/", If_None_Match=tag)
    assert (response.status, body) == (304, b"")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_other_methods_are_refused(server: PageServer, method: str) -> None:
    response, _ = ask(server, "/", method)
    assert response.status == 405
    assert response.getheader("Allow") == "GET, HEAD"


@pytest.mark.parametrize("host", ["example.com", "example.com:1998", "", "127.0.0.1.example.com:80"])
def test_another_host_is_refused(server: PageServer, host: str) -> None:
    assert ask(server, "/", Host=host)[0].status == 421


def test_every_answer_has_the_policy(server: PageServer) -> None:
    for path in ("/", "/absent"):
        response, _ = ask(server, path)
        assert "default-src 'none'" in response.getheader("Content-Security-Policy")
        assert response.getheader("X-Content-Type-Options") == "nosniff"
        assert response.getheader("Referrer-Policy") == "no-referrer"


def test_long_lines_and_nonsense_end_in_a_refusal(server: PageServer) -> None:
    for request in (
        b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n",
        b"nonsense\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"a" * 70_000,
    ):
        with socket.create_connection(("127.0.0.1", server.server_port), timeout=10) as connection:
            try:
                connection.sendall(request)
                answer = connection.recv(4096)
            except ConnectionError:
                answer = b""
            assert b" 200 " not in answer
    assert ask(server, "/")[0].status == 200


def test_32_readers_at_once_are_all_served(server: PageServer) -> None:
    found: list[int] = []

    def read() -> None:
        found.extend(ask(server, "/network.bin")[0].status for _ in range(20))

    readers = [threading.Thread(target=read) for _ in range(32)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    assert found == [200] * 640


def test_a_port_in_use_is_said_and_otherwise_passed_over() -> None:
    with PageServer(SITE, 0).running() as _, socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(UsageError, match=str(port)):
            open_server(SITE, port)
    first = open_server(SITE)
    second = open_server(SITE)
    assert second.server_port > first.server_port >= 1998
    assert first.address == f"http://localhost:{first.server_port}/"
    first.server_close()
    second.server_close()


def test_other_devices_reach_it_only_where_that_was_asked_for() -> None:
    shared = open_server(SITE, 0, "0.0.0.0")
    own = socket.gethostname()
    with shared.running():
        assert shared.shared
        assert shared.address == f"http://{find_address()}:{shared.server_port}/"
        for name in ("localhost", "127.0.0.1", "192.0.2.77", "[::1]", own, f"{own}.local", own.upper()):
            assert ask(shared, "/", Host=f"{name}:{shared.server_port}")[0].status == 200, name
        for name in ("evil.example", f"{own}.evil.example", "192.0.2.77.evil.example", ""):
            assert ask(shared, "/", Host=f"{name}:{shared.server_port}")[0].status == 421, name


def test_a_server_for_this_computer_refuses_other_addresses(server: PageServer) -> None:
    assert not server.shared
    for name in ("192.0.2.77", socket.gethostname(), "[::1]"):
        assert ask(server, "/", Host=f"{name}:{server.server_port}")[0].status == 421, name


@pytest.mark.parametrize("host", ["192.0.2.1", "no such name", "a" * 300])
def test_an_address_that_the_computer_has_not_is_refused(host: str) -> None:
    with pytest.raises(UsageError, match="no such address"):
        open_server(SITE, 0, host)
