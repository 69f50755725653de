import json
from dataclasses import dataclass
from typing import Any

import pytest

from lenet.cli.main import run
from lenet.texts import set_language


@dataclass(frozen=True)
class Answer:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@pytest.fixture
def lenet(capsys, monkeypatch):
    """Run one command line in this process: `lenet("summary", "--json").json`."""
    for name in ("LENET_LANG", "LENET_DATA", "LENET_DEBUG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "1")

    def call(*words: object) -> Answer:
        code = run([str(word) for word in words])
        return Answer(code, *capsys.readouterr())

    yield call
    set_language(None)
