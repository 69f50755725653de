"""Small data sets on disk, and an empty cache for every test."""

import gzip
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from lenet.data.idx import format_idx
from lenet.data.sources import MNIST

Arrays = list[np.ndarray]


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("LENET_DATA", raising=False)
    monkeypatch.setenv("LENET_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def arrays() -> Arrays:
    """24 training and 6 test examples in the order of MNIST's files: images, labels, images, labels."""
    random = np.random.default_rng(0)
    return [
        random.integers(0, 256, (24, 28, 28), np.uint8),
        np.arange(24, dtype=np.uint8) % 10,
        random.integers(0, 256, (6, 28, 28), np.uint8),
        np.arange(6, dtype=np.uint8) % 10,
    ]


@pytest.fixture
def write_set() -> Callable[..., Path]:
    """Write four arrays as IDX files under MNIST's names."""

    def write(folder: Path, arrays: Arrays, zipped: bool = True) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        for file, array in zip(MNIST.files, arrays, strict=True):
            content = format_idx(array)
            if zipped:
                (folder / file.name).write_bytes(gzip.compress(content, mtime=0))
            else:
                (folder / file.name.removesuffix(".gz")).write_bytes(content)
        return folder

    return write
