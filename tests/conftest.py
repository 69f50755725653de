"""Every test begins in English, whatever the one before it left and whatever the shell says."""

import os
from collections.abc import Iterator

import pytest

from lenet.texts import set_language

os.environ["LC_ALL"] = "C.UTF-8"  # of the processes that tests start, too


@pytest.fixture(autouse=True)
def begin_in_english(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delenv("LENET_LANG", raising=False)
    set_language(None)
    yield
    set_language(None)
