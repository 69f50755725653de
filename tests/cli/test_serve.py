"""`lenet serve`: one line for each mistake; what it answers is in tests/reading/serve."""

import pytest


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--host", "0.0.0.0"], "--token-file"),
        (["--requests", "0"], "--requests"),
        (["--network", "absent"], "absent"),
        (["--token-file", "absent"], "absent"),
    ],
)
def test_a_mistake_is_one_line(lenet, monkeypatch, words, said):
    for name in ("starlette", "uvicorn", "python_multipart"):
        pytest.importorskip(name, reason="the extra serve is not installed")
    monkeypatch.setenv("LENET_THREADS", "1")
    monkeypatch.delenv("LENET_TOKEN", raising=False)
    answer = lenet("serve", *words)
    assert answer.code in (1, 2)
    assert said in answer.err
    assert answer.err.count("\n") == 1
