"""Where the service listens, who may ask, and how it ends."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time

import pytest

from lenet.errors import MissingExtra, UsageError
from lenet.reading.serve.gate import Limits
from lenet.reading.serve.run import Service, _listen, is_loopback, read_token, serve
from lenet.samples import sample_path
from tests.reading.serve.conftest import Client, run_service

TOKEN = "a token of sufficient length".replace(" ", "-")


@pytest.fixture(autouse=True)
def _extra(monkeypatch):
    for name in ("starlette", "uvicorn", "python_multipart"):
        pytest.importorskip(name, reason="the extra serve is not installed")
    monkeypatch.delenv("LENET_TOKEN", raising=False)


def refuse(service):
    serve(service, lambda url: pytest.fail(f"served {url}"), lambda: True)


def test_other_computers_need_a_token():
    with pytest.raises(UsageError, match=r"0\.0\.0\.0.*--token-file"):
        refuse(Service(host="0.0.0.0", port=0))


def test_a_short_token_is_none(tmp_path):
    (tmp_path / "token").write_text("short\n")
    with pytest.raises(UsageError, match="16 to 1024"):
        refuse(Service(port=0, token_file=tmp_path / "token"))


def test_the_file_of_a_token_comes_before_the_variable(tmp_path, monkeypatch):
    assert read_token(None) is None
    monkeypatch.setenv("LENET_TOKEN", TOKEN)
    assert read_token(None) == TOKEN
    (tmp_path / "token").write_text(f"other-{TOKEN}\n")
    assert read_token(tmp_path / "token") == f"other-{TOKEN}"


def test_a_port_in_use_is_named():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UsageError, match=f"--port {port}"):
            refuse(Service(port=port))


def test_answers_are_sent_without_delay():
    with _listen("127.0.0.1", 0) as listener, socket.create_connection(listener.getsockname()):
        peer, _ = listener.accept()
        with peer:
            assert peer.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_an_address_of_another_computer_is_named(monkeypatch):
    monkeypatch.setenv("LENET_TOKEN", TOKEN)
    with pytest.raises(UsageError, match=r"192\.0\.2\.1"):
        refuse(Service(host="192.0.2.1", port=0))


def test_without_the_extra_its_name_is_said(monkeypatch):
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    with pytest.raises(MissingExtra, match=r"lenet\[serve\]"):
        refuse(Service(port=0))


@pytest.mark.parametrize(
    ("host", "ours"),
    [("127.0.0.1", True), ("::1", True), ("localhost", True), ("0.0.0.0", False)],
)
def test_loopback_is_this_computer(host, ours):
    assert is_loopback(host) == ours


def test_with_a_token_only_its_owner_is_answered(tmp_path):
    (tmp_path / "token").write_text(TOKEN)
    picture = sample_path(3).read_bytes()
    with run_service(token_file=tmp_path / "token") as client:
        assert client.ask("/recognize", picture)[0] == 401
        assert client.ask("/recognize", picture, {"Authorization": f"Bearer {TOKEN}x"})[0] == 401
        assert client.ask("/recognize", picture, {"Authorization": f"Bearer {TOKEN}"})[0] == 200
        assert client.ask("/health")[0] == 200


def test_with_all_places_taken_503_says_when_to_come_back():
    with run_service(limits=Limits(requests=1, seconds=5)) as client:
        with socket.create_connection(("127.0.0.1", client.port)) as slow:
            slow.sendall(b"POST /recognize HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab")
            time.sleep(0.3)
            status, headers, answer = client.ask("/recognize", b"abc")
            assert (status, headers["Retry-After"]) == (503, "1")
            assert "All 1 places" in answer["error"]
            assert client.ask("/health")[0] == 200
            slow.sendall(b"cde")
            assert slow.recv(1000).startswith(b"HTTP/1.1 422 ")
        assert client.ask("/recognize", sample_path(3).read_bytes())[0] == 200


def start(*words):
    """`lenet serve` in a process of its own, and a client for it."""
    environment = {**os.environ, "LENET_LANG": "en", "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-m", "lenet", "serve", "--port", "0", *words]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    )
    line = process.stdout.readline()
    assert line.startswith("http://127.0.0.1:"), line + process.stderr.read()
    return process, Client(int(line.partition("/recognize")[0].rpartition(":")[2]))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_lets_the_request_at_work_finish(number):
    process, client = start()
    with process:
        peer = socket.create_connection(("127.0.0.1", client.port), timeout=10)
        picture = sample_path(3).read_bytes()
        peer.sendall(
            f"POST /recognize HTTP/1.1\r\nHost: x\r\nContent-Length: {len(picture)}\r\n\r\n".encode()
        )
        peer.sendall(picture[:100])
        time.sleep(0.3)
        process.send_signal(number)
        time.sleep(0.3)
        peer.sendall(picture[100:])
        with peer:
            assert peer.recv(1000).startswith(b"HTTP/1.1 200 OK")
        assert process.wait(10) == 0
        assert process.stderr.read() == ""
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", client.port))


def test_requests_at_once_have_their_own_answers():
    wrong = list[str]()

    def ask(digit):
        for _ in range(20):
            found = client.ask("/recognize", sample_path(digit).read_bytes())[2]["pictures"][0]["label"]
            wrong.extend([] if found == str(digit) else [found])

    with run_service() as client:
        threads = [threading.Thread(target=ask, args=(digit,)) for digit in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert wrong == []
