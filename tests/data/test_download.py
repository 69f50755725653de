import contextlib
import hashlib
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from lenet.data import download
from lenet.data.download import download_files
from lenet.data.find import get_cache_folder
from lenet.data.sources import Source, SourceFile
from lenet.errors import DownloadError, FileError

CONTENT = {f"{name}.gz": random.Random(name).randbytes(300_000) for name in ("first", "second")}
FILES = tuple(
    SourceFile(name, len(content), hashlib.sha256(content).hexdigest()) for name, content in CONTENT.items()
)
# what a faulty mirror announces
LENGTHS = {"wordy": "many", "huge": "9" * 30, "empty": ""}
RELEASE = threading.Event()  # lets hanging answers go when a test is over
ASKED: list[str] = []


class Mirror(BaseHTTPRequestHandler):
    """One server, many mirrors: the first part of the path says how it behaves."""

    def do_GET(self) -> None:
        ASKED.append(self.path)
        _, behaviour, name = self.path.split("/")
        content = CONTENT[name]
        if behaviour == "forbidden":
            self.send_error(403)
            return
        if behaviour == "hang":
            RELEASE.wait(10)
            return
        announced = len(content)
        if behaviour == "wrong":
            content = bytes(len(content))
        elif behaviour == "short":
            content = content[:1000]
            announced = 1000
        elif behaviour == "truncated":
            content = content[:100_000]
        self.send_response(200)
        if behaviour != "endless":
            self.send_header("Content-Length", LENGTHS.get(behaviour, str(announced)))
        self.end_headers()
        with contextlib.suppress(OSError):  # the client may have had enough
            self.send(behaviour, content)

    def send(self, behaviour: str, content: bytes) -> None:
        if behaviour == "endless":
            for _ in range(1000):
                self.wfile.write(bytes(100_000))
        elif behaviour == "slow":
            for start in range(0, len(content), 10_000):
                self.wfile.write(content[start : start + 10_000])
                self.wfile.flush()
                time.sleep(0.02)
        elif behaviour == "stall":
            self.wfile.write(content[:150_000])
            self.wfile.flush()
            RELEASE.wait(10)
        else:
            self.wfile.write(content)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def address(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setattr(download, "TIMEOUT", (1.0, 0.4))
    RELEASE.clear()
    ASKED.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Mirror)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    RELEASE.set()
    server.shutdown()
    thread.join(5)
    server.server_close()


def make_source(address: str, *behaviours: str) -> Source:
    mirrors = tuple(f"{address}/{behaviour}/" for behaviour in behaviours)
    return Source("small", "Small", (), 0, 0, "", FILES, mirrors)


def list_cache() -> list[str]:
    folder = get_cache_folder() / "small"
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


def test_both_files_arrive_and_a_second_call_asks_nobody(address: str) -> None:
    paths = download_files(make_source(address, "good"))
    assert [path.read_bytes() for path in paths] == list(CONTENT.values())
    assert list_cache() == ["first.gz", "second.gz"]
    assert len(ASKED) == 2
    assert download_files(make_source(address, "forbidden")) == paths
    assert len(ASKED) == 2


def test_only_the_files_asked_for_are_fetched(address: str) -> None:
    assert download_files(make_source(address, "good"), ()) == []
    download_files(make_source(address, "good"), FILES[1:])
    assert list_cache() == ["second.gz"]


@pytest.mark.parametrize(
    "fault", ["truncated", "short", "wrong", "forbidden", "hang", "stall", "endless", *LENGTHS]
)
def test_after_a_faulty_mirror_the_next_one_is_asked(address: str, fault: str) -> None:
    paths = download_files(make_source(address, fault, "good"))
    assert [path.read_bytes() for path in paths] == list(CONTENT.values())
    assert list_cache() == ["first.gz", "second.gz"]
    # the second file begins with the mirror that answered
    assert [f"/{fault}/first.gz", "/good/first.gz", "/good/second.gz"] == ASKED


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("truncated", "connection failed"),
        ("short", "sent 1000 bytes instead of 300000"),
        ("wrong", "SHA-256 differs"),
        ("forbidden", "answered 403"),
        ("hang", "timed out"),
        ("stall", "connection failed|in time"),
        ("endless", "sent > 300000 bytes"),
    ],
)
def test_where_every_mirror_fails_one_message_shows_three_ways_out(
    address: str, fault: str, reason: str
) -> None:
    with pytest.raises(DownloadError, match=reason) as caught:
        download_files(make_source(address, fault, "forbidden"))
    message = str(caught.value)
    assert "\n" not in message
    for way in ("(1)", "(2)", "LENET_DATA", "(3)", "--data digits"):
        assert way in message
    assert list_cache() == []
    assert len(ASKED) == 2


def test_a_mirror_that_cannot_be_reached_is_named() -> None:
    with pytest.raises(DownloadError, match=r"127\.0\.0\.1:9: connection failed"):
        download_files(make_source("http://127.0.0.1:9", "good"))


def test_a_trickle_ends_at_the_deadline(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "DEADLINE", 0.1)
    with pytest.raises(DownloadError, match="timed out"):
        download_files(make_source(address, "slow"))


def test_progress_ends_at_the_size_of_each_file(address: str) -> None:
    told: list[tuple[str, int, int]] = []
    download_files(make_source(address, "good"), progress=lambda *news: told.append(news))
    for file in FILES:
        mine = [done for name, done, total in told if name == file.name and total == file.bytes]
        assert mine == sorted(mine)
        assert mine[-1] == file.bytes


def test_a_cache_that_cannot_be_written_is_a_file_error(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "occupied").write_text("a file")
    monkeypatch.setenv("LENET_CACHE", str(tmp_path / "occupied"))
    with pytest.raises(FileError, match="cannot be written"):
        download_files(make_source(address, "good"))


def test_a_damaged_file_in_the_cache_is_replaced(address: str) -> None:
    path = get_cache_folder() / "small" / "first.gz"
    path.parent.mkdir(parents=True)
    path.write_bytes(CONTENT["first.gz"][:-1] + b"?")
    download_files(make_source(address, "good"))
    assert path.read_bytes() == CONTENT["first.gz"]


def start_download(source: Source) -> subprocess.Popen[bytes]:
    code = f"""
from lenet.data.download import download_files
from lenet.data.sources import Source, SourceFile
download_files({source!r})
"""
    return subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE)


def wait_for_bytes() -> None:
    folder = get_cache_folder() / "small"
    deadline = time.monotonic() + 20
    while not any(part.stat().st_size > 0 for part in folder.glob(".first.gz.*.part")):
        assert time.monotonic() < deadline, "the download never began"
        time.sleep(0.01)


def test_a_download_killed_in_the_middle_leaves_nothing_under_the_final_name(address: str) -> None:
    with start_download(make_source(address, "slow")) as process:
        wait_for_bytes()
        process.send_signal(signal.SIGKILL)
        process.wait(10)
    (remains,) = list_cache()
    assert remains.endswith(".part")
    download_files(make_source(address, "good"))
    assert list_cache() == ["first.gz", "second.gz"]


def test_two_processes_at_once_do_no_harm(address: str) -> None:
    source = make_source(address, "slow")
    with start_download(source) as one, start_download(source) as two:
        assert (one.wait(30), two.wait(30)) == (0, 0)
    assert list_cache() == ["first.gz", "second.gz"]
    for file in FILES:
        assert (get_cache_folder() / "small" / file.name).read_bytes() == CONTENT[file.name]
