"""The lines of a training fit into a terminal of 80 columns, in both languages."""

from types import SimpleNamespace

import numpy as np
import pytest
from rich.cells import cell_len

from lenet.cli.progress import TrainingProgress
from lenet.texts import set_language
from lenet.training.events import Advanced, EpochEnded
from lenet.training.history import EpochRecord

# the longest numbers that are met: a hundred epochs, a loss above 10, a network that guesses, many cores
TRAINER = SimpleNamespace(epochs=99, recipe=SimpleNamespace(epochs=100), total_steps=100_000, steps=50_000)


@pytest.fixture(autouse=True)
def _language():
    yield
    set_language(None)


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("validation", [90.2, None])
def test_the_line_of_an_epoch_has_80_columns_at_most(monkeypatch, capsys, language, validation):
    set_language(language)
    monkeypatch.setenv("COLUMNS", "80")
    progress = TrainingProgress()
    progress.watch(TRAINER, Advanced(50_000, np.array([12.3456]), 0.02, 123_456, 1.0))
    progress.watch(TRAINER, EpochEnded(EpochRecord(100, 12.3456, 90.2, validation)))
    (line,) = capsys.readouterr().err.splitlines()
    assert cell_len(line) <= 80, line
    for number in ("100/100", "12.3456", "90.20%", "123,456"):
        assert number in line
    assert line.count("90.20%") == (1 if validation is None else 2)
