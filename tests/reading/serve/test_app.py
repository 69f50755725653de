"""What the service answers: the JSON of the command line, and one sentence for each mistake."""

import json
import random
import socket
from pathlib import Path

import pytest

from lenet.network import Network
from lenet.reading.numbers import describe_numbers, read_numbers
from lenet.reading.recognize import recognize_pictures
from lenet.reading.rows import describe_reading
from lenet.samples import sample_path

PATHS = [str(sample_path(digit)) for digit in range(5)]
BOUNDARY = "the-boundary"
FORM = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}


def make_form(files):
    """A body of multipart/form-data; a name of None makes a field without a file."""
    parts = list[bytes]()
    for name, content in files:
        given = "" if name is None else f'; filename="{name}"'
        head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="picture"{given}\r\n\r\n'
        parts += [head.encode(), content, b"\r\n"]
    return b"".join([*parts, f"--{BOUNDARY}--\r\n".encode()])


def read_files(paths):
    return [(path, Path(path).read_bytes()) for path in paths]


def talk(port, sent, *, end=True):
    """All bytes that come back for these; `end`: nothing follows, which ends a request that is cut."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as peer:
        peer.sendall(sent)
        if end:
            peer.shutdown(socket.SHUT_WR)
        answer = b""
        try:
            while more := peer.recv(65536):
                answer += more
        except ConnectionResetError:
            pass
        return answer


def test_several_pictures_have_the_rows_of_recognize(client):
    status, headers, answer = client.ask("/recognize", make_form(read_files(PATHS)), FORM)
    rows = [describe_reading(reading) for reading in recognize_pictures(Network.load("best"), PATHS)]
    assert (status, headers["Content-Type"]) == (200, "application/json")
    assert answer == {"network": "best", "pictures": json.loads(json.dumps(rows))}


def test_several_pictures_have_the_numbers_of_read(client):
    status, _, answer = client.ask("/read?format=d", make_form(read_files(PATHS)), FORM)
    rows = [describe_numbers(numbers) for numbers in read_numbers(Network.load("best"), PATHS, "d")]
    assert status == 200
    assert answer == {"network": "best", "pictures": rows}


def test_one_picture_is_the_body_alone(client):
    status, _, answer = client.ask("/recognize", sample_path(7).read_bytes())
    assert status == 200
    (row,) = answer["pictures"]
    assert (row["file"], row["label"]) == ("-", "7")


def test_a_picture_that_cannot_be_read_costs_its_own_row(client):
    files = [*read_files(PATHS[:1]), ("bad.png", b"no picture")]
    status, _, answer = client.ask("/recognize", make_form(files), FORM)
    assert status == 200
    assert answer["pictures"][0]["label"] == "0"
    assert answer["pictures"][1]["error"].startswith("bad.png: not a picture")


@pytest.mark.parametrize("path", ["/recognize", "/read"])
def test_nothing_readable_is_422(client, path):
    status, _, answer = client.ask(path, b"no picture")
    assert status == 422
    assert "not a picture" in answer["pictures"][0]["error"]


def test_health_says_which_network(client):
    assert client.ask("/health")[::2] == (200, {"status": "ok", "network": "best"})


@pytest.mark.parametrize(
    ("path", "body", "headers", "status", "said"),
    [
        ("/recognize", b"", {}, 400, "no picture"),
        ("/recognize", b"", FORM, 400, "multipart/form-data"),
        ("/recognize", make_form([]), FORM, 400, "multipart/form-data"),
        ("/recognize", make_form([(None, b"3")]), FORM, 400, "Field picture"),
        ("/recognize", make_form([("a.png", b"x" * 90)])[:-60], FORM, 400, "boundary"),
        ("/recognize", b"--x", {"Content-Type": "multipart/form-data"}, 400, "multipart/form-data"),
        ("/recognize", make_form([("a.png", b"")] * 6), FORM, 413, "More than 5 pictures"),
        ("/recognize", bytes(200_001), {}, 413, "MB"),
        ("/recognize", iter([bytes(100_000)] * 5), {}, 413, "MB"),  # chunked, without a length
        ("/recognise", b"x", {}, 404, "/recognise"),
        ("/health", b"x", {}, 405, "POST /health"),
        ("/read?format=q", b"x", {}, 400, "format"),
    ],
)
def test_a_mistake_is_one_sentence(client, path, body, headers, status, said):
    found, _, answer = client.ask(path, body, headers, "POST")
    assert (found, list(answer)) == (status, ["error"])
    assert said in answer["error"]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("zh-CN,zh;q=0.9,en;q=0.8", "只有"),
        ("fr, en;q=0.5, zh;q=0.2", "only"),
        ("zh;q=0,en;q=0.1", "only"),
    ],
)
def test_an_error_is_in_the_language_that_is_asked_for(client, asked, said):
    assert said in client.ask("/", headers={"Accept-Language": asked})[2]["error"]


def test_the_reason_in_a_row_is_in_the_language_that_is_asked_for(client):
    answer = client.ask("/recognize", b"no picture", {"Accept-Language": "zh"})[2]
    assert "无法识别为图片" in answer["pictures"][0]["error"]


def test_a_body_that_is_much_too_large_is_answered_before_the_client_has_sent_it(client):
    head = b"POST /recognize HTTP/1.1\r\nHost: x\r\nContent-Length: 900000000000\r\n\r\n"
    assert talk(client.port, head + bytes(300_000), end=False).startswith(b"HTTP/1.1 413 ")


def test_a_body_that_does_not_come_is_given_up(client):
    with socket.create_connection(("127.0.0.1", client.port), timeout=10) as peer:
        peer.sendall(b"POST /recognize HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nabc")
        assert peer.recv(1000).startswith(b"HTTP/1.1 408 ")


@pytest.mark.parametrize("sent", [b"", b"POST /recog", b"POST / HTTP/1.1\r\nHost: x\r\n"])
def test_a_request_that_does_not_begin_is_given_up(client, sent):
    with socket.create_connection(("127.0.0.1", client.port), timeout=10) as peer:
        peer.sendall(sent)
        assert peer.recv(1000) == b""


def test_several_requests_share_a_connection(client):
    head = b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n"
    assert (
        talk(client.port, head * 2 + head.replace(b"Host", b"Connection: close\r\nHost"), end=False).count(
            b"HTTP/1.1 200 OK"
        )
        == 3
    )


def test_malformed_requests_leave_it_serving(client, capfd):
    picture = sample_path(3).read_bytes()
    whole = make_form([("a.png", picture), ("b.png", picture)])
    head = f"POST /recognize HTTP/1.1\r\nHost: x\r\nContent-Type: {FORM['Content-Type']}\r\n"
    request = f"{head}Content-Length: {len(whole)}\r\nConnection: close\r\n\r\n".encode() + whole
    chance = random.Random(0)
    statuses = set()
    for _ in range(200):
        broken = bytearray(request)
        for _ in range(chance.choice([1, 3, 30])):
            place = chance.randrange(chance.choice([100, 300, len(broken)]))
            broken[place] = chance.randrange(256)
        cut = chance.choice([len(broken), chance.randrange(len(broken))])
        answer = talk(client.port, bytes(broken[:cut]), end=cut < len(broken))
        statuses.add(answer[9:12])
        assert b"Traceback" not in answer
    assert not {status for status in statuses if status.startswith(b"5")}
    assert statuses >= {b"200", b"400", b"404"}
    assert client.ask("/recognize", picture)[0] == 200
    assert "Traceback" not in capfd.readouterr().err
