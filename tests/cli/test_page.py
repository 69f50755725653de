"""`lenet page`: served until Ctrl-C, or written to a folder."""

import http.client
import os
import re
import signal
import socket
import subprocess
import sys

import pytest

import lenet as package
from lenet.architecture import ORIGINAL
from lenet.parameters import initialize_parameters


@pytest.fixture(autouse=True)
def no_mnist(monkeypatch, tmp_path):
    monkeypatch.setenv("LENET_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("LENET_DATA", raising=False)


def test_the_page_is_written_to_a_folder(lenet, tmp_path):
    answer = lenet("page", "--static", tmp_path / "page")
    assert answer.code == 0
    names = {path.name for path in (tmp_path / "page").iterdir()}
    assert {"index.html", "main.js", "lenet.wasm", "network.bin", "texts.zh.json", "lenet.html"} <= names
    assert f"{len(names)} files" in answer.out


def test_a_folder_with_other_files_is_left_alone(lenet, tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work", "utf-8")
    answer = lenet("page", "--static", tmp_path)
    assert answer.code == 2
    assert "empty folder" in answer.err
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_network_of_letters_is_refused(lenet, tmp_path):
    path = tmp_path / "letters.safetensors"
    package.Network(ORIGINAL, initialize_parameters(ORIGINAL, 1), tuple("ABCDEFGHIJ")).save(path)
    answer = lenet("page", "--network", path, "--static", tmp_path / "page")
    assert answer.code == 2
    assert "ten digits" in answer.err
    assert lenet("page", "--network", tmp_path / "absent", "--static", tmp_path / "page").code != 0


def test_a_port_in_use_is_a_mistake_of_the_command(lenet):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        answer = lenet("page", "--port", port, "--no-browser")
    assert answer.code == 2
    assert str(port) in answer.err
    assert "--port" in answer.err


# A shell that starts the tests in the background has SIGINT ignored, and so has all that they start.
PAGE = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from lenet.cli.main import run
sys.exit(run(["page", "--no-browser"]))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX's")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_is_served_until_it_is_asked_to_end(number):
    words = [sys.executable, "-c", PAGE]
    with subprocess.Popen(
        words, stdout=subprocess.PIPE, env={**os.environ, "PYTHONUNBUFFERED": "1"}
    ) as process:
        line = process.stdout.readline().decode()
        port = int(re.findall(r"http://localhost:(\d+)/", line)[0])
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        connection.request("GET", "/")
        assert b"LeNet-5" in connection.getresponse().read()
        connection.close()
        process.send_signal(number)
        try:
            assert process.wait(20) == 0
        finally:
            process.kill()
