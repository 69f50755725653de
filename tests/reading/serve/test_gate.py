"""The token, the places, and the body."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest

from lenet.reading.serve.gate import Gate, Limits, RequestError


def test_a_wrong_token_is_refused():
    gate = Gate(Limits(), "the token of this test")
    for given in (None, "", "Bearer", "Bearer x", "Basic the token of this test", "Bearer \xff"):
        with pytest.raises(RequestError, match="Bearer TOKEN") as raised, gate.admit(given):
            pass
        assert (raised.value.status, raised.value.headers) == (401, {"WWW-Authenticate": "Bearer"})
    with gate.admit("bearer the token of this test"):
        assert gate.at_work == 1
    assert gate.at_work == 0


def test_a_request_too_many_is_told_when_to_come_back():
    gate = Gate(Limits(requests=1))
    with gate.admit(None):
        with pytest.raises(RequestError, match="All 1 places") as raised, gate.admit(None):
            pass
        assert (raised.value.status, raised.value.headers) == (503, {"Retry-After": "1"})
    with gate.admit(None):
        pass


def read(gate, length, chunks):
    async def stream():
        for chunk in chunks:
            if chunk is None:
                await asyncio.sleep(30)
            yield chunk

    # in a thread of its own: where the page was tested before, this thread has a loop that runs
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(lambda: asyncio.run(gate.read_body(length, stream()))).result()


def test_a_body_of_the_limit_is_read():
    assert read(Gate(Limits(body=4)), "4", [b"ab", b"cd"]) == b"abcd"
    assert read(Gate(Limits(body=4)), None, [b"ab", b"cd"]) == b"abcd"


@pytest.mark.parametrize(("length", "chunks"), [("5", [None]), (None, [b"abc", b"de", None])])
def test_a_larger_body_is_refused_before_all_of_it_is_there(length, chunks):
    with pytest.raises(RequestError, match="MB") as raised:
        read(Gate(Limits(body=4)), length, chunks)
    assert raised.value.status == 413


def test_a_slow_body_is_refused():
    with pytest.raises(RequestError, match=r"0\.05 s") as raised:
        read(Gate(Limits(seconds=0.05)), None, [b"a", None])
    assert raised.value.status == 408
