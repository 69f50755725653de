"""A web service in a thread of this process, and a client for it."""

import http.client
import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from lenet.reading.serve.gate import Limits

PARTS = "starlette", "uvicorn", "python_multipart"


@dataclass
class Client:
    port: int

    def ask(self, path, body=None, headers=None, method=None):
        """(status, headers, JSON) of one request."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method or ("GET" if body is None else "POST"), path, body, headers or {})
            answer = connection.getresponse()
            return answer.status, answer.headers, json.loads(answer.read())
        finally:
            connection.close()


@contextmanager
def run_service(**arguments):
    """Serve in a thread; the client knows the port."""
    from lenet.reading.serve.run import Service, serve

    ready, stop, urls = threading.Event(), threading.Event(), []

    def announce(url):
        urls.append(url)
        ready.set()

    service = Service(network="best", port=0, **arguments)
    thread = threading.Thread(target=serve, args=(service, announce, stop.is_set))
    thread.start()
    try:
        assert ready.wait(30)
        yield Client(int(urls[0].rpartition(":")[2]))
    finally:
        stop.set()
        thread.join(30)
        assert not thread.is_alive()


@pytest.fixture(scope="session")
def client():
    for name in PARTS:
        pytest.importorskip(name, reason="the extra serve is not installed")
    with run_service(limits=Limits(body=200_000, pictures=5, requests=8, seconds=1.0)) as found:
        yield found
